"""The time line of a call in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain import timeline

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("call_ended", {"ended_by": "caller"}, "Ended by the caller"),
        ("call_ended", {"ended_by": "callee"}, "Ended by the other side"),
        ("call_ended", {}, "Ended"),
        ("desk_notified", {"code": 200}, "Desk has the instant message"),
        ("desk_not_notified", {"code": 478}, "Desk did not take the instant message"),
        ("call_answered", {"ended_by": "caller"}, "Answered"),
        ("called_back", {"from_uri": "sip:psap@x"}, "Called back by sip:psap@x"),
        ("called_back", {"from_uri": ""}, "Called back"),
        ("of_tomorrow", {}, "of_tomorrow"),
    ],
)
def test_event_in_words(kind: str, data: dict[str, Any], words: str) -> None:
    assert timeline.event_words(kind, data) == words


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        ({"target": "A", "code": 503, "timeout": 0, "location": 1522}, "A: 503"),
        ({"target": "A", "code": 408, "timeout": 1, "location": 0}, "A: no answer in time"),
        ({"target": "A", "code": 408, "timeout": 0, "location": 0}, "A: 408"),
        ({"target": "A", "code": 0, "reason": "cannot send"}, "A: cannot send"),
        ({"target": "A", "code": 424, "timeout": 0, "location": 9}, "A: 424, refused the location"),
        ({"target": "A", "code": 424, "timeout": 0, "location": 0}, "A: 424"),
        ({"code": 503}, "unnamed trunk: 503"),
    ],
)
def test_attempt_in_words(attempt: dict[str, Any], words: str) -> None:
    assert timeline.attempts({"attempts": [attempt]}) == [words]


@pytest.mark.parametrize(
    ("trunk", "located", "nothing_sent"),
    [
        ("provider", True, False),
        ("gateway", True, True),
        ("gateway", False, False),
        ("of the last resort", True, False),
        ("", True, False),
    ],
)
def test_trunk_that_takes_no_location(trunk: str, located: bool, nothing_sent: bool) -> None:
    targets = [{"id": "provider", "send_pidf": 1}, {"id": "gateway", "send_pidf": 0}]
    decision = {"location": {"located": located}, "targets": targets}

    assert timeline.takes_no_location(decision, trunk) is nothing_sent


@given(st.fixed_dictionaries({}, optional={"attempts": JSON, "ended_by": JSON}), JSON, JSON)
def test_whatever_is_reported_is_shown(data: dict[str, Any], location: Any, targets: Any) -> None:
    assert timeline.event_words("call_ended", data)
    assert all(timeline.attempts({"attempts": [{"target": location, "code": targets}]}))
    timeline.attempts(data)
    timeline.takes_no_location({"location": location, "targets": targets}, "a")
