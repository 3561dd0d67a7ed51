"""The check of an address against the guide, element by element."""

from dataclasses import replace

import pytest

from locations.domain.addresses import StreetAddress
from locations.domain.msag import MSAG, changed_elements, check
from locations.domain.msag_records import MSAGRange
from locations.domain.verdicts import Verdict


def a_range(line, community="NEW YORK", state="NY", low="1", high="999", parity="B", **rest):
    return MSAGRange(
        rd=line, low=low, high=high, community=community, state=state, parity=parity, **rest
    )


GUIDE = MSAG(
    [
        a_range("CEDAR", prd="N", sts="DR", low="12001", high="12999", parity="O", esn="00212",
                general="ZIP 98765"),
        a_range("CEDAR", prd="N", sts="DR", low="12000", high="12998", parity="E", esn="00213",
                general="ZIP 98765"),
        a_range("MAIN", sts="ST", community="ALBANY"),
        a_range("MAIN", sts="ST", community="BUFFALO"),
        a_range("BROAD", sts="ST", community="ALBANY"),
        a_range("ELM", prd="N", sts="ST", community="ALBANY"),
        a_range("ELM", prd="S", sts="ST", community="ALBANY"),
        a_range("OAK", prd="E", sts="AVE", community="ALBANY"),
        a_range("HOLLYWOOD BLVD", community="LOS ANGELES", state="CA", low="5500", high="7099",
                general="ZIP 90028"),
        a_range("NORTH SHORE", sts="RD", community="ALBANY"),
    ]
)  # fmt: skip
CEDAR = StreetAddress(
    country="US", a1="NY", a3="New York", prd="N", rd="Cedar", sts="Dr", hno="12345", pc="98765"
)
MAIN = StreetAddress(country="US", a1="NY", a3="Albany", rd="Main", sts="St", hno="10")


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(CEDAR, id="as_given"),
        pytest.param(replace(CEDAR, prd="North", sts="Drive"), id="spelled_out"),
        pytest.param(replace(CEDAR, prd="", rd="N. Cedar Drive", sts=""), id="in_one_field"),
        pytest.param(replace(CEDAR, pc="98765-1234"), id="zip_plus_four"),
        pytest.param(replace(CEDAR, pc=""), id="without_postal_code"),
        pytest.param(replace(CEDAR, hno="12346"), id="even_side"),
        pytest.param(replace(CEDAR, a3="", pcn="NEW YORK"), id="postal_community"),
        pytest.param(
            replace(CEDAR, a3="Manhattan", msag_community="New York"), id="msag_community"
        ),
        pytest.param(replace(MAIN, rd="North Shore", sts="Rd"), id="direction_within_the_name"),
        pytest.param(replace(MAIN, prd="N", rd="Shore", sts="Road"), id="direction_split_off"),
    ],
)
def test_check_is_valid_however_the_address_is_spelled(address):
    answer = GUIDE.check(address)

    assert (answer.verdict, set(answer.elements.values()) <= {"valid", "unchecked"}) == (
        Verdict.VALID,
        True,
    )


def test_check_valid_gives_the_guide_spelling_and_the_range():
    answer = GUIDE.check(replace(CEDAR, prd="North", sts="Drive", pc=""))

    assert answer.standardized == StreetAddress(
        country="US", a1="NY", a3="New York", prd="N", rd="CEDAR", sts="DR", hno="12345",
        pc="98765", msag_community="NEW YORK",
    )  # fmt: skip
    assert answer.matched is not None
    assert answer.matched.esn == "00212"
    assert answer.reasons == ("in range 12001-12999 odd of N CEDAR DR in NEW YORK",)


@pytest.mark.parametrize(
    ("address", "reason", "adjusted"),
    [
        pytest.param(
            replace(CEDAR, prd=""), "PRD: nothing given, N in the guide", "PRD", id="no_direction"
        ),
        pytest.param(
            replace(CEDAR, prd="S"), "PRD: S given, N in the guide", "PRD", id="direction"
        ),
        pytest.param(replace(CEDAR, sts="Ln"), "STS: LN given, DR in the guide", "STS", id="sts"),
        pytest.param(
            replace(CEDAR, pod="W"), "POD: W given, nothing in the guide", "POD", id="pod_too_much"
        ),
        pytest.param(
            replace(CEDAR, pc="10001"),
            "PC: 10001 given, 98765 in the guide",
            "PC",
            id="postal_code",
        ),
        pytest.param(
            StreetAddress(a1="CA", a3="Hollywood", rd="Hollywood", sts="Blvd", hno="6801"),
            "A3: HOLLYWOOD given, LOS ANGELES in the guide",
            "A3",
            id="postal_town",
        ),
    ],
)
def test_check_adjusts_one_element(address, reason, adjusted):
    answer = GUIDE.check(address)

    assert (answer.verdict, answer.reasons) == (Verdict.ADJUSTED, (reason,))
    assert [name for name, word in answer.elements.items() if word == "adjusted"] == [adjusted]


def test_check_of_an_accepted_adjustment_is_valid():
    adjusted = GUIDE.check(replace(CEDAR, prd="", sts="", pc="10001")).standardized

    assert adjusted is not None
    assert GUIDE.check(adjusted).verdict == Verdict.VALID


@pytest.mark.parametrize(
    ("address", "offered"),
    [
        pytest.param(
            replace(MAIN, rd="Elm"), ["10 N ELM ST, ALBANY", "10 S ELM ST, ALBANY"], id="which_elm"
        ),
        pytest.param(
            replace(MAIN, a3="New York"),
            ["10 MAIN ST, ALBANY", "10 MAIN ST, BUFFALO"],
            id="another_known_community",
        ),
        pytest.param(replace(MAIN, prd="W", rd="Oak", sts="St"), ["10 E OAK AVE, ALBANY"], id="2"),
        pytest.param(replace(MAIN, rd="Braod"), ["10 BROAD ST, ALBANY"], id="misspelt"),
    ],
)
def test_check_offers_candidates_and_chooses_none(address, offered):
    answer = GUIDE.check(address)

    assert (answer.verdict, answer.standardized) == (Verdict.CANDIDATES, None)
    assert [f"{each.street_line()}, {each.msag_community}" for each in answer.candidates] == offered


@pytest.mark.parametrize(
    ("address", "reason", "elements"),
    [
        pytest.param(
            replace(CEDAR, hno="99999", prd="", rd="Nowhere", sts="Blvd"),
            "RD: no street named NOWHERE in NY",
            {"A1": "valid", "RD": "invalid", "HNO": "unchecked"},
            id="unknown_street",
        ),
        pytest.param(
            replace(CEDAR, hno="13001"),
            "HNO: 13001 is in no range of the street: 12001-12999 odd of N CEDAR DR in NEW YORK; "
            "12000-12998 even of N CEDAR DR in NEW YORK",
            {"A1": "valid", "RD": "valid", "HNO": "invalid", "PC": "unchecked"},
            id="outside_the_range",
        ),
        pytest.param(
            replace(CEDAR, a1="TX"),
            "A1: the guide has no street in TX",
            {"A1": "invalid", "RD": "unchecked"},
            id="state",
        ),
        pytest.param(
            replace(CEDAR, hno="", a3=" "),
            "A3: missing",
            {"A3": "invalid", "HNO": "invalid"},
            id="gaps",
        ),
        pytest.param(
            replace(MAIN, prd="W", rd="Oak", sts="St", a3="Utica"),
            "RD: no W OAK ST in UTICA",
            {"RD": "invalid"},
            id="three_contradictions",
        ),
    ],
)
def test_check_refuses_and_names_the_element(address, reason, elements):
    answer = GUIDE.check(address)

    assert (answer.verdict, answer.reasons[0]) == (Verdict.INVALID, reason)
    assert {name: answer.elements[name] for name in elements} == elements


def test_check_prefers_the_municipality_to_the_postal_town():
    answer = GUIDE.check(replace(MAIN, a3="Buffalo", pcn="Albany"))

    assert answer.standardized is not None
    assert (answer.verdict, answer.standardized.msag_community) == (Verdict.VALID, "BUFFALO")


def test_check_of_a_few_ranges_equals_the_indexed_check():
    only = [a_range("CEDAR", prd="N", sts="DR", low="12001", high="12999")]

    assert check(CEDAR, only) == MSAG(only).check(CEDAR)


def test_check_against_an_empty_guide_is_invalid():
    assert check(CEDAR, []).verdict == Verdict.INVALID


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, (), id="nothing"),
        pytest.param({"rd": "CEDAR", "sts": "DRIVE"}, (), id="spelling"),
        pytest.param({"msag_community": "NEW YORK"}, (), id="community_filled_in"),
        pytest.param({"msag_community": "BRONX"}, ("A3",), id="community"),
        pytest.param({"hno": "12347", "hns": "A"}, ("HNO", "HNS"), id="house_number"),
        pytest.param({"pc": "10001"}, ("PC",), id="postal_code"),
    ],
)
def test_changed_elements_ignores_spelling(change, expected):
    assert changed_elements(CEDAR, replace(CEDAR, **change)) == expected
