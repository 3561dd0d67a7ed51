"""Records of a Master Street Address Guide: NENA 02-010, exchange format 2.1, 200 bytes each."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from locations.domain.streets import Street, street

RECORD_LENGTH = 200
_END_OF_RECORD = "*"
#: 1-based first and last column of each field of the version 2.1 record.
_COLUMNS: dict[str, tuple[int, int]] = {
    "prd": (1, 2), "rd": (3, 62), "sts": (63, 66), "pod": (67, 68), "low": (69, 78),
    "high": (79, 88), "community": (89, 120), "state": (121, 122), "parity": (123, 123),
    "esn": (124, 128), "extract_date": (129, 134), "psap_id": (135, 138), "county_id": (139, 142),
    "exchange": (143, 146), "general": (147, 166), "tar": (167, 172), "function": (173, 173),
    "reserved": (174, 191), "expanded_date": (192, 199),
}  # fmt: skip
_PARITY = {"O": "odd", "E": "even", "B": "odd and even"}
_NUMBER = re.compile(r"(.*?)(\d+)")
_ZIP = re.compile(r"ZIP (\w+)")


@dataclass(frozen=True, slots=True)
class MSAGRange:
    """One record: the house numbers ``low`` to ``high`` of one street in one community.

    ``parity`` is O (odd), E (even) or B (both); ``extract_date`` is MMDDYY, ``expanded_date``
    CCYYMMDD; ``function`` is the function of change.  ``general`` is the area left to agreement
    between sender and receiver: ``ZIP 98765`` there gives the range its postal code, for which
    version 2.1 has no field.
    """

    rd: str
    low: str
    high: str
    community: str
    state: str
    prd: str = ""
    sts: str = ""
    pod: str = ""
    parity: str = "B"
    esn: str = ""
    extract_date: str = ""
    psap_id: str = ""
    county_id: str = ""
    exchange: str = ""
    general: str = ""
    tar: str = ""
    function: str = ""
    reserved: str = ""
    expanded_date: str = ""

    @property
    def postal_code(self) -> str:
        """Return the postal code agreed in the general-use area, or an empty text."""
        found = _ZIP.match(self.general)
        return found[1] if found else ""

    def canonical_street(self) -> Street:
        """Return the street in Publication 28 form, however the record splits it."""
        return street(f"{self.prd} {self.rd} {self.sts} {self.pod}")

    def takes(self, house_number: str) -> bool:
        """Tell whether the house number lies in the range and has its parity.

        What precedes the last run of digits (``N89W`` of ``N89W16758``, ``194-`` of ``194-03``)
        must be the same.
        """
        house, low, high = _split(house_number), _split(self.low), _split(self.high)
        if house is None or low is None or high is None or not low[0] == house[0] == high[0]:
            return False
        return low[1] <= house[1] <= high[1] and self.parity in ("B", "EO"[house[1] % 2])

    def describe(self) -> str:
        """Return the range for people: ``12001-12999 odd of N CEDAR DR in NEW YORK``."""
        numbers = f"{self.low}-{self.high} {_PARITY[self.parity]}"
        return f"{numbers} of {self.canonical_street().line()} in {self.community}"


def parse_record(line: str) -> MSAGRange:
    """Return the range of one record; raise ValueError that names the field and its columns."""
    record = line.rstrip("\r\n")
    if len(record) != RECORD_LENGTH or record[-1] != _END_OF_RECORD:
        raise ValueError(
            f"an MSAG record has {RECORD_LENGTH} characters and ends with “{_END_OF_RECORD}”; "
            f"this line has {len(record)}"
        )
    values = {name: record[first - 1 : last].strip() for name, (first, last) in _COLUMNS.items()}
    for name in ("rd", "low", "high", "community", "state"):
        if not values[name]:
            raise ValueError(f"{_where(name)} is empty")
    if values["parity"] not in _PARITY:
        raise ValueError(f"{_where('parity')} must be O, E or B, not “{values['parity']}”")
    low, high = _split(values["low"]), _split(values["high"])
    if low is None or high is None or low[0] != high[0] or low[1] > high[1]:
        raise ValueError(f"{values['low']} to {values['high']} is not a range of house numbers")
    return MSAGRange(**values)


def format_record(msag_range: MSAGRange) -> str:
    """Return the record without line end; raise ValueError for what does not fit its field."""
    columns = [" "] * RECORD_LENGTH
    for name, (first, last) in _COLUMNS.items():
        value: str = getattr(msag_range, name)
        width = last - first + 1
        if len(value) > width or not value.isascii():
            raise ValueError(f"“{value}” does not fit {_where(name)}: {width} ASCII characters")
        columns[first - 1 : last] = value.ljust(width)
    columns[-1] = _END_OF_RECORD
    return "".join(columns)


def read_records(lines: Iterable[str]) -> Iterator[MSAGRange]:
    """Yield the ranges of a file; header (UHL), trailer (UTL) and blank lines are skipped.

    Raises ValueError that names the line.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith(("UHL", "UTL")):
            continue
        try:
            yield parse_record(line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error


def _split(house_number: str) -> tuple[str, int] | None:
    found = _NUMBER.fullmatch(house_number.strip().upper())
    return (found[1], int(found[2])) if found else None


def _where(name: str) -> str:
    first, last = _COLUMNS[name]
    return f"field {name.replace('_', ' ')} (columns {first}-{last})"
