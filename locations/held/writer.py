"""Writes HELD answers and errors (RFC 5985 §6); all of them travel with HTTP status 200."""

from datetime import datetime

from locations.domain import pidflo
from locations.domain.pidflo import Location, xml_text, xml_time
from locations.domain.profiles import Profile
from locations.held.messages import (
    HELD,
    HELD_ID,
    Device,
    HELDError,
    LocationRequest,
    LocationURIs,
)

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def answer(
    request: LocationRequest,
    location: Location,
    *,
    entity: str,
    now: datetime,
    expires: datetime,
    uris: LocationURIs | None = None,
    profile: Profile = Profile.RFC5139,
) -> bytes:
    """Return the ``locationResponse`` to ``request``.

    ``entity`` is a pseudonymous ``pres:`` URI that says nothing about the device; the identifiers
    that were used are echoed if the request gave any (RFC 6155 §3.1).  Raises ``HELDError``:
    ``locationUnknown`` for an empty location, ``cannotProvideLiType`` for an exact wish that cannot
    be met.
    """
    if not location:
        raise HELDError("locationUnknown", "No location is known for this device.")
    chosen = _choose(request, location, uris)
    references = _uri_set(uris) if uris else ""
    presence = pidflo.for_held(chosen, entity=entity, now=now, expires=expires, profile=profile)
    return (
        f'{_DECLARATION}<locationResponse xmlns="{HELD}">{references}'
        f"{presence if chosen else ''}{_device(request.device)}</locationResponse>\n"
    ).encode()


def error(fault: HELDError) -> bytes:
    """Return the ``error`` document for ``fault``."""
    required = ""
    if fault.required:
        names = " ".join(fault.required)
        required = f'<requiredIdentifiers xmlns="{HELD_ID}">{xml_text(names)}</requiredIdentifiers>'
    return (
        f'{_DECLARATION}<error xmlns="{HELD}" code="{xml_text(fault.code)}">'
        f'<message xml:lang="en">{xml_text(fault.message)}</message>{required}</error>\n'
    ).encode()


def _choose(request: LocationRequest, location: Location, uris: LocationURIs | None) -> Location:
    """Return the forms of the location that the answer carries.

    Without ``exact`` the client gets all there is: more than it asked for is allowed, and less has
    never helped anybody in an emergency.
    """
    if not request.exact:
        return location
    there = {"civic": location.civic, "geodetic": location.point, "locationURI": uris}
    missing = [wanted for wanted in request.types if not there[wanted]]
    if missing:
        raise HELDError("cannotProvideLiType", f"There is no {' and no '.join(missing)} location.")
    return Location(
        location.civic if "civic" in request.types else {},
        location.point if "geodetic" in request.types else None,
        location.method,
    )


def _uri_set(uris: LocationURIs) -> str:
    listed = "".join(f"<locationURI>{xml_text(uri)}</locationURI>" for uri in uris.uris)
    return f'<locationUriSet expires="{xml_time(uris.expires)}">{listed}</locationUriSet>'


def _device(device: Device | None) -> str:
    if device is None:
        return ""
    used = ""
    if device.ip:
        used += f'<ip v="{6 if ":" in device.ip else 4}">{xml_text(device.ip)}</ip>'
    if device.mac:
        used += f"<mac>{device.mac.upper()}</mac>"
    if device.uri:
        used += f"<uri>{xml_text(device.uri)}</uri>"
    return f'<device xmlns="{HELD_ID}">{used}</device>'
