"""The desks' log as the streams read it: where it ends, and what stands behind a position in it.

One task per process watches the end of the log.  Nothing is queued for anybody: each connection
reads the log from where it stands, connections that stand at the same place share one read, and a
slow one gets the present state of a call once instead of each step on the way.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from notifications import queries, wakeup
from notifications.cards import cards, payload
from notifications.models import DeskMessage

log = logging.getLogger(__name__)

POLL_S = 0.2
#: A log not read for so long is no log to rely on.
STALE_S = 3.0
#: With more calls than this to catch up on, loading the page anew is faster.
MOST_CALLS = 200


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


class DeskLog:
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
