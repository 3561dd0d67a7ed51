"""Reads HELD requests (RFC 5985 §6) leniently: by root element and local names, in one pass.

A device that asks during an emergency is answered with what can be made of its request; only what
is not XML, not a location request, or about nobody is refused.
"""

from collections.abc import Callable

from lxml import etree

from locations.domain import identifiers
from locations.domain.pidflo import PIDFError, local_name, parse_xml, text_of
from locations.held import measurements
from locations.held.messages import (
    REQUIRED,
    Device,
    HELDError,
    Identifier,
    IdentityField,
    LocationRequest,
)

LOCATION_TYPES = ("civic", "geodetic", "locationURI")
EMERGENCY_TIMES = ("emergencyRouting", "emergencyDispatch")
DEFAULT_SERVICE = "urn:service:sos"


def _number(text: str) -> str:
    number = identifiers.phone_number(f"+{text.lstrip('+')}")
    if len(number) < 7:
        raise ValueError(f"“{text}” is too short for a number with its country code.")
    return f"tel:{number}"


#: The identifiers of RFC 6155 by which a device is found, and what each is looked up as.  Ports
#: beside an address (``udpport``…) and names that only a network's own AAA or DNS knows (``nai``,
#: ``fqdn``, ``imsi``…) find nothing here.
_IDENTIFIERS: dict[str, tuple[IdentityField, Callable[[str], str]]] = {
    "ip": ("ip", identifiers.ip),
    "mac": ("mac", identifiers.mac),
    "duid": ("mac", measurements.mac_of_duid),
    "uri": ("uri", identifiers.uri),
    "msisdn": ("uri", _number),
    "mdn": ("uri", _number),
}
#: More access points than a client can sensibly hear cost one search each.
MAX_ACCESS_POINTS = 64


def parse(data: bytes) -> LocationRequest:
    """Return the request in ``data``; the caller limits its size.

    Raises ``HELDError``: ``xmlError`` for what is not well-formed XML or has a document type,
    ``unsupportedMessage`` for another document element, ``cannotProvideLiType`` if exactly an
    unknown type is asked, ``badIdentifier`` for a device that nothing given can find.
    """
    try:
        root = parse_xml(data)
    except PIDFError as error:
        raise HELDError("xmlError", str(error)) from error
    if local_name(root) != "locationRequest":
        raise HELDError("unsupportedMessage", f"{local_name(root)} is not a location request.")
    return _Request().read(root)


class _Request:
    """One document being read; collects what had to be ignored."""

    def __init__(self) -> None:
        self.ignored: list[str] = []
        self.types: tuple[str, ...] = ()
        self.exact = False
        self.found: Device | None = None
        self.routing: str | None = None
        self.lldp: dict[str, str] = {}
        self.relay: dict[str, str] = {}
        self.port_subtype: int | None = None
        self.serving: list[str] = []
        self.others: list[str] = []

    def read(self, root: etree._Element) -> LocationRequest:
        readers = _READERS
        for element in root.iterdescendants():
            tag = element.tag
            read = readers.get(tag[tag.rfind("}") + 1 :])
            if read:
                read(self, element)
        # The switch itself says where it is (LLDP); the relay says it of its clients (option 82).
        wire = self.lldp if "chassis" in self.lldp else self.relay or self.lldp
        return LocationRequest(
            types=self.types,
            exact=self.exact,
            response_time=_response_time(root.get("responseTime")),
            device=self.found,
            chassis=wire.get("chassis"),
            port=wire.get("port"),
            port_subtype=self.port_subtype if wire is self.lldp else None,
            bssids=self.bssids(),
            routing=self.routing,
            ignored=tuple(self.ignored),
        )

    def understood(self, name: str, value: str, canonical: Callable[[str], str]) -> str | None:
        try:
            return canonical(value)
        except ValueError:
            self.ignore(name, value)
            return None

    def ignore(self, name: str, value: str) -> None:
        self.ignored.append(f"{name} “{value[:64]}” ignored: it is not one")

    def location_type(self, element: etree._Element) -> None:
        words = text_of(element).split()
        if "any" in words:
            return  # RFC 5985 §6.2.2: exact is ignored with any
        self.exact = (element.get("exact") or "").strip() in ("true", "1")
        self.types = tuple(dict.fromkeys(word for word in words if word in LOCATION_TYPES))
        if self.exact and len(self.types) < len(set(words)):
            raise HELDError("cannotProvideLiType", f"Exactly “{' '.join(words)}” is not possible.")

    def device(self, element: etree._Element) -> None:
        given: dict[IdentityField, Identifier] = {}
        for child in element.iterchildren(etree.Element):
            kind, text = local_name(child), text_of(child)
            if kind not in _IDENTIFIERS:
                self.ignored.append(f"{kind} ignored: no device is found by it")
                continue
            field, canonical = _IDENTIFIERS[kind]
            value = self.understood(kind, text, canonical)
            if value:
                given.setdefault(field, Identifier(kind, text, field, value))
        if not given:
            message = "None of the identifiers given finds a device here."
            raise HELDError("badIdentifier", message, REQUIRED)
        self.found = self.found or Device(tuple(given.values()))

    def wired(self, element: etree._Element) -> None:
        for child in element.iterchildren():
            name = local_name(child)
            read = _LLDP.get(name)
            if read is None or name in self.lldp:
                continue
            subtype, value = measurements.lldp_value(child)
            if name == "port":
                self.port_subtype = subtype
            try:
                self.lldp[name] = read(subtype, value)
            except ValueError:
                self.ignore(name, value)

    def relayed(self, element: etree._Element) -> None:
        given = {local_name(child): text_of(child) for child in element.iterchildren(etree.Element)}
        if "circuit" in given:
            self.keep(self.relay, "port", given["circuit"], measurements.circuit_id)
        if "remote" in given:
            self.keep(self.relay, "chassis", given["remote"], measurements.remote_id)
        elif "giaddr" in given:
            self.keep(self.relay, "chassis", given["giaddr"], identifiers.ip)

    def keep(
        self, wire: dict[str, str], name: str, value: str, canonical: Callable[[str], str]
    ) -> None:
        found = self.understood(name, value, canonical)
        if found:
            wire.setdefault(name, found)

    def bssid(self, element: etree._Element) -> None:
        serves = measurements.is_serving(element.getparent())
        (self.serving if serves else self.others).append(text_of(element))

    def bssids(self) -> tuple[str, ...]:
        given = (self.serving + self.others)[: 2 * MAX_ACCESS_POINTS]
        read = [self.understood("bssid", bssid, identifiers.mac) for bssid in given]
        return tuple(dict.fromkeys(bssid for bssid in read if bssid))[:MAX_ACCESS_POINTS]

    def routed(self, element: etree._Element) -> None:
        self.routing = (element.get("service") or DEFAULT_SERVICE).strip()


_LLDP: dict[str, Callable[[int | None, str], str]] = {
    "chassis": measurements.chassis_id,
    "port": measurements.port_id,
}
_READERS: dict[str, Callable[[_Request, etree._Element], None]] = {
    "locationType": _Request.location_type,
    "device": _Request.device,
    "lldp": _Request.wired,
    "dhcp-rai": _Request.relayed,
    "bssid": _Request.bssid,
    "requestRoutingInformation": _Request.routed,
}


def _response_time(given: str | None) -> int | str | None:
    text = (given or "").strip()
    if text in EMERGENCY_TIMES:
        return text
    return int(text) if text.isdecimal() and len(text) < 10 else None
