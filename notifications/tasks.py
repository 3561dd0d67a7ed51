"""Background work of notifications: the worker's lanes that empty the outbox."""

import logging
import threading
from collections import Counter

from django.db import connections
from django.utils import timezone

from e911portal.core import jobs
from notifications.actions import outbox
from notifications.models import Notification

log = logging.getLogger(__name__)

#: Threads per transport. A mail server that hangs holds up four e-mails, and no web hook.
WIDTH = 4


class Lanes:
    """Threads that deliver, at most ``WIDTH`` for each transport; each ends when nothing is due."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    def fill(self) -> None:
        """Start threads for what is due. Returns at once."""
        due = Notification.objects.due(timezone.now()).values_list("transport", flat=True)
        for transport, waiting in Counter(due[:1000]).items():
            with self._lock:
                wanted = min(waiting, WIDTH - self._running[transport])
                self._running[transport] += max(wanted, 0)
            for _ in range(wanted):
                threading.Thread(
                    target=self._run, args=(transport,), name=f"outbox-{transport}", daemon=True
                ).start()

    @property
    def busy(self) -> int:
        """Return how many threads are delivering."""
        return self._running.total()

    def _run(self, transport: str) -> None:
        try:
            while row := outbox.claim(transport=transport, now=timezone.now()):
                outbox.deliver(row)
        except Exception:
            log.exception("the %s lane stopped; it starts again when messages are due", transport)
        finally:
            connections.close_all()
            with self._lock:
                self._running[transport] -= 1


_lanes = Lanes()


@jobs.every(1)
def deliver_due() -> None:
    """Deliver what is due in the outbox."""
    _lanes.fill()
