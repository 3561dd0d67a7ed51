"""Dialled numbers: normalisation, and what is an emergency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.numbers import (
    EmergencyMatch,
    EmergencyNumber,
    NormalizationRule,
    dialled_digits,
    match_emergency,
    normalize,
    primary_dial_string,
)

US = (EmergencyNumber("911", ("9911", "112")),)
STRIP_NINE = NormalizationRule("Strip 9", r"^9(911)$", "+$1")


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("911", "911"),
        ("+911", "+911"),
        ("9-1-1", "911"),
        ("sip:911@pbx.example.com", "911"),
        ("sip:911@pbx.example.com;user=phone", "911"),
        ("SIP:+911@pbx.example.com", "+911"),
        ("sips:911@pbx.example.com:5061;transport=tls", "911"),
        ("sip:911;phone-context=Redmond@192.168.1.12;user=phone", "911"),
        ("sip:911:secret@host", "911"),
        ("sip:%39%31%31@host", "911"),
        ("<sip:911@host>;tag=1", "911"),
        ('"Help" <tel:911;phone-context=example.com>', "911"),
        ("tel:911;phone-context=+1", "911"),
        ("tel:+1(212)555-0100", "+12125550100"),
        ("*911", "*911"),
        ("sip:anna@example.com", ""),
        ("sip:911abc@example.com", ""),
        ("", ""),
        ("٩١١", ""),
        ("9" * 33, ""),
    ],
)
def test_dialled_digits(text: str, digits: str) -> None:
    assert dialled_digits(text) == digits


@pytest.mark.parametrize(
    ("rule", "digits", "result"),
    [
        (STRIP_NINE, "9911", "+911"),
        (STRIP_NINE, "99110", None),
        (NormalizationRule("US", r"^1?(?<n>\d{10})$", "+1${n}"), "2125550100", "+12125550100"),
        (NormalizationRule("Plus", r"^911$", "+$&"), "911", "+911"),
        (NormalizationRule("Bad pattern", r"^(911$", "+$1"), "911", None),
        (NormalizationRule("Bad group", r"^911$", "+$1"), "911", None),
        (NormalizationRule("Bad name", r"^911$", "+${x}"), "911", None),
    ],
)
def test_normalization_rule_apply(rule: NormalizationRule, digits: str, result: str | None) -> None:
    assert rule.apply(digits) == result


@pytest.mark.parametrize(
    ("pattern", "translation", "works"),
    [
        (r"^9(911)$", "+$1", True),
        (r"^9(?<n>911)$", "+${n}", True),
        (r"^9911$", "+911", True),
        (r"^9911$", "+$1", False),
        (r"^9(911)$", "+${n}", False),
        (r"^(9911$", "+$1", True),
    ],
    ids=["group", "name", "none", "no group", "no name", "the pattern's own fault"],
)
def test_translation_works(pattern: str, translation: str, works: bool) -> None:
    assert NormalizationRule("r", pattern, translation).translation_works() is works


def test_normalize_takes_the_first_rule_that_matches() -> None:
    rules = (
        NormalizationRule("Never", r"^0$", "1"),
        STRIP_NINE,
        NormalizationRule("Late", "9", "8"),
    )

    assert normalize("9911", rules) == ("+911", "Strip 9")
    assert normalize("5", rules) == ("5", "")


@pytest.mark.parametrize(
    ("numbers", "dial_string"),
    [
        ((), "911"),
        ((EmergencyNumber("933"),), "911"),
        ((EmergencyNumber("933"), EmergencyNumber("112")), "112"),
        ((EmergencyNumber("112"), EmergencyNumber("911")), "911"),
    ],
)
def test_primary_dial_string(numbers: tuple[EmergencyNumber, ...], dial_string: str) -> None:
    assert primary_dial_string(numbers) == dial_string


def test_emergency_number_from_record() -> None:
    record = {"dial_string": "911", "masks": ["9911"]}

    assert EmergencyNumber.from_record(record) == EmergencyNumber("911", ("9911",))
    assert EmergencyNumber.from_record({"dial_string": "911"}) == EmergencyNumber("911")


@pytest.mark.parametrize(
    ("dialled", "reason"),
    [
        ("911", "number: 911, as dialled, is dial string 911 of the policy"),
        ("+911", "number: 911, as dialled, is dial string 911 of the policy"),
        ("sip:911@pbx;user=phone", "number: 911, as dialled, is dial string 911 of the policy"),
        ("9911", "number: 9911, as dialled, is a mask of 911 of the policy"),
        ("112", "number: 112, as dialled, is a mask of 911 of the policy"),
        ("urn:service:sos", "number: urn:service:sos is an emergency service (RFC 5031)"),
        ("URN:service:SOS.fire", "number: urn:service:sos.fire is an emergency service (RFC 5031)"),
        ("<urn:service:sos>", "number: urn:service:sos is an emergency service (RFC 5031)"),
    ],
)
def test_match_emergency_is_one(dialled: str, reason: str) -> None:
    match = match_emergency(dialled, US)

    assert (match.emergency, match.test_call, match.dial_string, match.route_numbers) == (
        True,
        False,
        "911",
        ("+911",),
    )
    assert match.reasons == (reason,)


@pytest.mark.parametrize("dialled", ["911", "9911", "+911", "+9911", "tel:911", "sips:911@host"])
def test_match_emergency_needs_no_policy(dialled: str) -> None:
    match = match_emergency(dialled)

    digits = dialled_digits(dialled)
    reason = f"number: {digits.removeprefix('+')}, as dialled, is always an emergency (Kari's Law)"
    assert match == EmergencyMatch(
        True, False, digits, dial_string="911", route_numbers=("+911",), reasons=(reason,)
    )


def test_match_emergency_sends_911_as_the_local_number() -> None:
    abroad = (EmergencyNumber("112", ("999",)),)

    assert match_emergency("911", abroad).dial_string == "112"
    assert match_emergency("999", abroad).route_numbers == ("+112",)


def test_match_emergency_after_normalisation() -> None:
    rule = NormalizationRule("Outside line", r"^8(911)$", "+$1")

    match = match_emergency("8911", US, (rule,))

    assert match.dial_string == "911"
    assert match.reasons == (
        "number: 911, after dial-plan rule “Outside line”, is dial string 911 of the policy",
    )


@pytest.mark.parametrize(
    ("dialled", "service"),
    [
        ("933", ""),
        ("9933", ""),
        ("+933", ""),
        ("urn:service:test.sos", "urn:service:test.sos"),
        ("urn:service:test.sos.police", "urn:service:test.sos.police"),
    ],
)
def test_match_emergency_test_call(dialled: str, service: str) -> None:
    match = match_emergency(dialled, US)

    assert (match.emergency, match.test_call, match.dial_string) == (True, True, "933")
    assert match.route_numbers == ("+933", "+911")
    assert match.service == service


def test_match_emergency_test_number_never_becomes_a_real_call() -> None:
    match = match_emergency("933", (EmergencyNumber("911", ("933",)),))

    assert match.test_call is True
    assert match.dial_string == "933"


@pytest.mark.parametrize(
    ("dialled", "reason"),
    [
        ("2125550100", "number: 2125550100 is in no dial string and no mask"),
        ("9110", "number: 9110 is in no dial string and no mask"),
        ("*911", "number: *911 is in no dial string and no mask"),
        ("sip:anna@example.com", "number: no digits were dialled"),
        ("urn:service:counseling", "number: no digits were dialled"),
        ("urn:service:sosx", "number: no digits were dialled"),
    ],
)
def test_match_emergency_ordinary_number(dialled: str, reason: str) -> None:
    match = match_emergency(dialled, US)

    assert (match.emergency, match.test_call, match.route_numbers) == (False, False, ())
    assert match.reasons == (reason,)


@pytest.mark.parametrize(
    ("dialled", "emergency"), [("911", True), ("212", True), ("414", True), ("2124", False)]
)
def test_r6_masks_are_translated_to_the_dial_string(dialled: str, emergency: bool) -> None:
    match = match_emergency(dialled, (EmergencyNumber("911", ("212", "414")),))

    assert match.emergency is emergency
    assert match.route_numbers == (("+911",) if emergency else ())


@given(st.text(max_size=60))
def test_match_emergency_never_raises(text: str) -> None:
    match = match_emergency(text, US, (STRIP_NINE,))

    assert bool(match.route_numbers) is match.emergency
