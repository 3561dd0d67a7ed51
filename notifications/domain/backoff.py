"""When to try again to deliver a message, and when to stop."""

from datetime import timedelta

LONGEST = timedelta(seconds=60)
#: After this long nobody is helped by the message any more; the failure stays on the record.
GIVE_UP_AFTER = timedelta(hours=24)


def pause(attempts: int, jitter: float) -> timedelta:
    """Return the wait after the ``attempts``-th failure: doubling from one second up to a minute.

    ``jitter`` in [0, 1) takes up to half of it away, so that what failed together does not come
    back together.
    """
    doubled = timedelta(seconds=2 ** min(max(attempts - 1, 0), 10))
    return min(doubled, LONGEST) * (1 - jitter / 2)
