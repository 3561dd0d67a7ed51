"""The DASH client against the simulator, a process of its own: verdicts and what is submitted."""

import time
from dataclasses import replace

import pytest

from locations.domain.addresses import StreetAddress
from locations.domain.verdicts import Verdict
from locations.gateways.base import ProviderRefused, ProviderUnreachable
from locations.gateways.dash.mapping import to_location
from tests.locations.gateways.conftest import opened
from tests.locations.simulator.program import simulator

CEDAR = StreetAddress(
    country="US", a1="NY", a3="New York", prd="N", rd="Cedar", sts="Dr", hno="12345", pc="98765"
)


@pytest.mark.parametrize(
    ("address", "verdict", "message"),
    [
        pytest.param(CEDAR, Verdict.VALID, "Location is geocoded", id="example"),
        pytest.param(
            replace(CEDAR, prd="North", sts="Drive", a3="new york"),
            Verdict.VALID,
            "Location is geocoded",
            id="other_spelling",
        ),
        pytest.param(
            StreetAddress(
                country="US", a1="CA", a3="Los Angeles", prd="S", rd="Grand", sts="Ave",
                hno="500", pc="90071",
            ),
            Verdict.VALID,
            "Location is geocoded",
            id="los_angeles",
        ),
        pytest.param(
            replace(CEDAR, prd=""),
            Verdict.ADJUSTED,
            "Changed by the provider: PRD: nothing → N",
            id="direction",
        ),
        pytest.param(
            replace(CEDAR, pc="10001"),
            Verdict.ADJUSTED,
            "Changed by the provider: PC: 10001 → 98765",
            id="postal_code",
        ),
        pytest.param(
            StreetAddress(country="US", a1="CA", a3="Hollywood", rd="Hollywood Blvd", hno="6801"),
            Verdict.ADJUSTED,
            "Changed by the provider: MSAG community (the city stays): HOLLYWOOD → LOS ANGELES",
            id="community",
        ),
        pytest.param(
            replace(CEDAR, prd="", rd="14th", sts="St", hno="100", pc=""),
            Verdict.CANDIDATES,
            "The provider knows 2 such addresses",
            id="candidates",
        ),
        pytest.param(
            replace(CEDAR, hno="99999", prd="", rd="Nowhere", sts="Blvd"),
            Verdict.INVALID,
            "RD: no street named NOWHERE in NY",
            id="nowhere",
        ),
    ],
)  # fmt: skip
def test_validate_gives_the_verdict_and_its_reason(provider, address, verdict, message):
    with opened(provider) as validator:
        result = validator.validate(address)

    assert (result.verdict, result.message, result.submitted) == (verdict, message, address)


def test_validate_keeps_standard_form_position_aspects_and_raw_reply(provider):
    with opened(provider) as validator:
        result = validator.validate(replace(CEDAR, pc=""), caller_name="UnplugThePBX")

    assert result.standardized == StreetAddress(
        country="US", a1="NY", a3="New York", prd="N", rd="CEDAR", sts="DR", hno="12345",
        pc="98765", msag_community="NEW YORK",
    )  # fmt: skip
    assert (result.provider, result.latitude, result.longitude) == ("Example 911", 40.7128, -74.006)
    assert result.aspects == {"civic": "valid", "position": "valid"}
    assert "<callername>UnplugThePBX</callername>" in result.raw
    assert "<code>GEOCODED</code>" in result.raw


def test_validate_lists_the_candidates(provider):
    with opened(provider) as validator:
        result = validator.validate(replace(CEDAR, prd="", rd="14th", sts="St", hno="100", pc=""))

    assert [each.one_line() for each in result.candidates] == [
        "100 E 14TH ST, New York, NY 10003",
        "100 W 14TH ST, New York, NY 10011",
    ]


def test_validate_again_what_was_adjusted_is_valid(provider):
    with opened(provider) as validator:
        adjusted = validator.validate(replace(CEDAR, prd="", pc="10001")).standardized
        assert adjusted is not None

        assert validator.validate(adjusted).verdict == Verdict.VALID


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param(
            CEDAR,
            {"address1": "12345 N Cedar Dr", "callername": "ACME", "community": "New York",
             "postalcode": "98765", "state": "NY", "type": "ADDRESS"},
            id="plain",
        ),
        pytest.param(
            replace(CEDAR, msag_community="MANHATTAN", pcn="NYC", pc="98765-1234", hns="1/2"),
            {"address1": "12345 1/2 N Cedar Dr", "callername": "ACME", "community": "MANHATTAN",
             "plusfour": "1234", "postalcode": "98765", "state": "NY", "type": "ADDRESS"},
            id="msag_community_and_plus_four",
        ),
        pytest.param(
            StreetAddress(country="CA", a1="ON", pcn="Ottawa", rd="Elgin", sts="St", hno="1",
                          pc="K1P 5K7"),
            {"address1": "1 Elgin St", "callername": "ACME", "community": "Ottawa",
             "postalcode": "K1P5K7", "state": "ON", "type": "ADDRESS"},
            id="canada",
        ),
    ],
)  # fmt: skip
def test_to_location_submits_street_line_and_no_part_of_the_building(address, expected):
    assert to_location(address, "ACME") == expected


def test_check_access_accepts_the_right_credentials(provider):
    with opened(provider) as validator:
        assert validator.check_access() is None


def test_wrong_password_is_refused_not_a_verdict(provider):
    with opened(provider, password="wrong") as validator:
        with pytest.raises(ProviderRefused, match=r"HTTP 401.*Check user name"):
            validator.validate(CEDAR)
        with pytest.raises(ProviderRefused):
            validator.check_access()


def test_nobody_listening_is_unreachable(free_port):
    with opened(f"http://127.0.0.1:{free_port}/") as validator:
        result = validator.validate(CEDAR)

        assert (result.verdict, result.message[:13]) == (Verdict.UNREACHABLE, "No connection")
        with pytest.raises(ProviderUnreachable):
            validator.check_access()


def test_provider_of_another_dialect_is_unreachable(provider):
    with opened(provider.replace("/v1", "/v9")) as validator:
        result = validator.validate(CEDAR)

    assert (result.verdict, result.message) == (
        Verdict.UNREACHABLE,
        "The provider answered HTTP 404 Not Found",
    )


def test_rate_above_the_provider_limit_is_unreachable_and_says_so():
    with simulator("--rate", "3") as url, opened(url, username="") as validator:
        results = [validator.validate(CEDAR) for _ in range(4)]

    assert [each.verdict for each in results] == [*[Verdict.VALID] * 3, Verdict.UNREACHABLE]
    assert "Lower the configured rate" in results[3].message


def test_configured_rate_keeps_the_provider_content():
    # A quarter of slack for a busy machine; the law itself is proved with a clock of its own.
    with simulator("--rate", "20") as url, opened(url, rate_per_second=15) as validator:
        began = time.monotonic()
        verdicts = {validator.validate(CEDAR).verdict for _ in range(31)}

    assert verdicts == {Verdict.VALID}
    assert time.monotonic() - began >= 2.0
