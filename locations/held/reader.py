"""Reads HELD requests (RFC 5985 §6) leniently: by root element and local names, in one pass.

A device that asks during an emergency is answered with what can be made of its request; only what
is not XML, not a location request, or about nobody is refused.
"""

from collections.abc import Callable
from datetime import datetime

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
#: What is ours to understand; the same names in other namespaces are somebody's extension, which
#: RFC 5985 §5.1 tells to ignore.
_NAMESPACES = "{urn:ietf:params:xml:ns:geopriv:"
#: More access points than a client can sensibly hear cost one search each.
MAX_ACCESS_POINTS = 64


def parse(data: bytes, now: datetime | None = None) -> LocationRequest:
    """Return the request in ``data``; the caller limits its size.

    Measurements that have expired at ``now``, by what the device says of them, are ignored.

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
    return _Request(now).read(root)


class _Request:
    """One document being read; collects what had to be ignored."""

    def __init__(self, now: datetime | None) -> None:
        self.now = now
        self.is_over = False  # of the measurements being read
        self.measured_at: datetime | None = None
        self.measured_until: datetime | None = None
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
            if read and (tag[0] != "{" or tag.startswith(_NAMESPACES)):
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
            measured_at=self.measured_at,
            measured_until=self.measured_until,
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

    def flow(self, element: etree._Element) -> None:
        # RFC 6915: the device is one end of a flow. Ignoring it would tell where the asker is.
        target = element.get("target") or "src"
        ends = (end for end in element.iterchildren(etree.Element) if local_name(end) == target)
        address = text_of(next((child for end in ends for child in end
                                if local_name(child) == "address"), None))  # fmt: skip
        value = self.understood("flow", address, identifiers.ip)
        if not value:
            raise HELDError("badIdentifier", "The flow names no address of its target.", REQUIRED)
        self.found = self.found or Device((Identifier("ip", address, "ip", value),))

    def measurements(self, element: etree._Element) -> None:
        over = measurements.moment(element.get("expires"))
        at = measurements.moment(element.get("time"))
        self.is_over = bool(over and self.now and over <= self.now)
        if self.is_over:
            self.ignored.append(f"measurements ignored: they expired at {over}")
            return
        # Of several sets the oldest and the shortest count: nothing seems fresher than it is.
        self.measured_at = min(filter(None, (at, self.measured_at)), default=None)
        self.measured_until = min(filter(None, (over, self.measured_until)), default=None)

    def wired(self, element: etree._Element) -> None:
        if self.is_over or "chassis" in self.lldp:
            return  # of several neighbours the first that names itself, with its own port
        found: dict[str, str] = {}
        for child in element.iterchildren(etree.Element):
            name = local_name(child)
            read = _LLDP.get(name)
            if read is None or name in found:
                continue
            subtype, value = measurements.lldp_value(child)
            if name == "port":
                self.port_subtype = subtype
            try:
                found[name] = read(subtype, value)
            except ValueError:
                self.ignore(name, value)
        self.lldp = found

    def relayed(self, element: etree._Element) -> None:
        if self.is_over or "chassis" in self.relay:
            return
        found: dict[str, str] = {}
        given = {local_name(child): text_of(child) for child in element.iterchildren(etree.Element)}
        if "circuit" in given:
            self.keep(found, "port", given["circuit"], measurements.circuit_id)
        if "remote" in given:
            self.keep(found, "chassis", given["remote"], measurements.remote_id)
        elif "giaddr" in given:
            self.keep(found, "chassis", given["giaddr"], identifiers.ip)
        self.relay = found

    def keep(
        self, wire: dict[str, str], name: str, value: str, canonical: Callable[[str], str]
    ) -> None:
        found = self.understood(name, value, canonical)
        if found:
            wire.setdefault(name, found)

    def bssid(self, element: etree._Element) -> None:
        if self.is_over:
            return
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
    "flow": _Request.flow,
    "measurements": _Request.measurements,
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
