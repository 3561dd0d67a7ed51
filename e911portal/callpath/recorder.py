"""Keeps events durable and never in the way of an answer: one thread, one bounded queue.

Order at ``/v1/sip/route``: the reply leaves first, then the event is appended.  A disk that hangs
can then delay a record, never a call.  The price is a window of about a millisecond in which a
killed process loses ``call_routed``; the edge's own events, which carry the same ``call_ref``,
still tell the portal of the call.  Events that the edge reports are different: 202 is a promise, so
they are durable before it is given.
"""

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from e911portal.callpath.exchange import Event
from e911portal.callpath.memory import Memory
from e911portal.core.spool import Spool, SpoolError

log = logging.getLogger("e911portal.callpath.recorder")

#: Batches that may wait for a slow disk: minutes of emergency calls of a large organisation.
WAITING_BATCHES = 10_000
#: Batches that are written together when many wait: a thousand calls at once are a few commits.
BATCHES_AT_ONCE = 200
PAUSE_SECONDS = 1.0
#: How often the memory looks for what sibling processes have learnt.
REFRESH_SECONDS = 0.2
#: How long ``record`` waits for the disk before it says no: less than the edge's own time limit.
PATIENCE_SECONDS = 1.5

Batch = tuple[Event, ...]
Tell = Callable[[bool], None]


class Recorder:
    """Appends events to the spool in order and lets the memory learn from them, in its own thread.

    When the disk fails, events of answers already given are tried again every second; those that
    somebody waits for are reported as not kept, because their sender will send them again.
    """

    def __init__(
        self,
        spool: Spool,
        memory: Memory,
        *,
        clock: Callable[[], datetime],
        on_kept: Callable[[], None],
        on_lost: Callable[[int], None],
    ) -> None:
        self._spool, self._memory, self._clock = spool, memory, clock
        self._on_kept, self._on_lost = on_kept, on_lost
        self._queue: queue.Queue[tuple[Batch, Tell | None]] = queue.Queue(WAITING_BATCHES)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Begin to keep events."""
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Keep what is queued, then end the thread; gives up after ``timeout`` seconds."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def submit(self, events: Batch) -> None:
        """Queue events and return at once; a full queue loses them, counted and logged."""
        self._enqueue(events, None)

    async def record(self, events: Batch) -> bool:
        """Return whether the events are durable, after ``PATIENCE_SECONDS`` at the latest."""
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[bool] = loop.create_future()

        def settle(result: bool) -> None:
            if not kept.done():  # the patience may be over
                kept.set_result(result)

        def tell(result: bool) -> None:
            loop.call_soon_threadsafe(settle, result)

        if not self._enqueue(events, tell):
            return False
        try:
            return await asyncio.wait_for(kept, PATIENCE_SECONDS)
        except TimeoutError:
            return False

    def _enqueue(self, events: Batch, tell: Tell | None) -> bool:
        try:
            self._queue.put_nowait((events, tell))
        except queue.Full:
            self._lose(len(events), "queue full")
            return False
        return True

    def _run(self) -> None:
        while True:
            try:
                waiting = [self._queue.get(timeout=REFRESH_SECONDS)]
            except queue.Empty:
                if self._ending.is_set():
                    return
                self._memory.refresh()
                continue
            with contextlib.suppress(queue.Empty):
                while len(waiting) < BATCHES_AT_ONCE:
                    waiting.append(self._queue.get_nowait())
            all_kept = self._keep_together([event for events, _ in waiting for event in events])
            for events, tell in waiting:
                kept = all_kept or all(
                    [self._keep(event, patient=tell is None) for event in events]
                )
                if tell:
                    tell(kept)
            self._on_kept()
            self._memory.learn([event for events, _ in waiting for event in events], self._clock())

    def _keep_together(self, events: Sequence[Event]) -> bool:
        """Return whether all events were kept in one go; if not, each must be tried by itself."""
        try:
            self._spool.append_all((str(event["id"]), event) for event in events)
            return True
        except Exception:  # which one it was, and whether it may wait, is found out one by one
            return False

    def _keep(self, event: Event, *, patient: bool) -> bool:
        while True:
            try:
                self._spool.append(str(event["id"]), event)
                return True
            except SpoolError as error:
                log.error("spool failed", extra={"fields": {"why": error}})
                if not patient:
                    return False
                if self._ending.wait(PAUSE_SECONDS):
                    self._lose(1, "shutdown while the disk failed")
                    return False
            except Exception:
                # An event that cannot be stored at all must not hold up those behind it.
                log.exception("event not storable")
                self._lose(1, "not storable")
                return False

    def _lose(self, number: int, why: str) -> None:
        log.error("events lost", extra={"fields": {"number": number, "why": why}})
        self._on_lost(number)
