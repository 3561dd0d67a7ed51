"""The pulse of a job whose work is one long transaction: progress and lease are renewed beside it.

``jobs.Run.step`` inside that transaction would be seen by nobody before the commit, and must not be
called in one that only reads.  A thread with a connection of its own tells what the work last said.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from e911portal.core.jobs import LeaseLost, Run

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0

Progress = Callable[[str, int, int], None]


class _Said:
    """What the work last said of itself."""

    def __init__(self) -> None:
        self.message = ""
        self.done = 0
        self.total = 0

    def __call__(self, message: str, done: int, total: int) -> None:
        self.message, self.done, self.total = message, done, total


@contextmanager
def pulse(attempt: Run) -> Iterator[Progress]:
    """Yield what the work calls as (words, done, total), as often as it likes.

    A database that does not take the beat (SQLite while the work itself writes) is asked again at
    the next one.
    """
    said, over = _Said(), threading.Event()
    thread = threading.Thread(target=_beat, args=(attempt, said, over), name="pulse", daemon=True)
    thread.start()
    try:
        yield said
    finally:
        over.set()
        thread.join()


def _beat(attempt: Run, said: _Said, over: threading.Event) -> None:
    try:
        while not over.wait(BEAT_SECONDS):
            try:
                attempt.step(progress=said.done, total=said.total, message=said.message)
            except LeaseLost:
                return  # the work finds out by itself: what it writes is fenced by other means
            except DatabaseError as error:
                log.info("%s: beat left out: %s", attempt.job, error)
    finally:
        connection.close()
