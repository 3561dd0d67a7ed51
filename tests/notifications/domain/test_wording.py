"""What a message says: the three facts of 47 CFR 9.3 in every form."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain import wording
from notifications.domain.wording import SHORT_BYTES, CallStory
from tests.events import CIVIC

STORY = CallStory(
    reference="call-1",
    at=datetime(2026, 11, 21, 10, 30, tzinfo=UTC),
    caller_name="Anna Example",
    caller_uri="sip:anna@example.com",
    callback_number="+12125550100",
    dialled="9911",
    civic=CIVIC,
    confidence="validated",
    site="NY1",
    erl="New York Wired",
    policy="New York",
    trunk="provider-a",
    state="Answered",
    link="https://portal.example/desk/calls/7/",
)
STREET = "12345 N Cedar Dr, New York, NY 98765"
INSIDE = "New York Wired · Floor 3 · Room 301 · UnplugThePBX"


def test_text_says_the_three_facts_first() -> None:
    assert wording.text(STORY).splitlines() == [
        "Emergency call: a call to 9911 was made at 2026-11-21 10:30:00 UTC",
        "Callback number: +12125550100",
        f"Location sent: {INSIDE}, {STREET}",
        "How sure: validated: the address provider knows this address",
        "Caller: Anna Example (sip:anna@example.com)",
        "Site: NY1",
        "ERL: New York Wired",
        "Location policy: New York",
        "Trunk: provider-a",
        "State: Answered",
        "Call reference: call-1",
        "Open it: https://portal.example/desk/calls/7/",
    ]


def test_text_says_what_is_unknown() -> None:
    story = CallStory(reference="r", at=STORY.at)

    assert wording.text(story).splitlines() == [
        "Emergency call: a call to 911 was made at 2026-11-21 10:30:00 UTC",
        "Callback number: unknown",
        "Location sent: no location was sent",
        "How sure: unknown: the provider's call centre will ask",
        "Caller: unknown caller",
        "Call reference: r",
    ]


def test_every_form_marks_a_test() -> None:
    story = replace(STORY, is_test=True, dialled="933")

    assert wording.subject(story).startswith("TEST of emergency call: ")
    assert wording.text(story).startswith(
        "Emergency call: TEST, no emergency: a call to 933 was made at "
    )
    assert wording.short(story).startswith("Emergency call: TEST, no emergency: ")
    assert wording.record(story)["test_call"] is True


def test_record_has_the_three_facts() -> None:
    record = wording.record(STORY)

    assert record["emergency_call_made"] is True
    assert record["callback_number"] == "+12125550100"
    assert record["location"] == {
        "text": f"{INSIDE}, {STREET}",
        "civic": CIVIC,
        "point": None,
        "confidence": "validated",
        "confidence_text": "validated: the address provider knows this address",
        "tier": "",
        "age_s": 0,
    }
    assert list(record["location"]["civic"]) == [
        "country", "A1", "A3", "PRD", "RD", "STS", "HNO", "LOC", "FLR", "NAM", "PC", "ROOM",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        ("validated", "validated: the address provider knows this address"),
        ("unvalidated", "NOT validated: the address provider has not confirmed this address"),
        ("manual", "manual: typed by the caller; the provider's call centre will ask"),
        ("none", "unknown: the provider's call centre will ask"),
        ("", "unknown: the provider's call centre will ask"),
        ("guessed", "NOT validated: guessed"),
    ],
)
def test_confidence_in_words(confidence: str, expected: str) -> None:
    assert wording.confidence_words(replace(STORY, confidence=confidence)) == expected


@pytest.mark.parametrize(
    ("tier", "age_s", "expected"),
    [
        ("port", 0, ""),
        ("client", 0, ""),
        ("last_known", 45, "NOT of this moment: the phone was seen there 45 s before the call"),
        ("last_known", 730, "NOT of this moment: the phone was seen there 12 min before the call"),
        ("last_known", 9000, "NOT of this moment: the phone was seen there 2 h before the call"),
        ("site_default", 0, "only the site is known, this is where its calls are sent by default"),
    ],
)
def test_guess_is_told_before_the_worth_of_its_address(
    tier: str, age_s: int, expected: str
) -> None:
    words = wording.confidence_words(replace(STORY, tier=tier, age_s=age_s))

    if expected:
        assert words == f"{expected}; address validated: the address provider knows this address"
    else:
        assert words == "validated: the address provider knows this address"
    assert wording.is_guessed(replace(STORY, tier=tier)) is bool(expected)


def test_location_line_shows_elements_that_are_no_street_address() -> None:
    assert wording.location_line(replace(STORY, civic={"A4": "Ginza", "PLC": "office"})) == (
        "A4 Ginza, PLC office"
    )


def test_location_line_shows_coordinates_where_there_is_no_address() -> None:
    story = replace(STORY, civic={}, point=(40.7, -74.0))

    assert wording.location_line(story) == "coordinates 40.700000, -74.000000, no address"


def test_location_is_not_said_to_be_missing_where_it_is_not_known() -> None:
    story = CallStory(reference="r", at=STORY.at, is_decided=False)

    assert wording.location_line(story) == (
        "not known here: the routing decision has not been reported"
    )
    assert wording.confidence_words(story) == "unknown: ask the caller or the dispatcher"


stories = st.builds(
    CallStory,
    reference=st.text(),
    at=st.datetimes(timezones=st.just(UTC)),
    is_test=st.booleans(),
    caller_name=st.text(max_size=400),
    caller_uri=st.text(max_size=400),
    callback_number=st.text(max_size=60),
    dialled=st.text(max_size=200),
    civic=st.dictionaries(st.sampled_from([*CIVIC, "A4", "POD", "SEAT"]), st.text(max_size=300)),
    confidence=st.text(max_size=20),
)


@given(stories)
def test_short_fits_and_keeps_each_fact(story: CallStory) -> None:
    lines = wording.short(story).split("\n")

    assert len(wording.short(story).encode()) <= SHORT_BYTES
    assert [line.split(":")[0] for line in lines] == [
        "Emergency call", "Callback number", "Location sent", "How sure", "Caller",
    ]  # fmt: skip


@given(stories)
def test_no_value_can_forge_a_line_or_a_header(story: CallStory) -> None:
    assert len(wording.subject(story).splitlines()) == 1
    assert len(wording.text(story).splitlines()) <= 12
    assert all(c.isprintable() or c == "\n" for c in wording.text(story))
