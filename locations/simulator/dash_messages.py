"""Messages of the DASH dialect: locations, statuses and telephone numbers, from and to XML."""

import re
from dataclasses import dataclass, replace

from lxml import etree

from locations.domain.streets import house_and_street
from locations.simulator.soap import XSI, SOAPFault

NAMESPACE = "http://dashcs.com/api/v1/emergency"

#: Longest text the provider takes per element.
LIMITS = {
    "callername": 75,
    "address1": 150,
    "address2": 60,
    "community": 50,
    "state": 2,
    "postalcode": 10,
}
#: Order of the schema; an element without a value is written nil, as the provider does.
_ORDER = (
    "activatedtime", "address1", "address2", "callername", "comments", "community",
    "customerorderid", "latitude", "legacydata", "locationid", "longitude", "plusfour",
    "postalcode", "state", "status", "type", "updatetime",
)  # fmt: skip
_GIVEN = (
    "address1", "address2", "callername", "comments", "community", "customerorderid",
    "plusfour", "postalcode", "state", "type",
)  # fmt: skip
_NORTH_AMERICAN = re.compile(r"1[2-9]\d{2}[2-9]\d{6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Location:
    """An address at the provider, with its life-cycle status ``code`` and its ``description``.

    Times are ISO 8601 texts in UTC, empty while nothing happened.
    """

    address1: str = ""
    address2: str = ""
    callername: str = ""
    comments: str = ""
    community: str = ""
    customerorderid: str = ""
    plusfour: str = ""
    postalcode: str = ""
    state: str = ""
    type: str = "ADDRESS"
    locationid: str = ""
    latitude: float | None = None
    longitude: float | None = None
    activatedtime: str = ""
    updatetime: str = ""
    code: str = ""
    description: str = ""


def child_text(parent: etree._Element, name: str) -> str:
    """Return the text of an unqualified child element, empty if there is none."""
    return (parent.findtext(name) or "").strip()


def read_location(operation: etree._Element) -> Location:
    """Return the location of a request, its children in any order.

    Raises the ParseException fault if it is missing or its children are in a namespace.
    """
    element = operation.find("location")
    if element is None:
        raise parse_exception("location is missing; local elements have no namespace")
    for child in element:
        if etree.QName(child).namespace:
            raise parse_exception(f"{child.tag} must have no namespace")
    given = {name: text for name in _GIVEN if (text := child_text(element, name))}
    return replace(Location(), **given)  # type: ignore[arg-type]  # all of _GIVEN are texts


def read_number(text: str) -> str:
    """Return a telephone number as 1NPANXXXXXX from ``tel:+1…``, ``+1…`` or ``1…``.

    Raises the ParseException fault for anything else.
    """
    digits = text.strip().removeprefix("tel:").removeprefix("+")
    if not _NORTH_AMERICAN.fullmatch(digits):
        raise parse_exception(f"the URI must have the form 1NPANXXXXXX, not {text!r}")
    return digits


def parse_exception(message: str) -> SOAPFault:
    """Return the fault for a request that the provider cannot read."""
    return SOAPFault("Client", message, "ParseException")


def response(operation: str) -> etree._Element:
    """Return the empty response element of an operation."""
    return etree.Element(f"{{{NAMESPACE}}}{operation}Response", nsmap={"ns0": NAMESPACE})


def add_location(parent: etree._Element, name: str, location: Location) -> None:
    """Append a location in schema order."""
    element = etree.SubElement(parent, name)
    for each in _ORDER:
        if each == "status":
            add_status(element, "status", location.code, location.description)
        elif each == "legacydata":
            _add_legacy_data(element, location.address1)
        else:
            _add_value(element, each, getattr(location, each))


def add_status(parent: etree._Element, name: str, code: str, description: str) -> None:
    """Append a status such as GEOCODED, with words for people."""
    status = etree.SubElement(parent, name)
    etree.SubElement(status, "code").text = code
    etree.SubElement(status, "description").text = description


def add_uri(parent: etree._Element, number: str, callername: str) -> None:
    """Append a telephone number and the name it is registered under."""
    uri = etree.SubElement(parent, "uris")
    etree.SubElement(uri, "callername").text = callername
    etree.SubElement(uri, "uri").text = number


def _add_value(parent: etree._Element, name: str, value: str | float | None) -> None:
    child = etree.SubElement(parent, name)
    if value in ("", None):
        child.set(f"{{{XSI}}}nil", "true")
    else:
        child.text = str(value)


def _add_legacy_data(parent: etree._Element, address1: str) -> None:
    number, suffix, street = house_and_street(address1)
    legacy = etree.SubElement(parent, "legacydata")
    name = " ".join(part for part in (street.name, street.sts, street.pod) if part)
    _add_value(legacy, "housenumber", number + suffix)
    _add_value(legacy, "predirectional", street.prd)
    _add_value(legacy, "streetname", name)
    _add_value(legacy, "suite", "")
