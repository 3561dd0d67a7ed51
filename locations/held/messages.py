"""HELD messages as values: RFC 5985, with device identity (6155), measurements (7105), location
URIs (6753) and routing information (7840)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from locations.domain.resolution import Clue, Evidence, Resolution, Tier

HELD = "urn:ietf:params:xml:ns:geopriv:held"
HELD_ID = "urn:ietf:params:xml:ns:geopriv:held:id"
HELD_FLOW = "urn:ietf:params:xml:ns:geopriv:held:flow"
HELD_RI = "urn:ietf:params:xml:ns:geopriv:held:ri"
MEASUREMENTS = "urn:ietf:params:xml:ns:geopriv:lm"
MEDIA_TYPE = "application/held+xml"

#: Older measurements are evidence of an earlier moment and yield to what the request itself shows.
PRESENT = timedelta(minutes=10)
#: The tiers of what a device measures; the others follow from what the network knows.
_MEASURED: frozenset[Tier | None] = frozenset(("bssid", "port", "chassis"))

#: What an identifier can be looked up as.
IdentityField = Literal["ip", "mac", "uri"]
#: The identifiers that find a device here; what a ``badIdentifier`` error asks for.
REQUIRED: tuple[str, ...] = ("ip", "mac", "uri")
_FIELD_OF_TIER: dict[Tier | None, IdentityField] = {
    "subnet": "ip",
    "site_default": "ip",
    "mac": "mac",
    "endpoint": "uri",
}


class HELDError(Exception):
    """An answer that is an ``error`` document; HTTP carries it with status 200 like any other.

    ``code`` is one of RFC 5985 §6.3 or RFC 6155 §3.2; ``required`` names the identifiers that a
    ``badIdentifier`` request lacks; ``measure`` asks the device for what it hears (RFC 7105 §4).
    """

    def __init__(
        self, code: str, message: str, required: tuple[str, ...] = (), *, measure: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.required = required
        self.measure = measure


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier of a ``device``: its element, its text there, and what is looked up by it."""

    kind: str
    text: str
    field: IdentityField
    value: str


@dataclass(frozen=True, slots=True)
class Device:
    """The usable part of a ``device`` element; the first identifier of each field counts."""

    identifiers: tuple[Identifier, ...]

    def value(self, field: IdentityField) -> str | None:
        """Return the canonical identifier of that field, if one was given."""
        return next((found.value for found in self.identifiers if found.field == field), None)

    def used(self, tier: Tier | None) -> "Device":
        """Return the identifiers by which ``tier`` found the device; all, if it used none."""
        field = _FIELD_OF_TIER.get(tier)
        used = tuple(found for found in self.identifiers if found.field == field)
        return Device(used or self.identifiers)


@dataclass(frozen=True, slots=True)
class LocationRequest:
    """A ``locationRequest``.

    ``types`` are of ``civic``, ``geodetic`` and ``locationURI``, in the order asked; empty stands
    for ``any``.  ``response_time`` is in milliseconds or one of the two words for emergencies.
    ``bssids`` begin with the serving access point.  ``routing`` is the service whose destination is
    asked for.  ``measured_at`` and ``measured_until`` are what the device says of its measurements:
    when they were made, and how long they may be kept (RFC 7105 §4.1).  ``ignored`` says what was
    given but not understood, one line each.
    """

    types: tuple[str, ...] = ()
    exact: bool = False
    response_time: int | str | None = None
    device: Device | None = None
    chassis: str | None = None
    port: str | None = None
    port_subtype: int | None = None
    bssids: tuple[str, ...] = ()
    routing: str | None = None
    measured_at: datetime | None = None
    measured_until: datetime | None = None
    ignored: tuple[str, ...] = ()

    @property
    def measured(self) -> bool:
        """Whether the device says what it hears or is plugged into."""
        return bool(self.bssids or self.chassis)

    def seen_at(self, found: Resolution, at: datetime) -> datetime:
        """Return of when the evidence of ``found`` is, ``at`` being what the search knows."""
        if self.measured_at and found.tier in _MEASURED:
            return min(self.measured_at, at)
        return at

    def is_third_party(self, source_ip: str) -> bool:
        """Return whether this asks about another device than the one at ``source_ip`` (canonical).

        A device identified by nothing but the address it asks from is itself (RFC 6155 §4).
        """
        return self.device is not None and any(
            found.field != "ip" or found.value != source_ip for found in self.device.identifiers
        )


@dataclass(frozen=True, slots=True)
class LocationURIs:
    """References to a location (RFC 6753) and when they end."""

    uris: tuple[str, ...]
    expires: datetime


@dataclass(frozen=True, slots=True)
class Route:
    """Where calls for a service leave to from the location that is answered (RFC 7840)."""

    service: str
    destinations: tuple[str, ...]


def to_clue(request: LocationRequest, source_ip: str) -> Clue:
    """Return the clue in a request that came from ``source_ip`` (canonical).

    The source address is evidence only when the device asks about itself.
    """
    device = request.device
    return Clue(
        bssids=request.bssids,
        chassis=request.chassis,
        port=request.port,
        port_subtype=request.port_subtype,
        ip=device.value("ip") if device else source_ip,
        mac=device.value("mac") if device else None,
        uri=device.value("uri") if device else None,
    )


def by_age(request: LocationRequest, clue: Clue, now: datetime) -> tuple[Clue, Evidence | None]:
    """Return what of ``clue`` is of this moment, and apart from it what was measured earlier.

    So a port that a device saw an hour ago loses to the subnet in which it is now.
    """
    if request.measured_at is None or now - request.measured_at <= PRESENT:
        return clue, None
    earlier = Clue(clue.bssids, clue.chassis, clue.port, clue.port_subtype)
    present = replace(clue, bssids=(), chassis=None, port=None, port_subtype=None)
    return present, Evidence(earlier, request.measured_at)


def source_of(found: Resolution, *, third_party: bool = False) -> str:
    """Return whose measurements led to a location, in the words of RFC 7105 §4.4.

    What a device says of its surroundings is not checked against anything, and a recipient may want
    to know that.
    """
    if found.via in _MEASURED:
        return "other" if third_party and found.tier != "last_known" else "device"
    return "lis"
