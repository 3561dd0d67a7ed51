"""Civic profiles: the dialects of ``civicAddress`` that trunks and consumers read.

CLDXF-US (NENA-STA-004) retires elements of RFC 5139 and adds its own through RFC 6848; Lync, Teams
and older providers still read ``NAM`` and ``LOC``.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from locations.domain import display
from locations.domain.addresses import in_civic_order


class Profile(StrEnum):
    """How a consumer wants its civic address written."""

    CLDXF = "cldxf"
    RFC5139 = "rfc5139"
    MICROSOFT = "microsoft"


#: Elements of RFC 6848 and of NENA, with their namespaces; they follow those of RFC 5139.
EXTENSIONS: dict[str, str] = {
    "HNP": "urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr:ext",
    "UNIT_PRETYPE": "urn:nena:xml:ns:pidf:nenaCivicAddr2",
    "UNIT_VALUE": "urn:nena:xml:ns:pidf:nenaCivicAddr2",
}
#: Retired in CLDXF-US.
_RETIRED = {"A6", "LMK", "POBOX", "ADDCODE", "RDSEC", "RDBR", "RDSUBBR", "UNIT", "NAM"}
_HOUSE_NUMBER = re.compile(r"(.*?)(\d+)(\D*)", re.DOTALL)


def civic_in_profile(elements: Mapping[str, str], profile: Profile) -> dict[str, str]:
    """Return the civic elements as ``profile`` writes them, in the order in which they are written.

    Elements of RFC 5139 come in its order, then extensions.  Nothing that tells responders where to
    go is dropped: CLDXF moves ``UNIT`` into its own elements, Microsoft repeats floor and room in
    ``LOC`` when that is empty.
    """
    civic = _in_order(elements)
    if profile is Profile.CLDXF:
        return _cldxf(civic)
    if profile is Profile.MICROSOFT and "LOC" not in civic:
        return _in_order({**civic, "LOC": "/".join(display.inside(civic).values())})
    return civic


def _cldxf(civic: dict[str, str]) -> dict[str, str]:
    kept = {name: text for name, text in civic.items() if name not in _RETIRED}
    number = _HOUSE_NUMBER.fullmatch(civic.get("HNO", ""))
    if number:
        # Add_Number is an integer: the last run of digits; what surrounds it is prefix and suffix.
        prefix, kept["HNO"], suffix = number.groups()
        kept["HNP"] = civic.get("HNP", "") + prefix
        kept["HNS"] = suffix + civic.get("HNS", "")
    if "UNIT" in civic:
        pretype, _, value = civic["UNIT"].rpartition(" ")
        kept |= {"UNIT_PRETYPE": pretype, "UNIT_VALUE": value}
    return _in_order(kept)


def _in_order(elements: Mapping[str, str]) -> dict[str, str]:
    extensions = {name: elements[name] for name in EXTENSIONS if elements.get(name)}
    return in_civic_order(elements) | extensions
