"""Which trunks answer the probes of the running edge, for pages: a page must not wait for an edge.

Asked at most every five seconds, by a thread; who looks waits for it once, for half a second at
most.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping

from routing.edge.installation import EdgeError, trunks
from routing.edge.settings import EdgeSettings

log = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
PATIENCE_SECONDS = 0.5


def ask() -> Mapping[str, bool]:
    """Return next hop → whether it answers, from the edge of the environment.

    Raises ``EdgeError``, ``OSError`` or ``ValueError`` when no edge answers or none is set up.
    """
    return trunks(EdgeSettings.from_environment())


class Reachability:
    """The last answer of an edge, while it is fresh."""

    def __init__(self, ask: Callable[[], Mapping[str, bool]] = ask) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._asking = False
        self._looked_at = self._found_at = float("-inf")
        self._found: Mapping[str, bool] = {}

    def answers(self, hop: str) -> bool | None:
        """Return whether the next hop of a trunk answers probes; ``None`` when nobody knows."""
        with self._lock:
            if time.monotonic() - self._looked_at > FRESH_SECONDS:
                self._look()
            fresh = time.monotonic() - self._found_at <= FRESH_SECONDS + PATIENCE_SECONDS
            return self._found.get(hop) if fresh else None

    def _look(self) -> None:
        if not self._asking:
            self._asking = True
            self._answered.clear()
            threading.Thread(target=self._learn, name="trunk states", daemon=True).start()
        self._answered.wait(PATIENCE_SECONDS)
        self._looked_at = time.monotonic()

    def _learn(self) -> None:
        try:
            self._found = self._ask()
            self._found_at = time.monotonic()
        except (EdgeError, OSError, ValueError) as error:
            log.info("trunk states not known: %s", error)
        finally:
            self._asking = False
            self._answered.set()


#: What the pages of this process share.
EDGE = Reachability()
