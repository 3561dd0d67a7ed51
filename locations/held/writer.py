"""Writes HELD answers and errors (RFC 5985 §6); all of them travel with HTTP status 200."""

from collections.abc import Sequence
from datetime import datetime

from locations.domain import pidflo
from locations.domain.pidflo import Forms, xml_text, xml_time
from locations.held.messages import (
    HELD,
    HELD_ID,
    HELD_RI,
    MEASUREMENTS,
    Device,
    HELDError,
    LocationRequest,
    LocationURIs,
    Route,
)

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_WANTED = (
    f'<measurementRequest xmlns="{MEASUREMENTS}" xmlns:lldp="{MEASUREMENTS}:lldp" '
    f'xmlns:wifi="{MEASUREMENTS}:wifi"><measurement type="lldp:lldp"/>'
    '<measurement type="wifi:wifi"/></measurementRequest>'
)


def answer(
    request: LocationRequest,
    where: Forms,
    method: str,
    *,
    entity: str,
    at: datetime,
    expires: datetime,
    device: Device | None = None,
    uris: LocationURIs | None = None,
    route: Route | None = None,
    source: str = "",
) -> bytes:
    """Return the ``locationResponse`` to ``request``.

    ``entity`` is a pseudonymous ``pres:`` URI that says nothing about the device, ``at`` the time
    of the evidence; ``device`` holds the identifiers that were used, echoed if the request gave any
    (RFC 6155 §2.2); ``source`` tells whose measurements led here.  Raises ``HELDError``:
    ``locationUnknown`` for no form at all, ``cannotProvideLiType`` for an exact wish that cannot be
    met.
    """
    if not (where.civic or where.geodetic):
        raise HELDError("locationUnknown", "No location is known for this device.")
    chosen = _choose(request, where, uris)
    presence = ""
    if chosen:
        presence = pidflo.for_held(
            where, method, entity=entity, at=at, expires=expires, order=chosen, source=source
        )
    return (
        f'{_DECLARATION}<locationResponse xmlns="{HELD}">{_uri_set(uris) if uris else ""}'
        f"{presence}{_device(device) if device else ''}{_routing(route) if route else ''}"
        "</locationResponse>\n"
    ).encode()


def error(fault: HELDError) -> bytes:
    """Return the ``error`` document for ``fault``."""
    required = ""
    if fault.required:
        names = " ".join(fault.required)
        required = f'<requiredIdentifiers xmlns="{HELD_ID}">{xml_text(names)}</requiredIdentifiers>'
    return (
        f'{_DECLARATION}<error xmlns="{HELD}" code="{xml_text(fault.code)}">'
        f'<message xml:lang="en">{xml_text(fault.message)}</message>{required}'
        f"{_WANTED if fault.measure else ''}</error>\n"
    ).encode()


def _choose(request: LocationRequest, where: Forms, uris: LocationURIs | None) -> Sequence[str]:
    """Return the forms that the answer carries by value, in the order asked.

    Without ``exact`` the client gets all there is: more than it asked for is allowed, and less has
    never helped anybody in an emergency.
    """
    types = request.types
    if not types:
        return ("geodetic", "civic")
    asked = [form for form in types if form != "locationURI"]
    if not request.exact:
        return asked + [form for form in ("geodetic", "civic") if form not in asked]
    there = {"civic": where.civic, "geodetic": where.geodetic, "locationURI": uris}
    missing = [wanted for wanted in types if not there[wanted]]
    if missing:
        raise HELDError("cannotProvideLiType", f"There is no {' and no '.join(missing)} location.")
    return asked


def _uri_set(uris: LocationURIs) -> str:
    listed = "".join(f"<locationURI>{xml_text(uri)}</locationURI>" for uri in uris.uris)
    return f'<locationUriSet expires="{xml_time(uris.expires)}">{listed}</locationUriSet>'


def _device(device: Device) -> str:
    used = "".join(_identifier(found.kind, found.value, found.text) for found in device.identifiers)
    return f'<device xmlns="{HELD_ID}">{used}</device>'


def _identifier(kind: str, value: str, text: str) -> str:
    if kind == "ip":
        return f'<ip v="{6 if ":" in value else 4}">{xml_text(value)}</ip>'
    if kind == "mac":
        return f"<mac>{value.upper()}</mac>"
    if kind == "uri":
        return f"<uri>{xml_text(value)}</uri>"
    if kind == "duid":
        return f"<duid>{''.join(text.split())}</duid>"
    return f"<{kind}>{value.removeprefix('tel:+')}</{kind}>"


def _routing(route: Route) -> str:
    destinations = "".join(f"<dest>{xml_text(uri)}</dest>" for uri in route.destinations)
    return (
        f'<routingInformation xmlns="{HELD_RI}"><service serviceUri="{xml_text(route.service)}">'
        f"{destinations}</service></routingInformation>"
    )
