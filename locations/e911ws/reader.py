"""Reads MS-E911WS requests: by local names, in any order, in a namespace or in none.

Lync 2010 sends elements out of the order that its own schema demands, and Microsoft's examples
leave the namespace out.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from lxml import etree

from locations.domain import identifiers
from locations.domain.pidflo import PIDFError, local_name, parse_xml, text_of
from locations.e911ws import tlv
from locations.e911ws.messages import (
    SOAP_1_1,
    SOAP_1_2,
    GetLocations,
    GetLocationsInCity,
    Message,
    SOAPFault,
)

#: Longer than any value of the published types; what exceeds it is nonsense.
MAX_TEXT = 1024
T = TypeVar("T")


def parse(data: bytes) -> Message:
    """Return the request in a SOAP 1.1 or 1.2 message; the caller limits its size.

    A request without its envelope is read too.  Raises ``SOAPFault`` for what is not XML, has a
    document type, or holds none of the two operations.
    """
    try:
        root = parse_xml(data)
    except PIDFError as error:
        raise SOAPFault("Client", str(error)) from error
    soap, body = SOAP_1_1, root
    if local_name(root) == "Envelope":
        soap = etree.QName(root).namespace or SOAP_1_1
        if soap not in (SOAP_1_1, SOAP_1_2):
            raise SOAPFault("VersionMismatch", "Send SOAP 1.1 or 1.2.")
        body = next(
            (
                child
                for part in root.iterchildren(etree.Element)
                if local_name(part) == "Body"
                for child in part.iterchildren(etree.Element)
            ),
            root,
        )
    given = {
        local_name(child): text_of(child)[:MAX_TEXT] for child in body.iterchildren(etree.Element)
    }
    read = _READERS.get(local_name(body))
    if read is None:
        operations = " or ".join(_READERS)
        raise SOAPFault("Client", f"{local_name(body)} is not {operations}.", soap)
    return Message(read(given), soap)


def _locations(given: Mapping[str, str]) -> GetLocations:
    port = _understood(given, "PortID", tlv.port_id)
    return GetLocations(
        entity=given.get("Entity", ""),
        bssid=_understood(given, "WAPBSSID", identifiers.mac),
        chassis=_understood(given, "ChassisID", tlv.chassis_id),
        port=port[1] if port else None,
        port_subtype=port[0] if port else None,
        subnet=_understood(given, "SubnetID", identifiers.ip),
        ip=_understood(given, "IP", identifiers.ip),
        mac=_understood(given, "MAC", identifiers.mac),
    )


def _in_city(given: Mapping[str, str]) -> GetLocationsInCity:
    return GetLocationsInCity(
        *(given.get(name, "") for name in ("Entity", "Country", "State", "City"))
    )


_READERS: dict[str, Callable[[Mapping[str, str]], GetLocations | GetLocationsInCity]] = {
    "GetLocationsRequest": _locations,
    "GetLocationsInCityRequest": _in_city,
}


def _understood(given: Mapping[str, str], name: str, read: Callable[[str], T]) -> T | None:
    try:
        return read(given[name])
    except (KeyError, ValueError):
        return None
