"""The 200-byte record of NENA 02-010 version 2.1."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain.msag_records import MSAGRange, format_record, parse_record, read_records

CEDAR = MSAGRange(
    prd="N", rd="CEDAR", sts="DR", low="12001", high="12999", community="NEW YORK",
    state="NY", parity="O", esn="00212", extract_date="112126", psap_id="NYC1", county_id="061",
    exchange="NYCM", general="ZIP 98765", function="I", expanded_date="20261121",
)  # fmt: skip
RECORD = format_record(CEDAR)


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        pytest.param(1, 2, "N ", id="prefix_directional"),
        pytest.param(3, 62, "CEDAR".ljust(60), id="street"),
        pytest.param(63, 66, "DR  ", id="suffix"),
        pytest.param(69, 78, "12001     ", id="low"),
        pytest.param(79, 88, "12999     ", id="high"),
        pytest.param(89, 120, "NEW YORK".ljust(32), id="community"),
        pytest.param(121, 123, "NYO", id="state_and_parity"),
        pytest.param(124, 128, "00212", id="esn"),
        pytest.param(129, 134, "112126", id="extract_date"),
        pytest.param(135, 138, "NYC1", id="psap"),
        pytest.param(147, 166, "ZIP 98765".ljust(20), id="general_use"),
        pytest.param(173, 173, "I", id="function_of_change"),
        pytest.param(192, 200, "20261121*", id="expanded_date_and_end"),
    ],
)
def test_format_record_puts_each_field_in_its_columns(first, last, text):
    assert (len(RECORD), RECORD[first - 1 : last]) == (200, text)


ascii_words = st.text(alphabet="ABCDEFGHIJ 0123456789", min_size=1, max_size=20).map(str.strip)


@given(
    street=ascii_words.filter(bool),
    community=ascii_words.filter(bool),
    low=st.integers(0, 10**9),
    span=st.integers(0, 10**6),
    parity=st.sampled_from("OEB"),
)
def test_parse_record_reverses_format_record(street, community, low, span, parity):
    made = replace(
        CEDAR,
        rd=street,
        community=community,
        low=str(low),
        high=str(low + span),
        parity=parity,
    )

    assert parse_record(format_record(made) + "\r\n") == made


@pytest.mark.parametrize(
    ("record", "message"),
    [
        pytest.param(RECORD[:-2], "ends with “*”; this line has 198", id="short"),
        pytest.param(RECORD[:-1] + " ", "ends with “*”", id="no_end_of_record"),
        pytest.param(
            "  " + " " * 60 + RECORD[62:], "field rd (columns 3-62) is empty", id="street"
        ),
        pytest.param(RECORD[:122] + "X" + RECORD[123:], "must be O, E or B, not “X”", id="parity"),
        pytest.param(
            RECORD[:68] + "13001     " + RECORD[78:], "13001 to 12999 is not a range", id="reversed"
        ),
    ],
)
def test_parse_record_names_what_is_wrong(record, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_record(record)


def test_format_record_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"state \(columns 121-122\)"):
        format_record(replace(CEDAR, state="New York"))


def test_read_records_skips_header_trailer_and_blank_lines():
    lines = ["UHL  112126", "", RECORD + "\r\n", "UTL  112126"]

    assert list(read_records(lines)) == [CEDAR]


def test_read_records_names_the_line():
    with pytest.raises(ValueError, match="line 2: "):
        list(read_records([RECORD, "nonsense"]))


@pytest.mark.parametrize(
    ("house", "low", "high", "parity", "expected"),
    [
        pytest.param("12345", "12001", "12999", "O", True, id="inside"),
        pytest.param("12001", "12001", "12999", "O", True, id="lower_end"),
        pytest.param("12999", "12001", "12999", "O", True, id="upper_end"),
        pytest.param("12346", "12001", "12999", "O", False, id="wrong_parity"),
        pytest.param("12346", "12000", "12998", "E", True, id="even"),
        pytest.param("12346", "12001", "12999", "B", True, id="both"),
        pytest.param("11999", "12001", "12999", "O", False, id="below"),
        pytest.param("13001", "12001", "12999", "O", False, id="above"),
        pytest.param("194-03", "194-01", "194-99", "O", True, id="hyphenated"),
        pytest.param("195-03", "194-01", "194-99", "O", False, id="other_block"),
        pytest.param("N89W16758", "N89W16000", "N89W17000", "E", True, id="grid"),
        pytest.param("16758", "N89W16000", "N89W17000", "E", False, id="grid_lost"),
        pytest.param("", "1", "9", "B", False, id="no_number"),
    ],
)
def test_range_takes_house_numbers_of_its_block_and_parity(house, low, high, parity, expected):
    assert replace(CEDAR, low=low, high=high, parity=parity).takes(house) is expected


def test_postal_code_comes_from_the_general_use_area():
    assert (CEDAR.postal_code, replace(CEDAR, general="CENTREX").postal_code) == ("98765", "")


def test_describe_reads_like_a_sentence():
    assert CEDAR.describe() == "12001-12999 odd of N CEDAR DR in NEW YORK"
