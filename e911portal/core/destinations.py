"""Where outgoing requests may go: no address inside that the operator did not allow.

Every address of a name must be allowed.  Who connects does so to one of the addresses that were
checked, or by verified TLS, so that a name that changes its address in between (DNS rebinding)
gains nothing.
"""

import ipaddress
import socket
from collections.abc import Iterable, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAllowed(Exception):
    """The address is inside, and the operator did not name its network."""


class NoAddress(Exception):
    """The name has no address now."""


#: Own list: ``is_global`` of Python 3.11 takes 192.0.0.8 and 64:ff9b:1::1 for public addresses.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "::/96", "::ffff:0:0/96", "64:ff9b::/96",
        "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


def is_allowed(address: Address, allowed: Iterable[Network]) -> bool:
    """Tell whether a connection may go to ``address``: a public one, or one in ``allowed``."""
    if is_listed(address, allowed):
        return True
    return not any(
        address in network for network in _NOT_PUBLIC if network.version == address.version
    )


def is_listed(address: Address, allowed: Iterable[Network]) -> bool:
    """Tell whether the operator named a network with ``address``, by itself or mapped into IPv6."""
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network for network in allowed if network.version == plain.version)


def networks(texts: Iterable[str]) -> list[Network]:
    """Return networks as the operator wrote them. Raises ``ValueError``."""
    return [ipaddress.ip_network(text) for text in texts]


def resolve(host: str, port: int, allowed: Sequence[Network], *, variable: str) -> list[Address]:
    """Return the addresses of ``host`` in the resolver's order.

    Raises ``NoAddress`` if it has none now, and ``NotAllowed`` if one of them is not allowed;
    ``variable`` is where the operator allows more.
    """
    addresses = _literal(host) or _resolved(host, port)
    for address in addresses:
        if not is_allowed(address, allowed):
            raise NotAllowed(
                f"{host} is {address}, which is not a public address. Name its network in "
                f"{variable} if requests may go there."
            )
    return addresses


def _literal(host: str) -> list[Address]:
    """The address that ``host`` is, in any spelling that a connection would take; else nothing."""
    try:
        return [ipaddress.ip_address(host.partition("%")[0])]
    except ValueError:
        pass
    try:
        return [ipaddress.IPv4Address(socket.inet_aton(host))]  # 2130706433, 0x7f.1, 0177.0.0.1
    except (OSError, UnicodeError):
        return []


def _resolved(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAddress(f"{host} has no address: {error}") from error
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ipaddress.ip_address(text) for text in texts]
