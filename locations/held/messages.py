"""HELD messages as values: RFC 5985, with device identity (6155) and measurements (7105)."""

from dataclasses import dataclass
from datetime import datetime

from locations.domain.resolution import Clue

HELD = "urn:ietf:params:xml:ns:geopriv:held"
HELD_ID = "urn:ietf:params:xml:ns:geopriv:held:id"
MEDIA_TYPE = "application/held+xml"


class HELDError(Exception):
    """An answer that is an ``error`` document; HTTP carries it with status 200 like any other.

    ``code`` is one of RFC 5985 §6.1.3 or RFC 6155 §3.2; ``required`` names the identifiers that a
    ``badIdentifier`` request lacks.
    """

    def __init__(self, code: str, message: str, required: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.required = required


@dataclass(frozen=True, slots=True)
class Device:
    """The usable part of a ``device`` element, in the canonical forms of ``identifiers``."""

    ip: str | None = None
    mac: str | None = None
    uri: str | None = None


@dataclass(frozen=True, slots=True)
class LocationRequest:
    """A ``locationRequest``.

    ``types`` are of ``civic``, ``geodetic`` and ``locationURI``, in the order asked; empty stands
    for ``any``.  ``response_time`` is in milliseconds or one of the two words for emergencies.
    ``bssids`` begin with the serving access point.  ``ignored`` says what was given but not
    understood, one line each.
    """

    types: tuple[str, ...] = ()
    exact: bool = False
    response_time: int | str | None = None
    device: Device | None = None
    chassis: str | None = None
    port: str | None = None
    port_subtype: int | None = None
    bssids: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def is_third_party(self, source_ip: str) -> bool:
        """Return whether this asks about another device than the one at ``source_ip`` (canonical).

        A device identified by nothing but the address it asks from is itself (RFC 6155 §4).
        """
        return self.device not in (None, Device(ip=source_ip))


@dataclass(frozen=True, slots=True)
class LocationURIs:
    """References to a location (RFC 6753) and when they end."""

    uris: tuple[str, ...]
    expires: datetime


def to_clue(request: LocationRequest, source_ip: str) -> Clue:
    """Return the clue in a request that came from ``source_ip`` (canonical).

    The source address is evidence only when the device asks about itself.
    """
    device = request.device or Device(ip=source_ip)
    return Clue(
        bssids=request.bssids,
        chassis=request.chassis,
        port=request.port,
        port_subtype=request.port_subtype,
        ip=device.ip,
        mac=device.mac,
        uri=device.uri,
    )
