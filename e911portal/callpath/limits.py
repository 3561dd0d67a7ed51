"""How often one source may ask where devices are: a bucket of tokens per address, in memory.

Generous, because a whole branch may sit behind one address: it stops a loop gone wild, not a storm
of phones that register again.  Emergency routing never passes here, nor do holders of keys.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

#: Requests per second of one source, and how many it may have saved up.
RATE, BURST = 50.0, 500.0
#: Sources that are remembered; of more, those that asked first are forgotten, to their advantage.
MOST_SOURCES = 10_000


class Limits:
    """The buckets of one worker process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, source: str) -> bool:
        """Return whether ``source`` may ask now; if so, one token is gone."""
        now = self._clock()
        tokens, at = self._buckets.get(source, (BURST, now))
        tokens = min(BURST, tokens + (now - at) * RATE)
        allowed = tokens >= 1.0
        self._buckets[source] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._buckets) > MOST_SOURCES:
            self._buckets.popitem(last=False)
        return allowed
