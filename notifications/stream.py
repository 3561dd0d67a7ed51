"""``/desk/stream``: the desks' log as server-sent events (WHATWG HTML §9.2), a plain ASGI callable.

The id of an event is that of its row in the log, so a browser that reconnects names the last one it
saw (``Last-Event-ID``) and is sent what it missed.  A heartbeat says that the log was read a moment
ago, not only that the socket is open: with the database away it stops, and the page says so.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, parse_cookie
from django.utils import timezone

from notifications import queries
from notifications.desklog import DeskLog, Viewer

log = logging.getLogger(__name__)

BEAT_S = 5.0
#: A client that does not take what it is sent for so long is closed; it reconnects and catches up.
SLOW_S = 20.0

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


def _viewer(cookie: str) -> Viewer | None:
    """Return the viewer of a logged-in session; None without one."""
    key = parse_cookie(cookie).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = auth.get_user(request)
    if not user.is_authenticated:
        return None
    return Viewer(queries.sight(user, "view"), queries.sight(user, "change"))


def _shown(viewer: Viewer) -> set[int]:
    return {call.pk for call in queries.open_calls(viewer.see, timezone.now())}


_logs: dict[asyncio.AbstractEventLoop, DeskLog] = {}


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve one stream: 200 and endless events, 403 to who has no desk, 503 with no database."""
    if scope["type"] != "http":
        raise RuntimeError("/desk/stream is served over HTTP only")
    if scope["method"] != "GET":
        await _refuse(send, 405, "Use GET.")
        return
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    desk_log = _logs.setdefault(asyncio.get_running_loop(), DeskLog())
    try:
        await desk_log.start()
        viewer = await desk_log.call(_viewer, headers.get(b"cookie", ""))
        if viewer is None or not viewer.see:
            await _refuse(send, 403, "Log in as somebody who watches calls.")
            return
        shown = await desk_log.call(_shown, viewer)
        position = _position(headers, scope.get("query_string", b""), desk_log.head)
        if position > desk_log.head:
            await desk_log.look()  # the browser may know of a row that the last look did not see
    except Exception:
        log.exception("a desk cannot be served")
        await _refuse(send, 503, "The database is away.")
        return
    stream = _Stream(desk_log, viewer, headers.get(b"cookie", ""), position, shown, send)
    serving = asyncio.create_task(stream.serve())
    leaving = asyncio.create_task(_until_gone(receive))
    try:
        await asyncio.wait({serving, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


@dataclass(slots=True)
class _Stream:
    """One connection, and where in the log it stands."""

    log: DeskLog
    viewer: Viewer
    cookie: str
    position: int
    shown: set[int]
    send: Send

    async def serve(self) -> None:
        await self.send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-cache, no-transform"),
                    (b"x-accel-buffering", b"no"),
                ],
            }
        )
        await self._write("retry: 1000\n\n")
        try:
            await self._follow()
        except TimeoutError:
            log.info("a desk's connection was too slow and is closed")
        except OSError:
            pass
        except Exception:
            log.exception("a desk's stream broke off; it will reconnect")
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _follow(self) -> None:
        beat_at = check_at = 0.0
        while True:
            now = time.monotonic()
            if now >= beat_at and self.log.is_fresh:
                await self._write(f"event: beat\ndata: {time.time():.0f}\n\n")
                beat_at = now + BEAT_S
            if now >= check_at:
                if check_at and not await self._is_still_allowed():
                    return
                check_at = now + BEAT_S
            wait = max(min(beat_at, check_at) - time.monotonic(), 0.5)
            if await self.log.grown_beyond(self.position, wait):
                await self._catch_up()

    async def _catch_up(self) -> None:
        head = self.log.head
        # A log that is shorter than what the browser has seen is another one: restored, or new.
        changes = (
            await self.log.since(self.position, head, self.viewer)
            if self.position <= head
            else None
        )
        if changes is None:
            await self._write(f"id: {head}\nevent: reload\ndata: \n\n")
        for change in changes or ():
            if change.data is not None:
                self.shown.add(change.call)
                await self._write(f"id: {change.message}\nevent: call\ndata: {change.data}\n\n")
            elif change.call in self.shown:
                self.shown.discard(change.call)
                gone = json.dumps({"call": change.call, "open": False, "row": ""})
                await self._write(f"id: {change.message}\nevent: call\ndata: {gone}\n\n")
        self.position = head

    async def _is_still_allowed(self) -> bool:
        """Tell whether the person is still logged in with the same rights; else they reconnect."""
        try:
            return bool(await self.log.call(_viewer, self.cookie) == self.viewer)
        except Exception:
            return True  # the database is away, which the missing heartbeat tells

    async def _write(self, text: str) -> None:
        body = {"type": "http.response.body", "body": text.encode(), "more_body": True}
        async with asyncio.timeout(SLOW_S):
            await self.send(body)


def _position(headers: dict[bytes, str], query: bytes, head: int) -> int:
    # The header wins: the browser sets it when it reconnects, to the URL that the page gave it.
    asked = headers.get(b"last-event-id") or parse_qs(query.decode("latin-1")).get("after", [""])[0]
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else head


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{text}\n".encode()})
