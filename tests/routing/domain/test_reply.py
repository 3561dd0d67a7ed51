"""The reply to the SIP edge, and the answer of ``/v1/policy``."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain.pidflo import Location
from routing.domain.callerid import CallerID, CallerIDSource
from routing.domain.location import CallLocation
from routing.domain.numbers import EmergencyNumber, match_emergency
from routing.domain.policy import LocationPolicy, PolicyChoice, Scope
from routing.domain.reply import RouteDecision, Target, clean, clean_json, policy_json, uri
from routing.domain.selection import Transport, Trunk, TrunkKind

POLICY = LocationPolicy(
    "New York",
    emergency_numbers=(EmergencyNumber("911", ("9911",)),),
    pstn_usage="E911 (NY)",
    notification_uris=("sip:security@example.com",),
    conference_uri="sip:+12125550199@example.com;user=phone",
)
CHOICE = PolicyChoice(POLICY, Scope.SITE, "subnet-tagid:New York", ("why",))
PROVIDER = Trunk(
    "Provider",
    "sip.provider.example",
    TrunkKind.PROVIDER,
    5061,
    Transport.TLS,
    True,
    no_reply_ms=1500,
)
ANNA = CallerID("+12125550100", "Anna", CallerIDSource.CALLER, ())
TARGET = Target(PROVIDER, "911", ANNA, "example.com", "sip:anna@example.com", "<presence/>")
DECISION = RouteDecision(
    match=match_emergency("911"),
    choice=CHOICE,
    publication=42,
    call_ref="ref-1",
    location=CallLocation(place=Location({"RD": "Cedar"}), confidence="validated"),
    targets=(TARGET,),
    callback_number="+12125550100",
    content_id="ref-1@example.com",
    notify=("sip:security@example.com",),
    reasons=("one", "two"),
)


def test_to_json_is_the_reply_of_the_route_interface() -> None:
    reply = DECISION.to_json()

    assert reply.pop("location") == DECISION.location.to_json()
    assert reply == {
        "v": 1,
        "emergency": True,
        "test_call": False,
        "call_ref": "ref-1",
        "policy": "New York",
        "tag": "subnet-tagid:New York",
        "scope": "site",
        "confidence": "validated",
        "caller_name": "",
        "callback_number": "+12125550100",
        "content_id": "ref-1@example.com",
        "pidf_lo": "<presence/>",
        "targets": [
            {
                "id": "Provider",
                "uri": "sip:911@sip.provider.example",
                "dst": "sip:sip.provider.example:5061;transport=tls",
                "no_reply_ms": 1500,
                "no_answer_ms": 30000,
                "send_pidf": 1,
                "from_uri": "sip:+12125550100@example.com",
                "from_display": "Anna",
                "pai": "sip:+12125550100@example.com",
                "civic_profile": "rfc5139",
            }
        ],
        "notify": ["sip:security@example.com"],
        "conference": {"uri": "sip:+12125550199@example.com;user=phone", "mode": "twoway"},
        "publication": 42,
        "reasons": ["one", "two"],
    }


def test_to_json_of_an_ordinary_call_has_no_targets_and_no_conference() -> None:
    reply = RouteDecision(match_emergency("2125550100"), CHOICE, 42).to_json()

    assert (reply["emergency"], reply["targets"], reply["conference"]) == (False, [], None)
    assert (reply["pidf_lo"], reply["confidence"]) == ("", "none")


def test_to_json_repeats_the_document_only_where_it_differs() -> None:
    plain = replace(TARGET, pidf_lo="")
    other = replace(TARGET, pidf_lo="<other/>")

    reply = replace(DECISION, targets=(plain, TARGET, TARGET, other)).to_json()

    assert reply["pidf_lo"] == "<presence/>"
    assert [t.get("pidf_lo") for t in reply["targets"]] == [None, None, None, "<other/>"]
    assert [t["send_pidf"] for t in reply["targets"]] == [0, 1, 1, 1]


def test_target_without_a_number_leaves_from_and_asserts_the_caller() -> None:
    unknown = CallerID("", "", CallerIDSource.NONE, ())

    target = replace(TARGET, caller_id=unknown).to_json("")

    assert (target["from_uri"], target["pai"]) == ("", "sip:anna@example.com")


def test_dialled_is_the_service_or_the_digits() -> None:
    assert replace(DECISION, match=match_emergency("urn:service:sos")).dialled == "urn:service:sos"
    assert DECISION.dialled == "911"


@pytest.mark.parametrize(
    ("text", "cleaned", "as_uri"),
    [
        ('"Anna"', "Anna", "Anna"),
        ("Anna\r\nRoute: <sip:evil>", "AnnaRoute: <sip:evil>", "AnnaRoute:sip:evil"),
        ("a\x00b\tc\u2028d", "abcd", "abcd"),
        ("sip:a b@c", "sip:a b@c", "sip:ab@c"),
    ],
)
def test_clean(text: str, cleaned: str, as_uri: str) -> None:
    assert clean(text) == cleaned
    assert uri(text) == as_uri


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\r\n\x00'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for item in pair for text in strings(item)]
    return [text for item in value for text in strings(item)] if isinstance(value, list) else []


@given(JSON)
def test_clean_json_leaves_nothing_that_could_end_a_header(value: Any) -> None:
    cleaned = clean_json(value)

    assert not any(sign in text for text in strings(cleaned) for sign in '"\r\n\x00')
    assert clean_json(cleaned) == cleaned


@given(st.text(alphabet='a"\r\n<> ', min_size=1), st.text(alphabet='a"\r\n<> ', min_size=1))
def test_to_json_is_clean_whatever_names_and_numbers_are(name: str, number: str) -> None:
    target = Target(
        replace(PROVIDER, name=name, host=number),
        "911",
        CallerID(number, name, CallerIDSource.CALLER, ()),
        number,
        number,
    )
    decision = replace(DECISION, targets=(target,), notify=(number,), call_ref=name)

    texts = strings(decision.to_json())

    assert not any(sign in text for text in texts for sign in '"\r\n')


def test_policy_json() -> None:
    assert policy_json(CHOICE, publication=42, held_uri="http://h/held") == {
        "publication": 42,
        "policy": "New York",
        "scope": "site",
        "tag": "subnet-tagid:New York",
        "enhanced_emergency_services_enabled": True,
        "location_required": "no",
        "use_location_for_e911_only": True,
        "emergency_numbers": [{"dial_string": "911", "masks": ["9911"]}],
        "notification_uris": ["sip:security@example.com"],
        "conference_uri": "sip:+12125550199@example.com;user=phone",
        "conference_mode": "twoway",
        "location_refresh_interval_hours": 4,
        "disclaimer": "",
        "held_uri": "http://h/held",
        "lis_uri": "",
        "reasons": ["why"],
    }
