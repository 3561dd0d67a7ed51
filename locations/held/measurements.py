"""LLDP, Wi-Fi and DHCP measurements of RFC 7105, decoded into what the wire map is keyed by.

LLDP values come as the bytes of the TLV in hex.  Real phones also send the MAC address or the port
name as plain text; what does not decode to something printable is taken literally.
"""

from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address

from lxml import etree

from locations.domain import identifiers
from locations.domain.pidflo import local_name, text_of

#: IEEE 802.1AB §8.5: chassis id subtypes, then port id subtypes, that are not text.
MAC_CHASSIS, ADDRESS_CHASSIS = 4, 5
MAC_PORT = 3
#: Hex digits of the longest TLV, 255 octets. What is longer is no id, and must not fill the caches.
LONGEST = 510
#: Lengths of the network addresses that a chassis id may hold.
_ADDRESSES = {4, 16}


@lru_cache(16_384)  # as many as a large organisation has switches
def chassis_id(subtype: int | None, value: str) -> str:
    """Return the canonical chassis id; raises ``ValueError`` if the value is empty or too long.

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


@lru_cache(4_096)
def port_id(subtype: int | None, value: str) -> str:
    """Return the normal form of the port id; raises ``ValueError`` if the value is empty."""
    octets = _octets(value)
    if subtype == MAC_PORT and len(octets) == 6:
        return identifiers.mac(octets.hex())
    return identifiers.port_id(_printable(octets) or value)


def moment(text: str | None) -> datetime | None:
    """Return an ``xs:dateTime`` as an aware time; ``None`` for none, and for one without a zone.

    Devices that leave the zone out mean UTC or their own time, and nobody knows which: such a time
    tells nothing about freshness.
    """
    try:
        found = datetime.fromisoformat((text or "").strip())
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def lldp_value(element: etree._Element) -> tuple[int | None, str]:
    """Return the subtype and the text of a ``chassis`` or ``port`` element."""
    subtype = element.get("type", "")
    return (int(subtype) if subtype.isdecimal() and len(subtype) < 4 else None), text_of(element)


def is_serving(point: etree._Element | None) -> bool:
    """Return whether the parent of a ``bssid`` is the access point that serves the device.

    The form before the RFC, ``servingWap`` beside ``neighbourWap``, is read too.
    """
    return point is not None and (
        point.get("serving") in ("true", "1") or local_name(point) == "servingWap"
    )


def circuit_id(value: str) -> str:
    """Return the normal form of the port in a circuit id (RFC 3046), hex of text or of Cisco's
    binary form (type 0: VLAN, module, port); raises ``ValueError`` if it is empty."""
    octets = _octets(value)
    if len(octets) == 6 and octets[:2] == b"\0\4":
        return identifiers.port_id(f"{octets[4]}/{octets[5]}")
    return identifiers.port_id(_printable(octets) or value)


def remote_id(value: str) -> str:
    """Return the chassis id in a remote id (RFC 3046): the MAC address of the switch, with Cisco's
    type octets or without, else text; raises ``ValueError`` if it is empty."""
    octets = _octets(value)
    if len(octets) == 8 and octets[:2] == b"\0\6":
        octets = octets[2:]
    if len(octets) == 6:
        return identifiers.mac(octets.hex())
    return identifiers.chassis_id(_printable(octets) or value)


def mac_of_duid(value: str) -> str:
    """Return the MAC address in a DHCP unique identifier that holds one (RFC 8415 §11.2, §11.4).

    Raises ``ValueError`` for the other kinds, which say nothing that a network maps.
    """
    octets = _octets(value)
    for kind, length in ((b"\0\1\0\1", 14), (b"\0\3\0\1", 10)):
        if octets.startswith(kind) and len(octets) == length:
            return identifiers.mac(octets[-6:].hex())
    raise ValueError(f"“{value}” is not a DUID that holds an Ethernet address.")


def _octets(value: str) -> bytes:
    if len(value) > LONGEST:
        raise ValueError(f"“{value[:40]}…” is longer than any id of LLDP or DHCP.")
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
