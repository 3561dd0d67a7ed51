"""Civic addresses (RFC 4776, RFC 5139) and the in-building part of an emergency response location.

One frozen value type serves the MSAG check, the validators, the snapshot and PIDF-LO.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

#: Element order of ``civicAddress`` in RFC 5139; a writer that departs from it is not schema-valid.
CIVIC_ORDER: tuple[str, ...] = (
    "country", "A1", "A2", "A3", "A4", "A5", "A6", "PRM", "PRD", "RD", "STS", "POD", "POM",
    "RDSEC", "RDBR", "RDSUBBR", "HNO", "HNS", "LMK", "LOC", "FLR", "NAM", "PC", "BLD", "UNIT",
    "ROOM", "SEAT", "PLC", "PCN", "POBOX", "ADDCODE",
)  # fmt: skip
_POSITIONS = {name: position for position, name in enumerate(CIVIC_ORDER)}


@dataclass(frozen=True, slots=True)
class StreetAddress:
    """A civic address down to the house number; the unit of validation against the MSAG.

    ``a3`` is the municipality, ``pcn`` the postal community and ``msag_community`` the community
    name of the Master Street Address Guide: three names that often differ.
    """

    country: str = ""
    a1: str = ""
    a2: str = ""
    a3: str = ""
    a6: str = ""
    prd: str = ""
    rd: str = ""
    sts: str = ""
    pod: str = ""
    hno: str = ""
    hns: str = ""
    pc: str = ""
    pcn: str = ""
    msag_community: str = ""

    def normal_form(self) -> str:
        """Return the identity of the address: all elements, case and blanks folded."""
        values = (str(getattr(self, name)) for name in self.__dataclass_fields__)
        return "|".join(" ".join(value.upper().split()) for value in values)

    def street_line(self) -> str:
        """Return the address line a person reads, for example ``12345 N Cedar Dr``."""
        number = f"{self.hno}{' ' if '/' in self.hns else ''}{self.hns}"
        return " ".join(part for part in (number, self.prd, self.rd, self.sts, self.pod) if part)

    def one_line(self) -> str:
        """Return the address on one line, for example ``12345 N Cedar Dr, New York, NY 98765``."""
        city = self.a3 or self.pcn or self.msag_community
        state = " ".join(part for part in (self.a1, self.pc) if part)
        return ", ".join(part for part in (self.street_line(), city, state) if part)

    def civic(self) -> dict[str, str]:
        """Return the PIDF civic elements that are set, in RFC 5139 order."""
        values = {
            "country": self.country, "A1": self.a1, "A2": self.a2, "A3": self.a3, "A6": self.a6,
            "PRD": self.prd, "RD": self.rd, "STS": self.sts, "POD": self.pod, "HNO": self.hno,
            "HNS": self.hns, "PC": self.pc, "PCN": self.pcn,
        }  # fmt: skip
        return in_civic_order(values)

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> "StreetAddress":
        """Return the address made of the entries of ``values`` that name one of its fields."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: str(value or "") for name, value in values.items() if name in known})


def in_civic_order(elements: Mapping[str, str]) -> dict[str, str]:
    """Return the non-empty civic elements in the order that RFC 5139 demands."""
    return {name: elements[name] for name in CIVIC_ORDER if elements.get(name)}


def civic_normal_form(elements: Mapping[str, str]) -> str:
    """Return the identity of a place given by PIDF civic elements, in-building parts included.

    ``A3=NEW YORK|RD=CEDAR|HNO=12345``: elements in RFC 5139 order, then extensions by name; case
    and blanks folded, empty ones left out.  ``NAM`` is left out too: who sits there is not where it
    is, and dialects put telephone numbers (ELINs) into it.
    """
    folded = [
        (_POSITIONS.get(name, len(_POSITIONS)), name, form)
        for name, text in elements.items()
        if name != "NAM" and (form := " ".join(str(text).upper().split()))
    ]
    return "|".join([f"{name}={form}" for _, name, form in sorted(folded)])


#: What must be present before an address can be located at all: the minimum of Lync's own LIS.
REQUIRED_ELEMENTS: tuple[tuple[str, str], ...] = (
    ("country", "Country"),
    ("a1", "State"),
    ("a3", "City"),
    ("rd", "Street name"),
    ("hno", "House number"),
)


def missing_elements(address: StreetAddress) -> tuple[str, ...]:
    """Return the human names of required elements that are empty."""
    return tuple(label for name, label in REQUIRED_ELEMENTS if not getattr(address, name).strip())
