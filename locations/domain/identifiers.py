"""Identifiers of endpoints in the one spelling that everything compares: MAC, BSSID, LLDP chassis
and port ids (IEEE 802.1AB), IP networks, SIP and tel URIs.

Every function takes what a person or a device wrote, returns the canonical text and raises
``ValueError`` with a message that names the value and the remedy.  All of them are idempotent:
``f(f(x)) == f(x)``.
"""

import ipaddress
import re

from e911portal.core.network import network_text

#: RFC 4291 §2.5.5.2. Devices' addresses in this form are looked up as IPv4.
_IPV4_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_HEX = re.compile(r"[0-9a-f]+")
_MAC_SHAPES = re.compile(
    r"(?:[0-9a-f]{12}"
    r"|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}"
    r"|[0-9a-f]{2}(?::[0-9a-f]{2}){5}"
    r"|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}"
    r"|[0-9a-f]{6}[-:][0-9a-f]{6})"
)

#: Port-name prefixes that vendors abbreviate; the right side is the normal form.
PORT_NAME_PREFIXES: dict[str, str] = {
    "eth": "ethernet",
    "et": "ethernet",
    "e": "ethernet",
    "fa": "fastethernet",
    "fas": "fastethernet",
    "fastether": "fastethernet",
    "gi": "gigabitethernet",
    "gig": "gigabitethernet",
    "gige": "gigabitethernet",
    "gigabit": "gigabitethernet",
    "ge": "gigabitethernet",
    "tw": "twogigabitethernet",
    "two": "twogigabitethernet",
    "fi": "fivegigabitethernet",
    "five": "fivegigabitethernet",
    "te": "tengigabitethernet",
    "ten": "tengigabitethernet",
    "tengige": "tengigabitethernet",
    "twe": "twentyfivegige",
    "twentyfivegigabitethernet": "twentyfivegige",
    "fo": "fortygigabitethernet",
    "hu": "hundredgige",
    "hundredgigabitethernet": "hundredgige",
}
_PORT_NAME = re.compile(r"([a-z]+)[\s-]*(\d[\d/.:]*)")


def mac(text: str) -> str:
    """Return a MAC address as ``00-19-5b-7f-77-0d``.

    Accepts hyphens, colons, Cisco dots, ``xxxxxx-xxxxxx`` or twelve bare hex digits, in any case.
    """
    given = text.strip().lower()
    if not _MAC_SHAPES.fullmatch(given):
        raise ValueError(
            f"“{text}” is not a MAC address. Write twelve hexadecimal digits, "
            "for example 00-19-5B-7F-77-0D."
        )
    digits = re.sub(r"[^0-9a-f]", "", given)
    return "-".join(digits[i : i + 2] for i in range(0, 12, 2))


def bssid(text: str) -> str:
    """Return a BSSID, or a wildcard whose last one or two hex digits are ``*``, in canonical form.

    ``F0:6E:0B:C2:04:*`` becomes ``f0-6e-0b-c2-04-*``; ``…04:1*`` becomes ``f0-6e-0b-c2-04-1*``.
    """
    given = text.strip().lower()
    if "*" not in given:
        try:
            return mac(given)
        except ValueError as error:
            raise ValueError(
                f"“{text}” is not a BSSID. Write twelve hexadecimal digits, for example "
                "00-19-5B-7F-77-0D, or replace the last one or two digits by *."
            ) from error
    digits = re.sub(r"[-:.]", "", given)
    prefix, star, rest = digits.partition("*")
    if rest or len(prefix) not in (10, 11) or not _HEX.fullmatch(prefix):
        raise ValueError(
            f"“{text}” is not a BSSID wildcard. The * may stand only for the last one or two "
            "hexadecimal digits, for example F0-6E-0B-C2-04-* or F0-6E-0B-C2-04-1*."
        )
    head = "-".join(prefix[i : i + 2] for i in range(0, 10, 2))
    return f"{head}-{prefix[10:]}{star}"


def bssid_key(canonical: str) -> str:
    """Return the hex digits of a canonical BSSID; a wildcard gives its 10 or 11 digit prefix."""
    return canonical.replace("-", "").rstrip("*")


def chassis_id(text: str) -> str:
    """Return an LLDP chassis id: a MAC or IP address in canonical form, else trimmed lower case.

    IEEE 802.1AB allows free text (a local name), so anything non-empty is accepted.
    """
    given = text.strip()
    if not given:
        raise ValueError("The chassis id is empty. Write what the switch announces by LLDP.")
    try:
        return mac(given)
    except ValueError:
        pass
    try:
        return str(ipaddress.ip_address(given))
    except ValueError:
        return " ".join(given.lower().split())


def port_id(text: str) -> str:
    """Return the normal form of a port name, in which ``Gi1/0/1`` equals ``GigabitEthernet1/0/1``.

    Case and inner blanks never matter; a known vendor prefix is written out in full; a MAC address
    becomes canonical; anything else is kept as it is, in lower case.
    """
    given = "".join(text.lower().split())
    if not given:
        raise ValueError("The port id is empty. Write what the switch announces by LLDP.")
    try:
        return mac(given)
    except ValueError:
        pass
    name = _PORT_NAME.fullmatch(given)
    if not name:
        return given
    prefix, number = name.groups()
    return PORT_NAME_PREFIXES.get(prefix, prefix) + number


def network(text: str) -> str:
    """Return an IPv4 or IPv6 network in CIDR form; refuses a host address, naming its network.

    The mask may be a prefix length or, for IPv4, dotted. A bare address is refused: the LIS of Lync
    had no mask, and guessing one maps the wrong floor.
    """
    given = text.strip()
    if "/" not in given:
        raise ValueError(
            f"“{text}” has no prefix length. Write the network with its mask, "
            "for example 10.1.1.0/24."
        )
    cidr = network_text(given)
    net = ipaddress.ip_network(cidr)
    if net.version == 6 and net.subnet_of(_IPV4_MAPPED):
        plain = f"{net.network_address.ipv4_mapped}/{net.prefixlen - 96}"
        raise ValueError(f"“{text}” is an IPv4 network in IPv6 form. Write {plain}.")
    return cidr


def network_key(cidr: str) -> str:
    """Return a text that sorts networks by version, first address and prefix length."""
    net = ipaddress.ip_network(cidr)
    return f"{net.version}{int(net.network_address):032x}{net.prefixlen:03d}"


def ip(text: str) -> str:
    """Return an IPv4 or IPv6 address; an IPv4-mapped IPv6 address becomes IPv4."""
    try:
        address = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError as error:
        raise ValueError(
            f"“{text}” is not an IP address. Write for example 10.1.1.20 or 2001:db8::1."
        ) from error
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


_NAME_ADDR = re.compile(r'^\s*(?:"(?:[^"\\]|\\.)*"\s*|[^<"]*)<([^>]*)>.*$', re.DOTALL)
_SIP = re.compile(
    r"(sips?):(?:([^@\s:;?]+)(?::[^@\s]*)?@)?(\[[0-9a-f:.]+\]|[^\s:;?@/]+)(?::\d+)?", re.I
)
_VISUAL_SEPARATORS = str.maketrans("", "", " -.()/")
_PHONE = re.compile(r"\+[1-9]\d{1,14}")


def uri(text: str) -> str:
    """Return a SIP or tel URI for comparison: ``sip:user@host`` or ``tel:+12125550100``.

    Display name, angle brackets, parameters, port, password and ``sips`` versus ``sip`` are dropped
    (RFC 3261 §19.1.4 compares more; for finding one's owner those parts are noise).  A bare
    ``user@host`` is a SIP URI, a bare global number a tel URI (RFC 3966 §5.1.5), and a SIP URI
    whose user part is a global number with ``user=phone`` is that tel URI.
    """
    given = text.strip()
    bracketed = _NAME_ADDR.match(given)
    inner = (bracketed.group(1) if bracketed else given).strip()
    scheme, _, rest = inner.partition(":")
    if scheme.lower() == "tel" or inner.startswith("+"):
        number = (rest if scheme.lower() == "tel" else inner).split(";")[0]
        number = number.translate(_VISUAL_SEPARATORS)
        if _PHONE.fullmatch(number):
            return f"tel:{number}"
    candidate = inner if scheme.lower() in ("sip", "sips") else f"sip:{inner}"
    parts = _SIP.match(candidate)
    if not parts or ("@" not in inner and scheme.lower() not in ("sip", "sips")):
        raise ValueError(
            f"“{text}” is not a SIP or tel URI. Write for example sip:anna@example.com "
            "or tel:+12125550100."
        )
    _, user, host = parts.groups()
    if user and "user=phone" in candidate.lower() and _PHONE.fullmatch(user.split(";")[0]):
        return f"tel:{user.split(';')[0]}"
    return f"sip:{user.lower()}@{host.lower()}" if user else f"sip:{host.lower()}"


def phone_number(text: str) -> str:
    """Return a global number as E.164, ``+12125550100``; ``tel:`` and visual separators are
    dropped, so a line URI may be given as other products write it."""
    number = re.sub(r"^tel:", "", text.strip(), flags=re.I).translate(_VISUAL_SEPARATORS)
    if not _PHONE.fullmatch(number):
        raise ValueError(
            f"“{text}” is not an E.164 number. Write a + and the country code, "
            "for example +12125550100."
        )
    return number
