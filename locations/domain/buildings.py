"""Subnets that span buildings: a device of which only the address is known may be sent to the wrong
door.

What tells it: a network inside of the subnet, or a switch whose own address lies in it, stands in
another building than the one with which the subnet is answered.  A building is a civic address and
a building name (BLD).
"""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Building(NamedTuple):
    """Key of the civic address, and the name of the building there in lower case."""

    address: int
    name: str


#: An address: its version and its number.
Point = tuple[int, int]


class Network(NamedTuple):
    """A subnet: its key, its network (also as ``identifiers.network_key`` writes it), the building
    it is answered with (None: it has no ERL), and whether it is excluded from location."""

    pk: int
    cidr: str
    sort_key: str
    building: Building | None
    excluded: bool = False

    def bounds(self) -> tuple[Point, Point]:
        """Return the first and the last address; 50,000 are asked for at once."""
        version, first, length = self.sort_key[0], self.sort_key[1:33], self.sort_key[33:]
        rest = (32 if version == "4" else 128) - int(length)
        start = int(first, 16)
        return (int(version), start), (int(version), start | (1 << rest) - 1)


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
    waiting = sorted(
        (address.version, int(address), host)
        for host in hosts
        for address in [ipaddress.ip_address(host.address)]
    )
    waiting.reverse()  # the next one at the end
    around: list[_Open] = []
    for network in networks:
        first, last = network.bounds()
        while waiting and waiting[-1][:2] < first:
            yield from _settle(around, waiting[-1][:2])
            _count(around, waiting.pop()[2])
        if around and around[-1].last < first:
            yield from _settle(around, first)
        if network.building is None and not network.excluded:
            continue  # the one around it decides
        if network.building and _elsewhere(around, network.building):
            around[-1].found.networks.append(network.cidr)
        around.append(_Open(last, network.building, Spanning(network.pk, network.cidr)))
    while waiting:
        yield from _settle(around, waiting[-1][:2])
        _count(around, waiting.pop()[2])
    yield from _settle(around, (99, 0))


class _Open(NamedTuple):
    """A subnet that may hold what comes next: its last address, its building, what was found."""

    last: Point
    building: Building | None  # None: excluded, so it answers nothing
    found: Spanning


def _settle(around: list[_Open], before: Point) -> Iterator[Spanning]:
    """Drop the subnets that end before an address, and yield those of them that span."""
    while around and around[-1].last < before:
        found = around.pop().found
        if found.networks or found.hosts:
            yield found


def _count(around: list[_Open], host: Host) -> None:
    if any(_elsewhere(around, building) for building in host.buildings):
        around[-1].found.hosts.append(host.label)


def _elsewhere(around: list[_Open], building: Building) -> bool:
    answered = around[-1].building if around else None
    return answered is not None and answered != building
