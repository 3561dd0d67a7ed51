"""Civic addresses: identity, lines for people, elements in the order of RFC 5139."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain.addresses import (
    CIVIC_ORDER,
    StreetAddress,
    civic_normal_form,
    in_civic_order,
    missing_elements,
)

CEDAR = StreetAddress(
    country="US", a1="NY", a3="New York", prd="N", rd="Cedar", sts="Dr", hno="12345", pc="98765"
)


@pytest.mark.parametrize(
    ("address", "line"),
    [
        pytest.param(CEDAR, "12345 N Cedar Dr, New York, NY 98765", id="full"),
        pytest.param(StreetAddress(hno="12", hns="1/2", rd="Main"), "12 1/2 Main", id="half"),
        pytest.param(StreetAddress(hno="701", hns="B", rd="Main"), "701B Main", id="letter"),
        pytest.param(StreetAddress(rd="Main", pcn="Postal"), "Main, Postal", id="postal-community"),
        pytest.param(StreetAddress(), "", id="empty"),
    ],
)
def test_one_line(address: StreetAddress, line: str) -> None:
    assert address.one_line() == line


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (StreetAddress.from_mapping({**CEDAR.civic(), "rd": "Cedar"}), False),
        (StreetAddress("us", "ny", a3=" new  york", prd="n", rd="CEDAR", sts="dr", hno="12345",
                       pc="98765"), True),
        (StreetAddress("US", "NY", a3="New York", prd="N", rd="Cedar", sts="Dr", hno="1234",
                       hns="5", pc="98765"), False),
    ],
    ids=["other-names", "case-and-blanks", "digits-in-another-field"],
)  # fmt: skip
def test_normal_form_is_the_identity(other: StreetAddress, same: bool) -> None:
    assert (other.normal_form() == CEDAR.normal_form()) is same


def test_civic_has_only_what_is_set_in_schema_order() -> None:
    assert list(CEDAR.civic().items()) == [
        ("country", "US"),
        ("A1", "NY"),
        ("A3", "New York"),
        ("PRD", "N"),
        ("RD", "Cedar"),
        ("STS", "Dr"),
        ("HNO", "12345"),
        ("PC", "98765"),
    ]


def test_missing_elements_are_named_for_people() -> None:
    assert missing_elements(StreetAddress(country="US", a1="NY", rd="  ")) == (
        "City",
        "Street name",
        "House number",
    )


@given(st.permutations(CIVIC_ORDER))
def test_in_civic_order_does_not_depend_on_the_order_given(names: list[str]) -> None:
    assert tuple(in_civic_order({name: "x" for name in names})) == CIVIC_ORDER


@pytest.mark.parametrize(
    ("civic", "form"),
    [
        pytest.param({"HNO": "12345", "RD": " Cedar  ", "A3": "New  York"},
                     "A3=NEW YORK|RD=CEDAR|HNO=12345", id="order-case-and-blanks"),
        pytest.param({"HNO": "1", "NAM": "2125550100", "FLR": ""}, "HNO=1", id="no-nam-no-empty"),
        pytest.param({"UNIT_VALUE": "1", "HNP": "A", "HNO": "1"}, "HNO=1|HNP=A|UNIT_VALUE=1",
                     id="extensions-last"),
        pytest.param({}, "", id="nothing"),
    ],
)  # fmt: skip
def test_civic_normal_form(civic: dict[str, str], form: str) -> None:
    assert civic_normal_form(civic) == form
