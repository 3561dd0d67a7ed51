"""Subnets that span buildings (findings LOC020 and LOC021, and a filter of their list)."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Q

from e911portal.core.collector import collector_paused
from locations import queries
from locations.domain.buildings import Building, Host, Network, Spanning, spanning
from locations.models import ERL, ChassisID, NetworkSite, Subnet, SwitchPort


def spanning_subnets() -> Iterator[Spanning]:
    """Yield the subnets under which something stands in another building (LOC020)."""
    # Asked for aside: of 50,000 rows a join costs more, and so does the conversion of a Boolean.
    excluded = set(Subnet.objects.filter(excluded=True).values_list("pk", flat=True))
    buildings: dict[int | None, Building | None] = {
        pk: _building(address, bld)
        for pk, address, bld in ERL.objects.values_list("pk", "civic_address", "bld")
    }
    rows = Subnet.objects.order_by().values_list("sort_key", "pk", "cidr", "erl")
    networks = (
        Network(pk, cidr, key, buildings.get(erl), pk in excluded)
        for key, pk, cidr, erl in sorted(rows.iterator(chunk_size=5000))
    )
    yield from spanning(networks, _hosts())


def _building(address: int | None, bld: str | None) -> Building | None:
    return None if address is None else Building(address, (bld or "").strip().lower())


def _hosts() -> Iterator[Host]:
    """Yield the switches that announce an IP address, and where they and their ports stand."""
    addresses: dict[int, list[str]] = defaultdict(list)
    dotted = Q(value__contains=".") | Q(value__contains=":")
    for switch, value in ChassisID.objects.filter(dotted).values_list("switch", "value"):
        try:
            ipaddress.ip_address(value)
        except ValueError:
            continue  # a name
        addresses[switch].append(value)
    if not addresses:
        return
    named = ChassisID.objects.filter(dotted).values("switch")
    buildings: dict[int, set[Building]] = defaultdict(set)
    labels: dict[int, str] = {}
    for pk, name, address, bld in ChassisID.objects.filter(switch__in=named).values_list(
        "switch", "switch__name", "switch__erl__civic_address", "switch__erl__bld"
    ):
        labels[pk] = name
        buildings[pk] |= {building for building in [_building(address, bld)] if building}
    ports = SwitchPort.objects.filter(switch__in=named, erl__isnull=False).order_by()
    for pk, address, bld in (
        ports.values_list("switch", "erl__civic_address", "erl__bld").distinct().iterator()
    ):
        buildings[pk] |= {building for building in [_building(address, bld)] if building}
    for pk, texts in addresses.items():
        for text in texts:
            yield Host(text, labels[pk], frozenset(buildings[pk]))


@dataclass(slots=True)
class Unserved:
    """A site where elements stand in buildings that none of its subnets is answered with."""

    site: NetworkSite
    elements: int = 0
    #: Addresses of those buildings, with the building's name where it has one.
    buildings: list[str] = field(default_factory=list)


def sites_with_unserved_buildings() -> list[Unserved]:
    """Return the sites whose subnets must span buildings (LOC021), in name order.

    A device of which only the address is known is in one of the site's subnets.  Where each of them
    is answered with a building (excluded ones aside), those in a further building are answered with
    a wrong one.
    """
    answering = Subnet.objects.filter(excluded=False).order_by()
    unmapped = answering.filter(erl=None).values("site")
    rows = answering.exclude(site__in=unmapped)
    subnets: dict[int, set[Building | None]] = defaultdict(set)
    for site, address, bld in rows.values_list("site", "erl__civic_address", "erl__bld").distinct():
        subnets[site].add(_building(address, bld))
    if not subnets:
        return []
    uses = queries.mapped_to_erls(model for model, _ in queries.MAPPED if model is not Subnet)
    found: dict[int, Unserved] = {}
    erls = ERL.objects.filter(site__in=list(subnets)).select_related("site", "civic_address")
    for erl in erls.order_by("site__name", "name").iterator(chunk_size=2000):
        building = _building(erl.civic_address_id, erl.bld)
        if not uses.get(erl.pk) or building in subnets[erl.site_id]:
            continue
        entry = found.setdefault(erl.site_id, Unserved(erl.site))
        entry.elements += uses[erl.pk]
        words = f"{erl.civic_address} ({erl.bld})" if erl.bld else str(erl.civic_address)
        if words not in entry.buildings:
            entry.buildings.append(words)
    return list(found.values())


@collector_paused()
def spanning_keys() -> set[int]:
    """Return the keys of the subnets that one of the two findings is about."""
    sites = [entry.site.pk for entry in sites_with_unserved_buildings()]
    located = Subnet.objects.filter(site__in=sites, erl__isnull=False).order_by()
    return {found.pk for found in spanning_subnets()} | set(located.values_list("pk", flat=True))
