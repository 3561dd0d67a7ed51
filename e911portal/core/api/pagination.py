"""Lists come in pages."""

from typing import Any

from rest_framework.pagination import LimitOffsetPagination


class Pagination(LimitOffsetPagination):
    """``?limit=`` (50 unless told, at most 1000) and ``?offset=``; ``count`` counts all rows.

    ``is_cut`` says that a search (``?q=``) found more than the ``count`` rows that it gives.
    """

    default_limit = 50
    max_limit = 1000
    is_cut = False

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """Return one page, and remember whether the view's search was cut."""
        self.is_cut = getattr(view, "is_cut", False)
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Any:
        """Return the page with its place in the list."""
        response = super().get_paginated_response(data)
        response.data = {"count": response.data["count"], "is_cut": self.is_cut, **response.data}
        return response

    def get_paginated_response_schema(self, schema: Any) -> Any:
        """Describe the page for OpenAPI."""
        described = super().get_paginated_response_schema(schema)
        described["required"] = [*described["required"], "is_cut"]
        described["properties"]["is_cut"] = {
            "type": "boolean",
            "description": "Whether a search (q) found more rows than count says; add a word.",
        }
        return described
