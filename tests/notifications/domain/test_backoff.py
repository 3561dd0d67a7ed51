"""When to try again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.backoff import LONGEST, pause


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (10_000, 60)]
)
def test_pause_doubles_up_to_a_minute(attempts: int, seconds: int) -> None:
    assert pause(attempts, 0.0) == timedelta(seconds=seconds)


@given(st.integers(1, 10**6), st.floats(0, 1, exclude_max=True))
def test_jitter_takes_at_most_half_away(attempts: int, jitter: float) -> None:
    assert pause(attempts, 0.0) / 2 <= pause(attempts, jitter) <= pause(attempts, 0.0) <= LONGEST
