"""What one request carries to the audit trail: an id, and through which door it came."""

import contextvars
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Identity of the request or command that causes a change."""

    id: str
    via: str


_current: contextvars.ContextVar[RequestContext | None] = contextvars.ContextVar(
    "request_context", default=None
)


def current_context() -> RequestContext:
    """Return the context of the running request; outside of one, that of a command."""
    return _current.get() or RequestContext(id="", via="command")


@contextmanager
def acting_via(via: str) -> Iterator[None]:
    """Name the door (``worker``, ``command``) for the changes made inside the block."""
    token = _current.set(RequestContext(id=uuid.uuid4().hex, via=via))
    try:
        yield
    finally:
        _current.reset(token)


def request_context(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Give each request an id, returned in ``X-Request-ID``, and remember whether it is REST or a
    page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        context = RequestContext(
            id=uuid.uuid4().hex, via="api" if request.path.startswith("/api/") else "page"
        )
        token = _current.set(context)
        try:
            response = get_response(request)
        finally:
            _current.reset(token)
        response["X-Request-ID"] = context.id
        if response.headers.get("Content-Type", "").startswith("text/html"):
            # Desks share their machines: the back button shows nothing after logging out.
            response.headers.setdefault("Cache-Control", "private, no-store")
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        return response

    return middleware
