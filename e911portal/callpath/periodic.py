"""A thread that does something from time to time, whatever becomes of it."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger("e911portal.callpath.periodic")


class Periodic:
    """The thread ``name``: calls each of ``works`` every so many ``seconds``.

    What one of them raises is logged by its type, and it is called again next time: a message may
    quote what must not be in a log.
    """

    def __init__(self, name: str, seconds: float, *works: Callable[[], object]) -> None:
        self._seconds, self._works = seconds, works
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin, but not at once: a start has other things to do."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; harmless when it was never started."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            for work in self._works:
                try:
                    work()
                except Exception as error:
                    fields = {"what": self._thread.name, "why": type(error).__name__}
                    log.error("not done, tried again", extra={"fields": fields})
