"""What a dispatcher's screen shows of a place.

The location field of an ALI record has 60 characters (NENA 02-010, columns 128 to 187); providers
and older screens show the first 20 of them, which is also all that Lync keeps.  Records are ASCII
capitals, so a text is cut after it was written in these.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

#: What the narrowest screens show of the location, and what a record holds of it.
NARROW, WIDE = 20, 60
#: Columns of the customer's name in a record, and of the community.
NAME_WIDTH, COMMUNITY_WIDTH = 32, 32
#: Civic elements inside of a building with the word that goes before them (RFC 5139).
_INSIDE = {"BLD": "", "FLR": "Floor ", "UNIT": "Unit ", "ROOM": "Room ", "SEAT": "Seat "}


def inside(civic: Mapping[str, str]) -> dict[str, str]:
    """Return the elements inside the building that ``civic`` has, in words.

    A unit that says what it is keeps its own word.

    >>> inside({"FLR": "2", "UNIT": "Suite 100"})
    {'FLR': 'Floor 2', 'UNIT': 'Suite 100'}
    """
    given = {name: civic[name] for name in _INSIDE if civic.get(name)}
    named = {"UNIT"} if " " in given.get("UNIT", "") else set()
    return {
        name: text if name in named else f"{_INSIDE[name]}{text}" for name, text in given.items()
    }


def location_text(civic: Mapping[str, str]) -> str:
    """Return the place in one text: LOC, else what building, floor, unit, room and seat come to."""
    return civic.get("LOC") or ", ".join(inside(civic).values())


def dispatcher_text(psap_text: str, civic: Mapping[str, str]) -> str:
    """Return what is sent for the dispatcher's location field, of any length."""
    return psap_text or location_text(civic)


def plain(text: str) -> str:
    """Return a text in the ASCII capitals of a record; ``½`` and accents are written out."""
    flat = unicodedata.normalize("NFKD", text.replace("½", " 1/2")).replace("\u2044", "/")
    kept = flat.encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", kept).split()).upper()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen: its name, what is read, and what was cut off."""

    label: str
    shown: str
    cut: str = ""


def line(label: str, text: str, width: int) -> Line:
    """Return a text as a field of ``width`` columns shows it."""
    written = plain(text)
    return Line(label, written[:width], written[width:])


def screen(psap_text: str, civic: Mapping[str, str]) -> list[Line]:
    """Return what dispatchers read of a place, given its display text and its civic elements."""
    street = ("HNO", "HNS", "PRD", "RD", "STS", "POD")
    text = dispatcher_text(psap_text, civic)
    return [
        line("Name", civic.get("NAM", ""), NAME_WIDTH),
        Line("Address", plain(" ".join(civic.get(name, "") for name in street))),
        line("Community", civic.get("A3", ""), COMMUNITY_WIDTH),
        Line("State, postal code", plain(f"{civic.get('A1', '')} {civic.get('PC', '')}")),
        line(f"Location, {NARROW} characters", text, NARROW),
        line(f"Location, {WIDE} characters", text, WIDE),
    ]
