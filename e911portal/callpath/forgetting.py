"""Erases from the disk of this node what it may no longer use: last known places, location URIs.

They are not *used* when they are too old; this is so that they are not *there* either, for whoever
gets hold of the disk.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

log = logging.getLogger("e911portal.callpath.forgetting")

EVERY_SECONDS = 300.0


class Forgetting:
    """The thread that erases; every worker has one, and it does not matter who does the work."""

    def __init__(
        self, stores: Sequence[Callable[[datetime], None]], *, clock: Callable[[], datetime]
    ) -> None:
        """``stores`` erase what is over at the time given; they may raise ``OSError``."""
        self._stores, self._clock = stores, clock
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forgetting", daemon=True)

    def start(self) -> None:
        """Begin, but not at once: a start has other things to do."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def _run(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            for forget in self._stores:
                try:
                    forget(self._clock())
                except Exception as error:  # it is tried again
                    log.error("not erased", extra={"fields": {"why": type(error).__name__}})
