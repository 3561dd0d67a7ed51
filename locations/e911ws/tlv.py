"""Chassis and port ids of MS-E911WS: the value of an LLDP TLV in base64, or what is sent instead.

The published type is ``LLDPChassisIDOrPortIDTLVType``.  Clients send the subtype octet and the id
(IEEE 802.1AB §8.5.2.2), or the id alone, or literal text such as a MAC address; all three are read.
"""

import binascii
import contextlib

from locations.domain import identifiers
from locations.held import measurements

_SUBTYPES = range(1, 8)


def chassis_id(text: str) -> str:
    """Return the canonical chassis id; raises ``ValueError`` if there is none in ``text``."""
    subtype, octets = _decode(text)
    if octets is None:
        return identifiers.chassis_id(text)
    if subtype is None and _is_mac(octets):
        subtype = measurements.MAC_CHASSIS
    return measurements.chassis_id(subtype, octets.hex())


def port_id(text: str) -> tuple[int | None, str]:
    """Return the subtype, when it was said, and the normal form of the port id.

    Raises ``ValueError`` if there is none in ``text``.
    """
    subtype, octets = _decode(text)
    if octets is None:
        return None, identifiers.port_id(text)
    return subtype, measurements.port_id(subtype, octets.hex())


def _decode(text: str) -> tuple[int | None, bytes | None]:
    """Return subtype and id in a base64 text; the id is ``None`` when the text is literal.

    Every word of four, eight or twelve letters is base64 of something, so what comes out decides: a
    subtype octet, printable text or a MAC address; else the word meant itself.
    """
    with contextlib.suppress(ValueError):
        identifiers.mac(text)  # twelve hex digits are base64 too, but of no id that anybody has
        return None, None
    try:
        octets = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:
        return None, None
    if len(octets) > 1 and octets[0] in _SUBTYPES:
        return octets[0], octets[1:]
    is_text = bool(octets) and octets.isascii() and octets.decode().isprintable()
    return (None, octets) if is_text or _is_mac(octets) else (None, None)


def _is_mac(octets: bytes) -> bool:
    """Return whether this is the MAC address of a device: universal, and of one station."""
    return len(octets) == 6 and octets[0] & 3 == 0 and not octets.isalnum()
