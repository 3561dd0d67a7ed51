"""How often one source may ask where devices are: a bucket of tokens per address, in memory.

Generous, because a whole branch may sit behind one address: it stops a loop gone wild, not a storm
of phones that register again.  Emergency routing never passes here, nor do holders of keys.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

#: Requests per second of one source, and how many it may have saved up.
RATE, BURST = 50.0, 500.0
#: Each of these in a body is one request more; honest ones have half a kilobyte.
BYTES_PER_TOKEN = 2048
#: Sources that are remembered; of more, those that asked first are forgotten, to their advantage.
MOST_SOURCES = 10_000


class Limits:
    """The buckets of one worker process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, source: str, size: int = 0) -> bool:
        """Return whether ``source`` may ask now with ``size`` bytes; if so, its tokens are gone.

        A body made to be slow takes some hundred times the work of an honest one.
        """
        price = 1.0 + size // BYTES_PER_TOKEN
        now = self._clock()
        tokens, at = self._buckets.get(source, (BURST, now))
        tokens = min(BURST, tokens + (now - at) * RATE)
        allowed = tokens >= price
        self._buckets[source] = (tokens - price if allowed else tokens, now)
        if len(self._buckets) > MOST_SOURCES:
            self._buckets.popitem(last=False)
        return allowed
