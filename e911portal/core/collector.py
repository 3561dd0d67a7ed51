"""The cyclic garbage collector, kept out of work on the whole estate."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector: hundreds of thousands of rows, none of them a cycle, make it look
    through all of them again and again (a tenth of the time of a plan, more of an import)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
