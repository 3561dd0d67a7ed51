"""Switches and stacks, ports, access points, subnets and fixed endpoints of a synthetic estate."""

import ipaddress
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from e911portal.estate import rows
from e911portal.estate.places import city_of
from e911portal.estate.rows import Progress
from e911portal.estate.size import Size
from locations.models import (
    BSSID,
    ChassisID,
    FixedEndpoint,
    NetworkSite,
    Subnet,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)

PORTS_PER_MEMBER = 48
#: Members of the stacks, in turn: most switches stand alone.
STACKS = (1, 1, 1, 2, 1, 1, 1, 3)
#: How vendors announce port n of member m.
PORT_NAMES = ("Gi{m}/0/{n}", "GigabitEthernet{m}/0/{n}", "ge-{m}/0/{n}")
#: First three bytes of the chassis ids and of the BSSIDs; the rest counts up.
CHASSIS, RADIO, PHONE = 0x3C4A92 << 24, 0x00195B << 24, 0x02911E << 24
SECOND_RADIO = 1 << 23
#: One element in so many is known, but not mapped to a place.
UNMAPPED = 30
#: Private networks of the estate, above the small numbers that a worked example takes.
FIRST_V4 = int(ipaddress.ip_address("10.64.0.0"))
LAST_V4 = int(ipaddress.ip_address("10.255.255.255"))
FIRST_V6 = int(ipaddress.ip_address("fd00:911::"))


@dataclass(frozen=True, slots=True)
class Ground:
    """What the wire map is laid on: the sites, and the keys of the ERLs of each."""

    sites: list[NetworkSite]
    erls: list[list[int]]
    chance: random.Random

    def erl(self, site: int, position: int) -> int | None:
        """Return the ERL of the element at ``position`` of a site, now and then none."""
        if not self.chance.randrange(UNMAPPED):
            return None
        erls = self.erls[site]
        return erls[position % len(erls)]


def make(size: Size, ground: Ground, *, by: Any, progress: Progress) -> None:
    """Make every element of the wire map."""
    insert_all = partial(rows.insert_all, by=by, progress=progress)
    switches = rows.insert(Switch, _switches(size, ground), by=by, progress=progress)
    stacks = [(switch.pk, switch.erl_id) for switch in switches]
    insert_all(ChassisID, _chassis_ids(stacks))
    insert_all(SwitchPort, _ports(size, ground, stacks))
    access_points = _access_points(size, ground)
    points = rows.insert(WirelessAccessPoint, access_points, by=by, progress=progress)
    insert_all(BSSID, _bssids(size, [point.pk for point in points]))
    insert_all(Subnet, _subnets(size, ground))
    insert_all(FixedEndpoint, _endpoints(size, ground))


def members(position: int) -> int:
    """Return how many switches the stack at ``position`` consists of."""
    return STACKS[position % len(STACKS)]


def _switches(size: Size, ground: Ground) -> Iterator[Switch]:
    ports = position = 0
    while ports < size.ports:
        site = position % size.sites
        local = position // size.sites
        yield Switch(
            name=f"{ground.sites[site].name}-SW{local + 1:03d}",
            site=ground.sites[site],
            erl_id=ground.erl(site, local),
        )
        ports += PORTS_PER_MEMBER * members(position)
        position += 1


def _chassis_ids(stacks: list[tuple[int, int | None]]) -> Iterator[ChassisID]:
    number = 0
    for position, (switch, _) in enumerate(stacks):
        for _ in range(members(position)):
            yield ChassisID(switch_id=switch, value=mac(CHASSIS | number))
            number += 1


def _ports(
    size: Size, ground: Ground, stacks: list[tuple[int, int | None]]
) -> Iterator[SwitchPort]:
    """Yield the ports: most serve the place of their switch, some the next one."""
    made = 0
    for position, (switch, erl) in enumerate(stacks):
        site = position % size.sites
        local = position // size.sites
        spelling = PORT_NAMES[position % len(PORT_NAMES)]
        for member in range(1, members(position) + 1):
            for number in range(1, PORTS_PER_MEMBER + 1):
                if made == size.ports:
                    return
                own = ground.erl(site, local + 1) if number % 16 == 0 else erl
                yield SwitchPort(
                    switch_id=switch,
                    port_id=spelling.format(m=member, n=number),
                    subtype=SwitchPort.Subtype.INTERFACE_NAME,
                    erl_id=own,
                )
                made += 1


def _access_points(size: Size, ground: Ground) -> Iterator[WirelessAccessPoint]:
    for position in range(-(-size.bssids // 4)):
        site = position % size.sites
        local = position // size.sites
        yield WirelessAccessPoint(
            name=f"{ground.sites[site].name}-AP{local + 1:04d}",
            site=ground.sites[site],
            erl_id=ground.erl(site, local),
        )


def _bssids(size: Size, points: list[int]) -> Iterator[BSSID]:
    """Yield four BSSIDs per access point; of one in ten, the last is a wildcard."""
    for position in range(size.bssids):
        point, number = divmod(position, 4)
        text = mac(RADIO | point << 4 | number)
        if number == 3 and point % 10 == 0:
            text = f"{mac(RADIO | SECOND_RADIO | point << 4)[:-1]}*"
        yield BSSID(access_point_id=points[point], value=text)


def _subnets(size: Size, ground: Ground) -> Iterator[Subnet]:
    """Yield the networks of each site: one that holds its /26 and /28, which nest, and IPv6.

    Raises ``ValueError`` when they do not fit the private networks of the estate.
    """
    per_site = -(-size.subnets // size.sites)
    block = 64 * (1 << (per_site - 1).bit_length())
    if FIRST_V4 + block * size.sites > LAST_V4:
        raise ValueError(f"{size.subnets:,} subnets do not fit 10.64.0.0 to 10.255.255.255.")
    for position in range(size.subnets):
        site = position % size.sites
        local = position // size.sites
        start = FIRST_V4 + block * site
        excluded = local % 25 == 24
        if local == 0:
            network = ipaddress.ip_network((start, 32 - (block - 1).bit_length()))
        elif local % 5 == 4:
            network = ipaddress.ip_network((FIRST_V6 + (site << 80) + (local << 64), 64))
        elif local % 10 == 3:
            network = ipaddress.ip_network((start + 64 * (local - 1) + 16, 28))
        else:
            network = ipaddress.ip_network((start + 64 * local, 26))
        yield Subnet(
            cidr=str(network),
            site=ground.sites[site],
            erl_id=None if excluded or local == 0 else ground.erl(site, local),
            excluded=excluded,
            description="VPN" if excluded else "",
        )


def _endpoints(size: Size, ground: Ground) -> Iterator[FixedEndpoint]:
    kinds = list(FixedEndpoint.Kind)
    for position in range(size.endpoints):
        site = position % size.sites
        yield FixedEndpoint(
            name=f"{ground.sites[site].name}-FX{position // size.sites + 1:04d}",
            kind=kinds[position % len(kinds)],
            site=ground.sites[site],
            number=f"+1{city_of(site).area_code}9{position:06d}",
            mac=mac(PHONE | position) if position % 2 else None,
            erl_id=ground.erl(site, position // size.sites),
        )


def mac(number: int) -> str:
    """Return a number of 48 bits as a MAC address."""
    return "-".join(f"{byte:02x}" for byte in number.to_bytes(6))
