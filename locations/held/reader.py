"""Reads HELD requests (RFC 5985 §6) leniently: by root element and local names.

A device that asks during an emergency is answered with what can be made of its request; only what
is not XML, not a location request, or about nobody is refused.
"""

from collections.abc import Callable
from functools import partial

from lxml import etree

from locations.domain import identifiers
from locations.domain.pidflo import PIDFError, local_name, parse_xml, text_of
from locations.held import measurements
from locations.held.messages import Device, HELDError, LocationRequest

LOCATION_TYPES = ("civic", "geodetic", "locationURI")
EMERGENCY_TIMES = ("emergencyRouting", "emergencyDispatch")
#: The identifiers of RFC 6155 by which a device can be found, and the field each one fills.
_IDENTIFIERS: dict[str, tuple[str, Callable[[str], str]]] = {
    "ip": ("ip", identifiers.ip),
    "mac": ("mac", identifiers.mac),
    "uri": ("uri", identifiers.uri),
    "msisdn": ("uri", lambda digits: identifiers.uri(f"tel:+{digits.lstrip('+')}")),
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
    return _Request(root).read()


class _Request:
    """One document being read; collects what had to be ignored."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.ignored: list[str] = []
        self.named: dict[str, list[etree._Element]] = {}
        for element in root.iter(etree.Element):
            self.named.setdefault(local_name(element), []).append(element)

    def read(self) -> LocationRequest:
        types, exact = self.location_type(self.first("locationType"))
        device = self.first("device")
        chassis, port, port_subtype = self.lldp()
        return LocationRequest(
            types=types,
            exact=exact,
            response_time=self.response_time(),
            device=None if device is None else self.device(device),
            chassis=chassis,
            port=port,
            port_subtype=port_subtype,
            bssids=self.bssids(),
            ignored=tuple(self.ignored),
        )

    def first(self, name: str) -> etree._Element | None:
        return self.named[name][0] if name in self.named else None

    def understood(self, name: str, value: str, canonical: Callable[[str], str]) -> str | None:
        try:
            return canonical(value)
        except ValueError:
            self.ignored.append(f"{name} “{value[:64]}” ignored: it is not one")
            return None

    def response_time(self) -> int | str | None:
        given = self.root.get("responseTime", "").strip()
        if given in EMERGENCY_TIMES:
            return given
        return int(given) if given.isdecimal() and len(given) < 10 else None

    def location_type(self, element: etree._Element | None) -> tuple[tuple[str, ...], bool]:
        if element is None:
            return (), False
        words = text_of(element).split()
        if "any" in words:
            return (), False  # RFC 5985 §6.2.2: exact is ignored with any
        exact = element.get("exact", "").strip() in ("true", "1")
        known = tuple(dict.fromkeys(word for word in words if word in LOCATION_TYPES))
        if exact and len(known) < len(set(words)):
            raise HELDError("cannotProvideLiType", f"Exactly “{' '.join(words)}” is not possible.")
        return known, exact

    def device(self, element: etree._Element) -> Device:
        found: dict[str, str] = {}
        for child in element.iterchildren(etree.Element):
            name = local_name(child)
            if name not in _IDENTIFIERS:
                self.ignored.append(f"{name} ignored: no device is found by it")
                continue
            field, canonical = _IDENTIFIERS[name]
            value = self.understood(name, text_of(child), canonical)
            if value:
                found.setdefault(field, value)
        if not found:
            raise HELDError(
                "badIdentifier",
                "None of the identifiers given finds a device here.",
                ("ip", "mac", "uri"),
            )
        return Device(**found)

    def lldp(self) -> tuple[str | None, str | None, int | None]:
        chassis, port, port_subtype = None, None, None
        for lldp in self.named.get("lldp", ()):
            for child in lldp.iterchildren(etree.Element):
                subtype, value = measurements.lldp_value(child)
                if local_name(child) == "chassis" and chassis is None:
                    canonical = partial(measurements.chassis_id, subtype)
                    chassis = self.understood("chassis", value, canonical)
                elif local_name(child) == "port" and port is None:
                    port_subtype = subtype
                    canonical = partial(measurements.port_id, subtype)
                    port = self.understood("port", value, canonical)
        return chassis, port, port_subtype

    def bssids(self) -> tuple[str, ...]:
        given = measurements.serving_first(self.named.get("bssid", ()))
        read = [self.understood("bssid", bssid, identifiers.mac) for bssid in given]
        return tuple(dict.fromkeys(bssid for bssid in read if bssid))[:MAX_ACCESS_POINTS]
