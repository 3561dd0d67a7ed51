"""Answers that are files."""

from typing import Any

from rest_framework.renderers import JSONRenderer


class AnyFile(JSONRenderer):
    """Lets a client ask for the file in any media type; errors are JSON all the same."""

    media_type = "*/*"
    format = "file"

    def render(self, data: Any, accepted_media_type: Any = None, context: Any = None) -> bytes:
        """Return ``data``, which is an error, as JSON."""
        if context and context.get("response") is not None:
            context["response"]["Content-Type"] = "application/json"
        return super().render(data, "application/json", context)
