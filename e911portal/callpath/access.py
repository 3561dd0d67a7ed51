"""Who may ask the call path what.  Denied unless a rule below says otherwise.

* A host of a network published in the role ``devices`` may ask where *it* is: its source address is
  its identity, and the LLDP and Wi-Fi facts that it reports are about itself (RFC 6155 §1: a LIS
  asks a device for no password about its own place).
* A key with scope ``location`` may ask about anybody; one with scope ``sip``, or a host of a
  network in the role ``edge``, may ask for routes and report events.
* ``X-Forwarded-For`` is believed from hosts of the role ``proxy`` and of ``TRUSTED_PROXIES`` only.
* Loopback may ask everything, so that a first run works; but not for somebody else: a request from
  loopback that carries forwarding headers came through a proxy that nobody has listed.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from e911portal.callpath.exchange import Request
from e911portal.core.access import DEVICES, EDGE, LOCATION, PROXY, SIP, token_digest
from e911portal.core.snapshot import Snapshot

_FORWARDED = frozenset((b"x-forwarded-for", b"forwarded", b"via", b"x-real-ip"))
#: More hops than any real chain of proxies; bounds the work on a hostile header.
_MAX_HOPS = 16


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the address that counts as its identity (empty if unknown), and what it may do."""

    source: str
    may_ask_own: bool = False
    may_ask_others: bool = False
    may_route: bool = False


class Networks:
    """A set of IP networks that answers in logarithmic time whether an address is in one."""

    __slots__ = ("_firsts", "_lasts")

    def __init__(self, cidrs: Iterable[str]) -> None:
        """Raises ``ValueError`` for a text that is not a network."""
        spans = sorted(_span(cidr) for cidr in cidrs)
        merged: list[list[int]] = []
        for first, last in spans:
            if merged and first <= merged[-1][1] + 1:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        self._firsts = [first for first, _ in merged]
        self._lasts = [last for _, last in merged]

    def __contains__(self, address: int) -> bool:
        at = bisect_right(self._firsts, address) - 1
        return at >= 0 and address <= self._lasts[at]


class Rules:
    """The access tables of one publication, compiled; kept with it by ``Snapshot.memo``."""

    __slots__ = ("_keys", "_networks")

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        """Without a publication nobody but loopback is known."""
        networks: dict[str, list[str]] = {DEVICES: [], EDGE: [], PROXY: []}
        self._keys: dict[str, frozenset[str]] = {}
        if snapshot:
            for cidr, role in snapshot.db.execute("SELECT cidr, role FROM access_network"):
                networks.setdefault(role, []).append(cidr)
            for digest, scopes in snapshot.db.execute("SELECT digest, scopes FROM access_key"):
                self._keys[digest] = frozenset(scopes.replace(",", " ").split())
        self._networks = {role: Networks(cidrs) for role, cidrs in networks.items()}

    def has_role(self, address: int, role: str) -> bool:
        """Return whether an address (as ``number`` gives it) is in a network of that role."""
        return address in self._networks[role]

    def scopes(self, authorization: str) -> frozenset[str]:
        """Return the scopes of the key in an ``Authorization`` header (Bearer or Token)."""
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() not in ("bearer", "token"):
            return frozenset()
        return self._keys.get(token_digest(key.strip()), frozenset())


NOBODY = Rules()


def rules_of(snapshot: Snapshot | None) -> Rules:
    """Return the compiled rules of a publication."""
    return snapshot.memo(Rules) if snapshot else NOBODY


def identify(
    request: Request, rules: Rules, proxies: Networks, *, trust_loopback: bool = True
) -> Caller:
    """Return who asks and what it may do; never raises, an address that is none has no rights."""
    headers = request.headers
    source = _plain(request.peer)
    forwarded = not _FORWARDED.isdisjoint(headers)
    if forwarded and _is_proxy(source, rules, proxies):
        source = _client(request.header(b"x-forwarded-for"), rules, proxies)
    authorization = request.header(b"authorization")
    scopes = rules.scopes(authorization) if authorization else frozenset()
    address = number(source)
    if address is None:
        return Caller("", LOCATION in scopes, LOCATION in scopes, SIP in scopes)
    if trust_loopback and not forwarded and address in _LOOPBACK:
        return Caller(source, True, True, True)
    return Caller(
        source,
        may_ask_own=LOCATION in scopes or rules.has_role(address, DEVICES),
        may_ask_others=LOCATION in scopes,
        may_route=SIP in scopes or rules.has_role(address, EDGE),
    )


def scheme(request: Request, rules: Rules, proxies: Networks) -> str:
    """Return ``https`` or ``http``: how the client asked, which a proxy of ours says of its own."""
    said = request.header(b"x-forwarded-proto").rpartition(",")[2].strip().lower()
    if said in ("http", "https") and _is_proxy(_plain(request.peer), rules, proxies):
        return said
    return request.scheme


def _client(chain: str, rules: Rules, proxies: Networks) -> str:
    """Return the address nearest to us in ``X-Forwarded-For`` that is not one of our proxies.

    Empty when there is none: then nobody knows who asks.
    """
    for hop in reversed(chain.split(",")[-_MAX_HOPS:]):
        source = _plain(_without_port(hop.strip()))
        if number(source) is None:
            return ""  # “unknown” or nonsense: what lies beyond was not seen by a proxy of ours
        if not _is_proxy(source, rules, proxies):
            return source
    return ""


def _is_proxy(source: str, rules: Rules, proxies: Networks) -> bool:
    address = number(source)
    return address is not None and (address in proxies or rules.has_role(address, PROXY))


@lru_cache(maxsize=8192)
def number(source: str) -> int | None:
    """Return an IP address as an integer, IPv4 in its IPv6-mapped place; ``None`` if it is none."""
    try:
        return _as_number(ip_address(source))
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def _plain(source: str) -> str:
    """Return an address without zone, IPv4 out of its IPv6-mapped form."""
    try:
        address = ip_address(source.partition("%")[0])
    except ValueError:
        return source
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _as_number(address: IPv4Address | IPv6Address) -> int:
    return int(address) | (0xFFFF << 32) if address.version == 4 else int(address)


def _span(cidr: str) -> tuple[int, int]:
    network = ip_network(cidr)
    if isinstance(network, IPv6Network):
        return int(network.network_address), int(network.broadcast_address)
    return _as_number(network.network_address), _as_number(network.broadcast_address)


_LOOPBACK = Networks(["127.0.0.0/8", "::1/128"])
