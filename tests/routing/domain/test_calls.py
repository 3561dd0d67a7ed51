"""What is known of a call, from its reports."""

import json
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.calls import UNREADABLE, CallState, Place, place, read, summarise
from tests.events import decision, event, routed, whole_call

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

KINDS = ("call_routed", "call_ringing", "call_answered", "call_ended", "call_failed",
         "caller_cancel", "call_transferred")  # fmt: skip
KEYS = ("id", "event", "at", "call_ref", "call_id", "mode", "request", "decision", "target")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["call_routed"], CallState.ROUTING),
        (["call_routed", "call_ringing"], CallState.RINGING),
        (["call_routed", "call_ringing", "call_answered"], CallState.ANSWERED),
        (["call_routed", "call_answered", "call_ended"], CallState.ENDED),
        (["call_routed", "call_failed"], CallState.FAILED),
        (["call_routed", "call_ringing", "caller_cancel"], CallState.CANCELLED),
        (["caller_cancel", "call_failed"], CallState.CANCELLED),
        (["call_answered", "caller_cancel"], CallState.ANSWERED),
        (["call_ended", "call_ringing"], CallState.ENDED),
        (["call_transferred"], CallState.ROUTING),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else value,
)
def test_state_is_the_furthest_reported(kinds: list[str], expected: CallState) -> None:
    reports = [read(event(kind, second=n), now=NOW) for n, kind in enumerate(kinds)]

    assert summarise(reports).state is expected


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 59)), min_size=1), st.randoms())
def test_summary_does_not_depend_on_order_or_repetition(
    parts: list[tuple[str, int]], rng: random.Random
) -> None:
    events = [
        routed(second=second, confidence=f"c{second}")
        if kind == "call_routed"
        else event(kind, second=second, target=f"trunk-{second}")
        for kind, second in parts
    ]
    reports = {report.event_id: report for report in (read(e, now=NOW) for e in events)}
    shuffled = list(reports.values())
    rng.shuffle(shuffled)

    assert summarise(shuffled) == summarise(reports.values())


def test_name_of_the_caller_is_that_of_the_decision_where_the_phone_says_none() -> None:
    raw = routed(second=1, confidence="validated")
    raw["request"] = {**raw["request"], "from_display": ""}
    raw["decision"] = {**raw["decision"], "caller_name": "Anna Rossi"}

    assert summarise([read(raw, now=NOW)]).caller_name == "Anna Rossi"


def test_summary_of_a_whole_call() -> None:
    reports = [read(raw, now=NOW) for raw in whole_call()]

    summary = summarise(reports)

    assert (summary.caller_name, summary.caller_uri) == ("Anna Example", "sip:anna@example.com")
    assert (summary.callback_number, summary.dialled) == ("+12125550100", "911")
    assert (summary.site_name, summary.erl_name) == ("NY1", "New York Wired")
    assert (summary.policy_name, summary.tag) == ("New York", "subnet-tagid:New York")
    assert (summary.publication, summary.confidence) == (42, "validated")
    assert (summary.trunk, summary.mode) == ("local-gw", "portal")
    assert (summary.pidf_lo, summary.call_id) == ("<presence/>", "call-1@10.1.1.7")
    assert summary.at == datetime(2026, 11, 21, 10, 30, 0, tzinfo=UTC)
    assert summary.answered_at == datetime(2026, 11, 21, 10, 30, 4, tzinfo=UTC)
    assert summary.ended_at == datetime(2026, 11, 21, 10, 30, 50, tzinfo=UTC)
    assert not summary.is_test


def test_summary_of_an_edge_on_its_own_has_no_location() -> None:
    answered = event("call_answered", second=3, target="local-gw", mode="fallback-default")

    summary = summarise([read(answered, now=NOW)])

    assert summary.at == datetime(2026, 11, 21, 10, 30, 3, tzinfo=UTC)
    assert (summary.site_name, summary.mode) == ("", "fallback-default")
    assert (summary.location, summary.decision) == ({}, {})


@given(st.integers(0, 58))
def test_the_later_of_two_decisions_counts(second: int) -> None:
    first = routed(second=second, publication=41)
    again = routed(second=second + 1, publication=42)

    assert summarise([read(again, now=NOW), read(first, now=NOW)]).publication == 42


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (None, Place()),
        ("somewhere", Place()),
        ({"name": "E", "site": "S", "civic": {"A1": "NY"}}, Place("E", "S", {"A1": "NY"})),
        (
            {"erl": {"name": "E", "site": "S"}, "civic": {"A1": "NY", "LOC": ""}},
            Place("E", "S", {"A1": "NY"}),
        ),
        ({"erl": "E", "civic": {"HNO": 7}}, Place("E", "", {"HNO": "7"})),
    ],
    ids=["none", "text", "record", "answer", "name"],
)
def test_place_reads_both_forms(location: object, expected: Place) -> None:
    assert place({"location": location}) == expected


def test_place_takes_the_site_of_a_call_without_location() -> None:
    assert place(decision(location=None, site="NY1")) == Place(site="NY1")


@given(json_values)
def test_read_never_fails_and_gives_what_a_database_takes(raw: object) -> None:
    report = read(raw, now=NOW)

    stored = json.dumps(report.data, allow_nan=False).encode()
    assert b"\\u0000" not in stored
    assert json.loads(stored) == report.data
    assert 0 < len(report.event_id) <= 64
    assert len(report.call_ref) <= 255
    assert summarise([report]).at == report.at


@given(st.dictionaries(st.sampled_from(KEYS), json_values))
def test_read_survives_any_value_in_any_place(raw: dict[str, object]) -> None:
    report = read(raw, now=NOW)

    assert summarise([report]).state in CallState


def test_read_recognises_a_repeated_event_without_an_id() -> None:
    raw = event("call_answered")
    del raw["id"]

    assert read(raw, now=NOW).event_id == read(dict(reversed(raw.items())), now=NOW).event_id


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-21T10:30:00Z", datetime(2026, 11, 21, 10, 30, tzinfo=UTC)),
        ("2026-11-21T05:30:00-05:00", datetime(2026, 11, 21, 10, 30, tzinfo=UTC)),
        ("2026-11-21T10:30:00", datetime(2026, 11, 21, 10, 30, tzinfo=UTC)),
        (1795257000, datetime(2026, 11, 21, 10, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", NOW),
        ("1970-01-01T00:00:07Z", NOW),
        ("yesterday", NOW),
        (True, NOW),
        (1e300, NOW),
        (None, NOW),
    ],
    ids=repr,
)
def test_read_takes_the_time_or_now(at: object, expected: datetime) -> None:
    assert read(event("call_ended", at=at), now=NOW).at == expected


@pytest.mark.parametrize(
    ("values", "call_ref"),
    [
        ({}, "call-1"),
        ({"call_ref": None}, "call-1@10.1.1.7"),
        ({"call_ref": "", "call_id": ""}, "e1"),
        ({"event": "gateway_down"}, ""),
        ({"event": "note", "call_ref": None, "call_id": None}, ""),
        ({"mode": "callback"}, ""),
    ],
    ids=["ref", "call id", "nameless", "gateway", "about nothing", "callback"],
)
def test_read_tells_which_call_it_is_about(values: dict[str, object], call_ref: str) -> None:
    assert read({**event("call_failed"), "id": "e1", **values}, now=NOW).call_ref == call_ref


def test_read_keeps_long_references_apart() -> None:
    long = "x" * 300

    one, other = (read(event("call_ended", ref=long + end), now=NOW).call_ref for end in "ab")

    assert len(one) == len(other) == 255
    assert one != other


@pytest.mark.parametrize("raw", [None, "text", 7, [1], {}], ids=repr)
def test_read_marks_what_makes_no_sense(raw: object) -> None:
    report = read(raw, now=NOW)

    assert (report.kind, report.call_ref) == (UNREADABLE, "")
