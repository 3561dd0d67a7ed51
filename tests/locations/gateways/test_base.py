"""URL rules and the law of the rate limiter."""

import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.gateways.base import RateLimiter


class Clock:
    """Time that passes only when somebody sleeps or says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@given(
    rate=st.floats(0.05, 500, allow_nan=False),
    pauses=st.lists(st.floats(0, 30, allow_nan=False), min_size=2, max_size=60),
)
def test_limiter_never_lets_two_pass_closer_than_the_rate(rate, pauses):
    clock = Clock()
    limiter = RateLimiter(rate, clock, clock.sleep)
    passed = []

    for pause in pauses:
        clock.now += pause
        limiter.acquire()
        passed.append(clock.now)

    gaps = [later - earlier for earlier, later in pairwise(passed)]
    assert min(gaps) >= 1 / rate - 1e-6


@given(rate=st.integers(1, 100), seconds=st.integers(1, 5))
def test_limiter_wastes_nothing_when_always_asked(rate, seconds):
    clock = Clock()
    limiter = RateLimiter(rate, clock, clock.sleep)

    for _ in range(rate * seconds + 1):
        limiter.acquire()

    assert clock.now == pytest.approx(1000.0 + seconds)


def test_limiter_does_not_delay_the_first_request():
    clock = Clock()

    RateLimiter(0.01, clock, clock.sleep).acquire()

    assert clock.now == 1000.0


def test_limiter_gives_threads_different_turns():
    waits = []
    limiter = RateLimiter(10, lambda: 0.0, waits.append)
    threads = [threading.Thread(target=limiter.acquire) for _ in range(20)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(waits) == pytest.approx([turn / 10 for turn in range(1, 20)])


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_limiter_refuses_a_rate_that_is_none(rate):
    with pytest.raises(ValueError, match="more than 0 per second"):
        RateLimiter(rate)
