"""Delivery of spooled events to the portal: in order, again and again until it says 2xx.

Every worker process of a node runs this thread, and the one that holds the spool's right to deliver
does so; the operating system gives it to another when that process dies.  The portal recognises an
event by its ``id``, so the one that was sent just before a crash may safely be sent again.
"""

import logging
import random
import threading

from e911portal.callpath.portal import TIMEOUT_SECONDS, Portal, Refused
from e911portal.core.spool import Spool, SpoolState

log = logging.getLogger("e911portal.callpath.delivery")

BATCH = 100
#: How often a worker looks for events of its siblings; its own wake it at once.
POLL_SECONDS = 0.2
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
_TOO_LARGE = 413


class Delivery:
    """The thread that empties the spool into the portal of this node.

    It also is the only one to look into the spool for others to see: a disk that hangs may stop
    this thread, and never an answer of ``/readyz`` or the event loop behind it.
    """

    def __init__(self, spool: Spool, portal: Portal) -> None:
        #: What waited when the spool was last looked at, and why the portal was not reached.
        self.spooled = SpoolState(0, 0, 0)
        self.fault = ""
        self._spool, self._portal = spool, portal
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._pause = FIRST_PAUSE
        self._batch = BATCH

    def start(self) -> None:
        """Begin to deliver, as soon as no sibling does."""
        self._thread.start()

    def stop(self, timeout: float = TIMEOUT_SECONDS + 1) -> None:
        """End the thread after the request under way; what is left stays in the spool."""
        self._ended.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def wake(self) -> None:
        """Say that there is something to deliver."""
        self._wake.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                with self._spool.delivering() as may_deliver:
                    while self._turn(may_deliver) and not self._ended.is_set():
                        pass
            except Exception:  # this thread is the only way out for events
                log.exception("delivery failed")
                self._ended.wait(LONGEST_PAUSE)

    def _turn(self, may_deliver: bool) -> bool:
        """Deliver one batch, or wait for work; return whether the right to deliver is kept."""
        self.spooled = self._spool.state()
        if may_deliver and self.spooled.waiting:
            self._deliver()
            return True
        if self._wake.wait(POLL_SECONDS):
            self._wake.clear()
        return may_deliver

    def _deliver(self) -> None:
        entries = self._spool.pending(self._batch)
        try:
            self._portal.post([entry.event for entry in entries])
        except Refused as error:
            if error.status == _TOO_LARGE and len(entries) > 1:
                self._batch = len(entries) // 2
                return
            self._failed(error)
        except Exception as error:
            self._failed(error)
        else:
            self._spool.acknowledge(entry.id for entry in entries)
            if self.fault:
                log.info("portal reached")
            self.fault, self._pause = "", FIRST_PAUSE
            self._batch = min(BATCH, self._batch * 2)

    def _failed(self, error: Exception) -> None:
        fault = str(error) or type(error).__name__
        if fault != self.fault:
            log.warning("portal not reached", extra={"fields": {"why": fault}})
        self.fault = fault
        # Not cut short by new events: many nodes must not hurry a portal that just comes back.
        self._ended.wait(self._pause * random.uniform(0.5, 1))  # noqa: S311 - spreads, hides nothing
        self._pause = min(LONGEST_PAUSE, self._pause * 2)
