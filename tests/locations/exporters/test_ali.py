"""ALI records of NENA 02-010 version 2.1: every field in its columns."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain.addresses import StreetAddress
from locations.domain.msag_records import MSAGRange
from locations.exporters import ali

DAY = date(2026, 11, 21)
SENDER = ali.Sender("Example Corporation", "EXMPL")
ADDRESS = StreetAddress(
    country="US", a1="NY", a3="New York", prd="N", rd="Cedar", sts="Dr", hno="12345", hns="½",
    pc="98765-4321", msag_community="Manhattan",
)  # fmt: skip
LINE = ali.Line(
    number="+12125550150",
    name="Litware",
    location="Lobby",
    address=ADDRESS,
    latitude="40.741200",
    longitude="-73.989700",
    msag=MSAGRange(
        rd="CEDAR", low="1", high="99999", community="MANHATTAN", state="NY", esn="00123",
        county_id="0061", exchange="NYC1",
    ),
)  # fmt: skip


def cells(text: str, columns: dict[str, tuple[int, int]]) -> dict[str, str]:
    """Return the fields of a record that are filled."""
    found = {name: text[first - 1 : last].strip() for name, (first, last) in columns.items()}
    return {name: value for name, value in found.items() if value}


def test_record_has_each_field_in_its_columns() -> None:
    text = ali.record(ali.fields_of(LINE, SENDER, DAY), ali.COLUMNS)

    assert len(text) == 514
    assert text.endswith("*\r\n")
    assert cells(text, ali.COLUMNS) == {
        "function": "I", "npa": "212", "number": "5550150", "house_number": "12345",
        "house_number_suffix": "1/2", "prefix_directional": "N", "street": "CEDAR",
        "street_suffix": "DR", "community": "MANHATTAN", "state": "NY", "location": "LOBBY",
        "customer_name": "LITWARE", "class_of_service": "2", "type_of_service": "0",
        "exchange": "NYC1", "esn": "00123", "main_npa": "212", "main_number": "5550150",
        "extract_date": "112126", "county_id": "0061", "company_id": "EXMPL", "source_id": "C",
        "zip": "98765", "zip_4": "4321", "longitude": "-73.98970", "latitude": "+40.74120",
        "expanded_date": "20261121", "end": "*",
    }  # fmt: skip


def test_file_has_header_count_and_trailer() -> None:
    contents = [ali.fields_of(LINE, SENDER, DAY)] * 3

    header, *records, trailer = list(ali.file_lines(contents, SENDER, DAY))

    assert len(records) == 3
    assert header[:103] == (
        "UHL  112126EXAMPLE CORPORATION" + " " * 31 + "     1" + " " * 26 + "2.1220261121"
    )[:103].ljust(103)
    assert cells(trailer, ali.TRAILER) == {
        "indicator": "UTL", "extract_date": "112126", "company": "EXAMPLE CORPORATION",
        "count": "000000003", "expanded_date": "20261121", "end": "*",
    }  # fmt: skip


def test_columns_do_not_overlap() -> None:
    for columns in (ali.COLUMNS, ali.HEADER, ali.TRAILER):
        spans = sorted(columns.values())
        assert all(first[1] < second[0] for first, second in pairwise(spans))


@pytest.mark.parametrize(
    "number", ["+442071234567", "+11125550150", "+1212555015", "2125550150"],
    ids=["abroad", "no such area", "short", "not global"],
)  # fmt: skip
def test_other_numbers_are_refused(number: str) -> None:
    assert not ali.is_nanp(number)
    with pytest.raises(ValueError, match="North American"):
        ali.fields_of(ali.Line(number, "", "", ADDRESS), SENDER, DAY)


@given(st.text(), st.text(max_size=80), st.text(max_size=300))
def test_record_is_ascii_of_one_length_whatever_is_in_it(name: str, loc: str, street: str) -> None:
    line = ali.Line("+12125550150", name, loc, StreetAddress(rd=street, hno="1"))

    text = ali.record(ali.fields_of(line, SENDER, DAY), ali.COLUMNS)

    assert len(text.encode("ascii")) == 514
    assert text[:512].isprintable()


def test_what_is_cut_is_told() -> None:
    content = ali.fields_of(ali.Line("+12125550150", "x" * 33, "y" * 60, ADDRESS), SENDER, DAY)

    assert list(ali.too_long(content)) == [("customer name", "x" * 33, 32)]
