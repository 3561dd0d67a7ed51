"""``/desk/stream``: the desks' log as server-sent events (WHATWG HTML §9.2), a plain ASGI callable.

The id of an event is that of its row in the log, so a browser that reconnects names the last one it
saw (``Last-Event-ID``) and is sent what it missed.  Nothing is queued for anybody: each connection
reads the log from where it stands, connections that stand at the same place share one read, and a
slow one is sent the present state of a call once instead of each step on the way.  A heartbeat says
that the log was read a moment ago, not only that the socket is open: with the database away it
stops, and the page says so.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib import auth
from django.db import connection
from django.http import HttpRequest, parse_cookie
from django.utils import timezone

from notifications import queries, wakeup
from notifications.cards import cards, payload
from notifications.models import DeskMessage

log = logging.getLogger(__name__)

POLL_S = 0.2
BEAT_S = 5.0
#: A log not read for so long is no log to rely on: the heartbeat stops.
STALE_S = 3.0
#: A client that does not take what it is sent for so long is closed; it reconnects and catches up.
SLOW_S = 20.0
#: With more calls than this to catch up on, loading the page anew is faster.
MOST_CALLS = 200

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Viewer:
    """What the person at the other end may see, and acknowledge."""

    see: queries.Sight
    answer: queries.Sight


@dataclass(frozen=True, slots=True)
class Change:
    """The present state of a call for one kind of viewer; no ``data`` if they may not see it."""

    message: int
    call: int
    data: str | None


class Log:
    """The head of the log, watched by one task per process, and what stands behind a position."""

    def __init__(self) -> None:
        self.head = 0
        self._read_at = float("-inf")
        self._grown = asyncio.Condition()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._shared: dict[tuple[int, int, Viewer], asyncio.Future[tuple[Change, ...] | None]] = {}
        # One thread and database connection for the head, so that it is never behind other reads.
        self._clock = ThreadPoolExecutor(1, thread_name_prefix="desk-head")
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="desk")

    async def start(self) -> None:
        """Read the head and keep watching it. Raises what the database raises."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._watch())]
            if wakeup.is_available():
                self._tasks.append(asyncio.create_task(wakeup.listen(self._wake)))
        if self._read_at == float("-inf"):
            await self.look()

    @property
    def is_fresh(self) -> bool:
        """Tell whether the log was read a moment ago."""
        return time.monotonic() - self._read_at < STALE_S

    async def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function that uses the database in a thread; its connection is closed on error."""
        return await self._in(self._readers, function, *arguments)

    async def grown_beyond(self, position: int, timeout_s: float) -> bool:
        """Wait until the head differs from ``position``, at most so long; tell whether it does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s), self._grown:
                await self._grown.wait_for(lambda: self.head != position)
        return self.head != position

    async def since(self, position: int, head: int, viewer: Viewer) -> tuple[Change, ...] | None:
        """Return what changed after ``position`` up to ``head``, in order; None if it is too much.

        Connections that ask the same wait for one answer.
        """
        key = (position, head, viewer)
        if key not in self._shared:
            self._shared = {k: v for k, v in self._shared.items() if k[1] == self.head}
            self._shared[key] = asyncio.ensure_future(self.call(_changes, position, head, viewer))
        try:
            return await asyncio.shield(self._shared[key])
        except Exception:
            self._shared.pop(key, None)
            raise

    async def look(self) -> None:
        """Read the head now; wakes who waits if it has moved."""
        head = await self._in(self._clock, _head)
        self._read_at = time.monotonic()
        if head != self.head:
            async with self._grown:
                self.head = head
                self._grown.notify_all()

    async def _watch(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:
                if self.is_fresh:
                    log.warning("the desks' log cannot be read: %s", error)
                await asyncio.sleep(1)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._wake.wait()
            self._wake.clear()

    async def _in(
        self, pool: ThreadPoolExecutor, function: Callable[..., Any], *arguments: Any
    ) -> Any:
        def guarded() -> Any:
            try:
                return function(*arguments)
            except Exception:
                connection.close()
                raise

        return await asyncio.get_running_loop().run_in_executor(pool, guarded)


def _head() -> int:
    newest = DeskMessage.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def _changes(position: int, head: int, viewer: Viewer) -> tuple[Change, ...] | None:
    rows = DeskMessage.objects.filter(pk__gt=position, pk__lte=head).order_by("pk")
    newest = {call: pk for pk, call in rows.values_list("pk", "call_id")}
    if len(newest) > MOST_CALLS:
        return None
    seen = queries.calls_in(viewer.see).filter(pk__in=newest)
    data = {
        card.call.pk: json.dumps(payload(card))
        for card in cards(seen, answer=viewer.answer, now=timezone.now())
    }
    changes = [Change(message, call, data.get(call)) for call, message in newest.items()]
    return tuple(sorted(changes, key=lambda change: change.message))


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


_logs: dict[asyncio.AbstractEventLoop, Log] = {}


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve one stream: 200 and endless events, 403 to who has no desk, 503 with no database."""
    if scope["type"] != "http":
        raise RuntimeError("/desk/stream is served over HTTP only")
    if scope["method"] != "GET":
        await _refuse(send, 405, "Use GET.")
        return
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    desk_log = _logs.setdefault(asyncio.get_running_loop(), Log())
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

    log: Log
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
