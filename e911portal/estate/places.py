"""Regions, sites, addresses with their verdicts, and ERLs of a synthetic estate."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from e911portal.estate.rows import Progress, insert, insert_all
from e911portal.estate.size import Size
from locations.models import (
    ERL,
    AddressVerdict,
    CivicAddress,
    NetworkRegion,
    NetworkSite,
    ServiceProvider,
)


@dataclass(frozen=True, slots=True)
class City:
    """A city in which the estate has sites."""

    code: str
    name: str
    state: str
    postal_code: str
    area_code: str
    latitude: float
    longitude: float
    time_zone: str


CITIES = (
    City("NYC", "New York", "NY", "10001", "212", 40.75, -73.99, "America/New_York"),
    City("BOS", "Boston", "MA", "02108", "617", 42.36, -71.06, "America/New_York"),
    City("ATL", "Atlanta", "GA", "30303", "404", 33.75, -84.39, "America/New_York"),
    City("CHI", "Chicago", "IL", "60601", "312", 41.88, -87.63, "America/Chicago"),
    City("DAL", "Dallas", "TX", "75201", "214", 32.78, -96.80, "America/Chicago"),
    City("DEN", "Denver", "CO", "80202", "303", 39.74, -104.99, "America/Denver"),
    City("LAX", "Los Angeles", "CA", "90012", "213", 34.05, -118.24, "America/Los_Angeles"),
    City("SEA", "Seattle", "WA", "98101", "206", 47.61, -122.33, "America/Los_Angeles"),
)
REGIONS = ("East", "Central", "West")
STREETS = ("Cedar", "Oak", "Maple", "Pine", "Lake", "Hill", "Washington", "Park")
SUFFIXES = ("Ave", "St", "Dr", "Blvd")
COMPANY = "Example Corporation"
VALIDATED_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)

#: What the provider said, of so many out of a thousand addresses; ``none``: never asked.
VERDICTS = {"valid": 960, "adjusted": 15, "invalid": 10, "stale": 5, "none": 10}


def city_of(position: int) -> City:
    """Return the city of the site at ``position``."""
    return CITIES[position % len(CITIES)]


def make(size: Size, *, chance: random.Random, by: Any, progress: Progress) -> list[NetworkSite]:
    """Make regions and sites; return the sites in order."""
    zones = {"America/New_York": 0, "America/Chicago": 1}
    wanted = (NetworkRegion(name=name, description="Synthetic estate") for name in REGIONS)
    regions = list(insert(NetworkRegion, wanted, by=by, progress=progress))
    return list(
        insert(
            NetworkSite,
            (
                NetworkSite(
                    name=f"{city.code}{position:04d}",
                    region=regions[zones.get(city.time_zone, 2)],
                    description=f"{city.name} {position}",
                    latitude=f"{city.latitude + chance.uniform(-0.4, 0.4):.6f}",
                    longitude=f"{city.longitude + chance.uniform(-0.4, 0.4):.6f}",
                    time_zone=city.time_zone,
                )
                for position in range(size.sites)
                for city in (city_of(position),)
            ),
            by=by,
            progress=progress,
        )
    )


def make_erls(
    size: Size, sites: list[NetworkSite], *, chance: random.Random, by: Any, progress: Progress
) -> list[list[int]]:
    """Make addresses, their verdicts and ERLs; return the keys of the ERLs of each site."""
    addresses = list(insert(CivicAddress, _addresses(size, chance), by=by, progress=progress))
    verdicts = _verdicts(addresses, _provider(by, progress), chance)
    insert_all(AddressVerdict, verdicts, by=by, progress=progress)
    by_site: list[list[int]] = [[] for _ in sites]
    for position, erl in enumerate(
        insert(ERL, _erls(size, sites, addresses), by=by, progress=progress)
    ):
        by_site[position % size.sites].append(erl.pk)
    return by_site


def _provider(by: Any, progress: Progress) -> ServiceProvider:
    found = ServiceProvider.objects.filter(is_of_record=True).first()
    if found:
        return found
    provider = ServiceProvider(
        name="MSAG of the estate",
        dialect=ServiceProvider.Dialect.MSAG,
        is_of_record=True,
    )
    return next(insert(ServiceProvider, [provider], by=by, progress=progress))


def _addresses(size: Size, chance: random.Random) -> Iterator[CivicAddress]:
    """Yield the addresses, those of one site a number of sites apart."""
    for position in range(size.addresses):
        city = city_of(position % size.sites)
        yield CivicAddress(
            a1=city.state,
            a3=city.name,
            hno=str(100 + 2 * position),
            prd=chance.choice(("", "", "N", "S", "E", "W")),
            rd=chance.choice(STREETS),
            sts=chance.choice(SUFFIXES),
            pc=city.postal_code,
            latitude=f"{city.latitude + chance.uniform(-0.4, 0.4):.6f}",
            longitude=f"{city.longitude + chance.uniform(-0.4, 0.4):.6f}",
        )


def _verdicts(
    addresses: list[CivicAddress], provider: ServiceProvider, chance: random.Random
) -> Iterator[AddressVerdict]:
    for address in addresses:
        (word,) = chance.choices(list(VERDICTS), list(VERDICTS.values()))
        if word == "none":
            continue
        stale = word == "stale"
        yield AddressVerdict(
            address=address,
            provider=provider,
            provider_name=provider.name,
            verdict="valid" if stale else word,
            normal_form="0" * 64 if stale else address.normal_form,
            submitted=address.street_address().civic(),
            aspects={"msag": "valid" if word == "valid" else "invalid"},
            at=VALIDATED_AT,
        )


def _erls(size: Size, sites: list[NetworkSite], addresses: list[CivicAddress]) -> Iterator[ERL]:
    """Yield the ERLs: the buildings of a site fill floor by floor."""
    for position in range(size.erls):
        at = position % size.sites
        local = position // size.sites
        buildings = len(range(at, size.addresses, size.sites))
        floor, building = divmod(local, buildings)
        site = sites[at]
        yield ERL(
            name=f"{site.name} B{building + 1} F{floor + 1}",
            site=site,
            civic_address=addresses[at + building * size.sites],
            company=COMPANY,
            loc=f"Bldg {building + 1} Floor {floor + 1}",
            bld=f"Building {building + 1}",
            flr=str(floor + 1),
            area_sq_ft=2000 + 250 * (position % 12),
            psap_text=f"B{building + 1} FL{floor + 1}",
        )
