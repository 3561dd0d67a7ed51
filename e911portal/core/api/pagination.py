"""Lists come in pages."""

from rest_framework.pagination import LimitOffsetPagination


class Pagination(LimitOffsetPagination):
    """``?limit=`` (50 unless told, at most 1000) and ``?offset=``; ``count`` counts all rows."""

    default_limit = 50
    max_limit = 1000
