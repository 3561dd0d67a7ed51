"""LLDP and Wi-Fi measurements of RFC 7105, decoded into the identifiers that the wire map uses.

LLDP values come as the bytes of the TLV in hex.  Real phones also send the MAC address or the port
name as plain text; what does not decode to something printable is taken literally.
"""

from collections.abc import Iterable
from ipaddress import ip_address

from lxml import etree

from locations.domain import identifiers
from locations.domain.pidflo import local_name, text_of

#: IEEE 802.1AB §8.5: chassis id subtypes, then port id subtypes, that are not text.
MAC_CHASSIS, ADDRESS_CHASSIS = 4, 5
MAC_PORT = 3
#: Lengths of the network addresses that a chassis id may hold.
_ADDRESSES = {4, 16}


def chassis_id(subtype: int | None, value: str) -> str:
    """Return the canonical chassis id; raises ``ValueError`` if the value is empty.

    Under subtype 4, four octets are an IPv4 address, as in a figure of RFC 7105 itself.
    """
    octets = _octets(value)
    if subtype == ADDRESS_CHASSIS and len(octets) - 1 in _ADDRESSES:
        return str(ip_address(octets[1:]))  # the first octet is the IANA address family
    if subtype == MAC_CHASSIS and len(octets) in _ADDRESSES:
        return str(ip_address(octets))
    if subtype == MAC_CHASSIS and len(octets) == 6:
        return identifiers.mac(octets.hex())
    return identifiers.chassis_id(_printable(octets) or value)


def port_id(subtype: int | None, value: str) -> str:
    """Return the normal form of the port id; raises ``ValueError`` if the value is empty."""
    octets = _octets(value)
    if subtype == MAC_PORT and len(octets) == 6:
        return identifiers.mac(octets.hex())
    return identifiers.port_id(_printable(octets) or value)


def lldp_value(element: etree._Element) -> tuple[int | None, str]:
    """Return the subtype and the text of a ``chassis`` or ``port`` element."""
    subtype = element.get("type", "")
    return (int(subtype) if subtype.isdecimal() and len(subtype) < 4 else None), text_of(element)


def serving_first(bssids: Iterable[etree._Element]) -> list[str]:
    """Return the texts of ``bssid`` elements, that of the serving access point first.

    The form before the RFC, ``servingWap`` and ``neighbourWap``, is read too.
    """
    serving: list[str] = []
    others: list[str] = []
    for element in bssids:
        point = element.getparent()
        serves = point is not None and (
            point.get("serving") in ("true", "1") or local_name(point) == "servingWap"
        )
        (serving if serves else others).append(text_of(element))
    return serving + others


def _octets(value: str) -> bytes:
    try:
        return bytes.fromhex(value)
    except ValueError:
        return b""


def _printable(octets: bytes) -> str:
    try:
        text = octets.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""
