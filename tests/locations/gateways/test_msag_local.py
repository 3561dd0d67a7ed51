"""Validation against imported ranges."""

from dataclasses import replace

import pytest

from locations.domain.addresses import StreetAddress
from locations.domain.msag_records import MSAGRange
from locations.domain.verdicts import Verdict
from locations.gateways.base import ProviderSettings
from locations.gateways.dialects import DIALECTS, open_validator

CEDAR = StreetAddress(
    country="US", a1="NY", a3="New York", prd="N", rd="Cedar", sts="Dr", hno="12345"
)
RANGES = [
    MSAGRange(
        prd="N", rd="CEDAR", sts="DR", low="12001", high="12999", community="NEW YORK", state="NY",
        parity="O", esn="00212",
    ),
    MSAGRange(prd="S", rd="CEDAR", sts="LN", low="1", high="99", community="NEW YORK", state="NY"),
]  # fmt: skip


@pytest.fixture
def validator():
    return open_validator(ProviderSettings(name="Our MSAG", dialect="msag"), RANGES)


@pytest.mark.parametrize(
    ("address", "verdict", "aspects"),
    [
        pytest.param(CEDAR, Verdict.VALID, {"msag": "valid", "routing": "valid"}, id="valid"),
        pytest.param(
            replace(CEDAR, prd=""),
            Verdict.ADJUSTED,
            {"msag": "adjusted", "routing": "valid"},
            id="adjusted",
        ),
        pytest.param(
            replace(CEDAR, prd="S", sts="Ln", hno="5"),
            Verdict.VALID,
            {"msag": "valid"},
            id="no_esn",
        ),
        pytest.param(
            replace(CEDAR, hno="5"), Verdict.CANDIDATES, {"msag": "candidates"}, id="candidates"
        ),
        pytest.param(replace(CEDAR, rd="Pine"), Verdict.INVALID, {"msag": "invalid"}, id="invalid"),
    ],
)
def test_local_msag_answers_from_the_ranges(validator, address, verdict, aspects):
    result = validator.validate(address)

    assert (result.verdict, result.aspects, result.submitted) == (verdict, aspects, address)


def test_local_msag_names_itself_and_the_reason(validator):
    result = validator.validate(replace(CEDAR, hno="12346"))

    assert (result.provider, result.verdict) == ("Our MSAG", Verdict.INVALID)
    assert result.message.startswith("HNO: 12346 is in no range of the street: 12001-12999 odd")


def test_local_msag_can_always_be_reached(validator):
    assert validator.check_access() is None


def test_open_validator_refuses_an_unknown_dialect():
    with pytest.raises(ValueError, match="Choose one of dash, msag"):
        open_validator(ProviderSettings(name="x", dialect="carrier pigeon"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_open_validator_opens_every_dialect(dialect):
    settings = ProviderSettings(name="x", dialect=dialect, url="http://127.0.0.1:9/")

    validator = open_validator(settings)
    validator.close()

    assert validator.name == "x"
