"""Same URL, page or part: how views answer htmx."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRedirect


def is_partial(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of the page; a boosted or history request wants all of
    it."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def page_or_part(
    request: HttpRequest, page: str, part: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render ``part`` for htmx and ``page`` (which includes the part) otherwise."""
    response = render(request, part if is_partial(request) else page, context, status=status)
    response["Vary"] = "HX-Request"
    return response


class SeeOther(HttpResponseRedirect):
    """303: the form was taken, look there (RFC 9110 section 15.4.4)."""

    status_code = 303


def see_other(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser on after a write, whether htmx or the browser itself sent the form."""
    return HttpResponseClientRedirect(url) if is_partial(request) else SeeOther(url)
