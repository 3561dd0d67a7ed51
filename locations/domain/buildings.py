"""Subnets that span buildings: a device of which only the address is known may be sent to the wrong
door.

What tells it: a network inside of the subnet, or a switch whose own address lies in it, stands in
another building than the one with which the subnet is answered.  A building is a civic address and
a building name (BLD).
"""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple


class Building(NamedTuple):
    """Key of the civic address, and the name of the building there in lower case."""

    address: int
    name: str


class Network(NamedTuple):
    """A subnet: its key, its network (also as ``identifiers.network_key`` writes it), the building
    it is answered with (None: it has no ERL), and whether it is excluded from location."""

    pk: int
    cidr: str
    sort_key: str
    building: Building | None
    excluded: bool = False

    def bounds(self) -> tuple[int, int]:
        """Return the first and the last address as numbers that begin with the version, so that
        those of IPv4 come first; 50,000 are asked for at once."""
        first = int(self.sort_key[:33], 16)
        rest = (32 if self.sort_key[0] == "4" else 128) - int(self.sort_key[33:])
        return first, first | (1 << rest) - 1


class Host(NamedTuple):
    """A switch that is known by an IP address, with the buildings of it and of its ports."""

    address: str
    label: str
    buildings: frozenset[Building]


@dataclass(slots=True)
class Spanning:
    """A subnet with what stands in another building: networks and switches, in ascending order."""

    pk: int
    cidr: str
    networks: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)


def spanning(networks: Iterable[Network], hosts: Iterable[Host]) -> Iterator[Spanning]:
    """Yield the subnets that span buildings.

    ``networks`` are all subnets in ascending order of version, first address and prefix length, so
    that each comes after those around it: one pass, with the subnets around the present one in
    hand.  A network or switch speaks against the innermost subnet with a building that holds it.
    """
    waiting = sorted(((_point(host.address), host) for host in hosts), key=itemgetter(0))
    waiting.reverse()  # the next one at the end
    around = _Around()
    for network in networks:
        first, last = network.bounds()
        while waiting and waiting[-1][0] < first:
            yield from around.met(*waiting.pop())
        yield from around.left(first)
        building = network.building
        if building is None and not network.excluded:
            continue  # the one around it decides
        if building and around.is_elsewhere(building):
            around.found().networks.append(network.cidr)
        around.subnets.append((last, network))
    while waiting:
        yield from around.met(*waiting.pop())
    yield from around.left(_BEYOND)


#: Behind every address.
_BEYOND = 1 << 136


def _point(address: str) -> int:
    ip = ipaddress.ip_address(address)
    return ip.version << 128 | int(ip)


class _Around:
    """The subnets around the present address that answer or are excluded, the innermost at the end:
    each with its last address, and what was found of those that span."""

    def __init__(self) -> None:
        self.subnets: list[tuple[int, Network]] = []
        self._found: dict[int, Spanning] = {}

    def left(self, before: int) -> list[Spanning]:
        """Drop the subnets that end before an address, and return those of them that span."""
        spans = []
        while self.subnets and self.subnets[-1][0] < before:
            found = self._found.pop(self.subnets.pop()[1].pk, None)
            if found:
                spans.append(found)
        return spans

    def met(self, point: int, host: Host) -> list[Spanning]:
        """Count a switch at an address; return what ``left`` does on the way there."""
        spans = self.left(point)
        if any(self.is_elsewhere(building) for building in host.buildings):
            self.found().hosts.append(host.label)
        return spans

    def is_elsewhere(self, building: Building) -> bool:
        """Return whether the innermost subnet is answered with another building."""
        answered = self.subnets[-1][1].building if self.subnets else None
        return answered is not None and answered != building

    def found(self) -> Spanning:
        """Return what is known of the innermost subnet."""
        network = self.subnets[-1][1]
        return self._found.setdefault(network.pk, Spanning(network.pk, network.cidr))
