"""What a dispatcher's screen shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain import display

CIVIC = {"HNO": "12345", "PRD": "N", "RD": "Cedar", "STS": "Dr", "A3": "New York", "A1": "NY",
         "PC": "98765", "NAM": "UnplugThePBX"}  # fmt: skip


@pytest.mark.parametrize(
    ("psap_text", "inside", "expected"),
    [
        ("2ND FL WIRED", {"LOC": "New York Wired", "FLR": "2"}, "2ND FL WIRED"),
        ("", {"LOC": "New York Wired", "FLR": "2"}, "New York Wired"),
        ("", {"ROOM": "210", "FLR": "2", "BLD": "Annex"}, "Annex, Floor 2, Room 210"),
        ("", {"UNIT": "B", "SEAT": "7"}, "Unit B, Seat 7"),
        ("", {"UNIT": "Suite 100"}, "Suite 100"),
        ("", {}, ""),
    ],
    ids=[
        "display text first",
        "then LOC",
        "then the parts",
        "other parts",
        "unit with its word",
        "nothing",
    ],
)
def test_what_is_sent_for_the_dispatcher(
    psap_text: str, inside: dict[str, str], expected: str
) -> None:
    assert display.dispatcher_text(psap_text, {**CIVIC, **inside}) == expected


def test_screen_of_a_place_whose_location_is_too_long() -> None:
    lines = display.screen("", {**CIVIC, "LOC": "New York 3rd Floor Wireless"})

    assert lines == [
        display.Line("Name", "UNPLUGTHEPBX"),
        display.Line("Address", "12345 N CEDAR DR"),
        display.Line("Community", "NEW YORK"),
        display.Line("State, postal code", "NY 98765"),
        display.Line("Location, 20 characters", "NEW YORK 3RD FLOOR W", "IRELESS"),
        display.Line("Location, 60 characters", "NEW YORK 3RD FLOOR WIRELESS"),
    ]


def test_text_is_cut_as_it_is_written_in_a_record() -> None:
    # 20 characters as typed, 22 as written.
    assert display.line("", "Büro ½ Obergeschoss½", 20) == display.Line(
        "", "BURO 1/2 OBERGESCHOS", "S 1/2"
    )


@given(st.text(max_size=120), st.integers(min_value=1, max_value=80))
def test_nothing_is_lost_between_what_is_shown_and_what_is_cut(text: str, width: int) -> None:
    line = display.line("", text, width)

    assert line.shown + line.cut == display.plain(text)
    assert len(line.shown) <= width
    assert not line.cut or len(line.shown) == width
