"""Error pages: what happened, and what to do about it."""

import sys
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def _page(request: HttpRequest, status: int, heading: str, text: str) -> HttpResponse:
    context = {"status": status, "heading": heading, "text": text}
    return render(request, "error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Any) -> HttpResponse:
    """400"""
    return _page(request, 400, "Request not understood", "Go back and try again.")


def forbidden(request: HttpRequest, exception: Any = None, reason: str = "") -> HttpResponse:
    """403; also where the form's CSRF token is missing or old."""
    text = "The form may have been open too long. Go back, reload the page and send it again."
    return _page(request, 403, "Not accepted", text)


def not_found(request: HttpRequest, exception: Any) -> HttpResponse:
    """404; a row that the person may not see looks the same."""
    text = "There is no such page, or you have no right to see it."
    return _page(request, 404, "Not found", text)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the database is busy or away; must work when little else does, so it asks
    nothing of the database."""
    if isinstance(sys.exception(), OperationalError):
        context = {
            "status": 503,
            "heading": "The database is busy or away",
            "text": "Nothing was changed by this request. Try again in a moment.",
        }
        response = render(None, "error_500.html", context, status=503)
        response["Retry-After"] = "5"
        return response
    context = {
        "status": 500,
        "heading": "Internal error",
        "text": "Nothing was changed by this request. The log has the details.",
    }
    return render(None, "error_500.html", context, status=500)
