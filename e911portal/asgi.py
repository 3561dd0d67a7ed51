"""ASGI entry point of the portal, for uvicorn.

The event stream of the desks is asynchronous: thousands may stay open.  Everything else is Django's
WSGI side in a pool of threads, which is about five times as fast as its ASGI handler.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "e911portal.settings")

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

STREAM = "/desk/stream"
#: A page waits for the database most of its time, so more threads than cores.
THREADS = 16

_wsgi: Any = get_wsgi_application()
_pages: Any = WSGIMiddleware(_wsgi, workers=THREADS)

# Django must be set up before its models may be imported.
from notifications.stream import application as stream  # noqa: E402


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Hand the stream to the stream, and the rest (lifespan included) to the bridge."""
    if scope["type"] == "http" and scope["path"] == STREAM:
        await stream(scope, receive, send)
    else:
        await _pages(scope, receive, send)
