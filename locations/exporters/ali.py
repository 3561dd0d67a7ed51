"""ALI records in NENA's data exchange format 2.1 (NENA 02-010, now NENA-STA-015): 512 bytes each.

A file is a header, one record per telephone number and a trailer, ASCII in upper case, each ended
by CRLF.  Pure: rows in, text out.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from locations.domain.addresses import StreetAddress
from locations.domain.display import plain
from locations.domain.msag_records import MSAGRange

RECORD_LENGTH = 512
END_OF_RECORD = "*"
RELEASE, VERSION = "2.1", "2"
#: 1-based first and last column of each field that we fill.
COLUMNS: dict[str, tuple[int, int]] = {
    "function": (1, 1), "npa": (2, 4), "number": (5, 11), "house_number": (12, 21),
    "house_number_suffix": (22, 25), "prefix_directional": (26, 27), "street": (28, 87),
    "street_suffix": (88, 91), "post_directional": (92, 93), "community": (94, 125),
    "state": (126, 127), "location": (128, 187), "customer_name": (188, 219),
    "class_of_service": (220, 220), "type_of_service": (221, 221), "exchange": (222, 225),
    "esn": (226, 230), "main_npa": (231, 233), "main_number": (234, 240),
    "extract_date": (251, 256), "county_id": (257, 260), "company_id": (261, 265),
    "source_id": (266, 266), "zip": (267, 271), "zip_4": (272, 275), "longitude": (320, 328),
    "latitude": (329, 337), "expanded_date": (387, 394), "end": (512, 512),
}  # fmt: skip
HEADER: dict[str, tuple[int, int]] = {
    "indicator": (1, 5), "extract_date": (6, 11), "company": (12, 61), "cycle": (62, 67),
    "county_id": (68, 71), "state": (72, 73), "general": (74, 93), "release": (94, 96),
    "version": (97, 97), "expanded_date": (98, 105), "end": (512, 512),
}  # fmt: skip
TRAILER: dict[str, tuple[int, int]] = {
    "indicator": (1, 5), "extract_date": (6, 11), "company": (12, 61), "count": (62, 70),
    "expanded_date": (71, 78), "end": (512, 512),
}  # fmt: skip
INSERT, INITIAL_LOAD, BUSINESS, NOT_PRIVATE = "I", "C", "2", "0"
_NANP = re.compile(r"\+1([2-9][0-9]{2})([2-9][0-9]{6})")
_POSTAL_CODE = re.compile(r"([0-9]{5})(?:-?([0-9]{4}))?")


@dataclass(frozen=True, slots=True)
class Line:
    """A telephone number and where whoever calls from it is."""

    number: str
    name: str
    location: str
    address: StreetAddress
    latitude: str = ""
    longitude: str = ""
    msag: MSAGRange | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who delivers the file: its name, and the id that NENA gave it (five characters)."""

    name: str
    company_id: str = ""


def is_nanp(number: str) -> bool:
    """Tell whether a number is one of the North American plan; records hold no other."""
    return _NANP.fullmatch(number) is not None


def fields_of(line: Line, sender: Sender, day: date) -> dict[str, str]:
    """Return the content of a record, of any length. Raises ``ValueError`` for a foreign number."""
    found = _NANP.fullmatch(line.number)
    if found is None:
        raise ValueError(f"{line.number} is not a number of the North American plan.")
    npa, number = found.groups()
    address = line.address
    postal = _POSTAL_CODE.fullmatch(address.pc)
    msag = line.msag
    return {
        "function": INSERT, "npa": npa, "number": number, "house_number": address.hno,
        "house_number_suffix": address.hns, "prefix_directional": address.prd,
        "street": address.rd, "street_suffix": address.sts, "post_directional": address.pod,
        "community": address.msag_community or address.a3, "state": address.a1,
        "location": line.location, "customer_name": line.name, "class_of_service": BUSINESS,
        "type_of_service": NOT_PRIVATE, "exchange": msag.exchange if msag else "",
        "esn": msag.esn if msag else "", "main_npa": npa, "main_number": number,
        "extract_date": f"{day:%m%d%y}", "county_id": msag.county_id if msag else "",
        "company_id": sender.company_id, "source_id": INITIAL_LOAD,
        "zip": postal[1] if postal else "", "zip_4": (postal[2] or "") if postal else "",
        "longitude": _degrees(line.longitude), "latitude": _degrees(line.latitude),
        "expanded_date": f"{day:%Y%m%d}", "end": END_OF_RECORD,
    }  # fmt: skip


def file_lines(records: Iterable[dict[str, str]], sender: Sender, day: date) -> Iterator[str]:
    """Yield header, records (as ``fields_of`` gives them) and trailer, with their line ends."""
    common = {
        "extract_date": f"{day:%m%d%y}",
        "company": sender.name,
        "expanded_date": f"{day:%Y%m%d}",
        "end": END_OF_RECORD,
    }
    header = {"indicator": "UHL", "cycle": f"{1:6}", "release": RELEASE, "version": VERSION}
    yield record({**common, **header}, HEADER)
    count = 0
    for content in records:
        yield record(content, COLUMNS)
        count += 1
    yield record({**common, "indicator": "UTL", "count": f"{count:09}"}, TRAILER)


def record(content: dict[str, str], columns: dict[str, tuple[int, int]]) -> str:
    """Return one record: each field left-justified in its columns, cut where it is too long."""
    cells = [" "] * RECORD_LENGTH
    for name, text in content.items():
        first, last = columns[name]
        width = last - first + 1
        given = text if name == "cycle" else plain(text)
        cells[first - 1 : last] = given[:width].ljust(width)
    return "".join(cells) + "\r\n"


def too_long(content: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    """Yield name, text and width of each field that is cut."""
    for name, text in content.items():
        first, last = COLUMNS[name]
        if len(plain(text)) > last - first + 1:
            yield name.replace("_", " "), text, last - first + 1


def _degrees(text: str) -> str:
    """Return degrees in the nine columns that they have: sign, and as many decimals as fit."""
    return f"{float(text):+.9f}"[:9] if text else ""
