"""What locations contributes to a publication: findings, and its part of the snapshot file."""

from collections.abc import Iterable, Iterator
from itertools import starmap

from django.db.models import Count, Q

from e911portal.core.findings import Finding, Severity, Subject
from e911portal.core.snapshot import SnapshotWriter
from e911portal.core.wording import how_many
from locations import lookup, queries, spanning
from locations.domain import checks
from locations.domain.resolution import ERLRecord
from locations.models import (
    BSSID,
    ERL,
    ChassisID,
    CivicAddress,
    FixedEndpoint,
    NetworkSite,
    Subnet,
    Switch,
    SwitchPort,
)

#: Metres around the address point that an ERL is assumed to lie in, where nothing better is known.
DEFAULT_RADIUS_M = 30
#: Prefixes that no building has: shorter than /8.
_WIDE = Q(cidr__regex=r"/[0-7]$")
#: Sites, networks and so on that a finding names before it leaves it at that.
_NAMED = 3


def check() -> Iterator[Finding]:
    """Yield everything a person should repair before (ERROR, WARNING) or after (INFO)
    publishing."""
    yield from _check_addresses()
    yield from _check_places()
    for row, cover in queries.colliding_wildcards():
        yield Finding(
            Severity.INFO,
            "LOC015",
            f"The BSSID lies inside {cover}, which is mapped to the same location.",
            Subject("locations.wirelessaccesspoint", row.access_point_id, str(row)),
            "Remove one of the two.",
        )
    yield from _check_wire_map()
    if queries.provider_of_record() is None:
        yield Finding(
            Severity.WARNING,
            "LOC016",
            "No active provider of record: no address can be proven.",
            None,
            "Add the E9-1-1 service provider and mark it as the provider of record.",
        )


def _check_addresses() -> Iterator[Finding]:
    used = dict(
        ERL.objects.values_list("civic_address")
        .annotate(n=Count("pk"))
        .values_list("civic_address", "n")
    )
    for standing in queries.standings(CivicAddress.objects.order_by("pk")):
        address = standing.address
        yield from checks.check_address(
            address.street_address(),
            standing.status,
            used.get(address.pk, 0),
            Subject("locations.civicaddress", address.pk, str(address)),
        )


def _check_places() -> Iterator[Finding]:
    uses = queries.erl_uses()
    inside = ("LOC", "BLD", "FLR", "UNIT", "ROOM", "SEAT")
    erls = ERL.objects.order_by("pk").values_list(
        "pk", "name", "area_sq_ft", "site__max_erl_area", "psap_text", *map(str.lower, inside)
    )
    for pk, name, area, max_area, psap_text, *parts in erls.iterator(chunk_size=5000):
        facts = checks.PlaceFacts(
            area_sq_ft=area,
            max_area=max_area,
            psap_text=psap_text,
            civic=dict(zip(inside, parts, strict=True)),
            used=uses.get(pk, 0),
        )
        yield from checks.check_place(facts, Subject("locations.erl", pk, name))


def _check_wire_map() -> Iterator[Finding]:
    """Yield elements that are not where their site is, match nothing, or match too much."""
    for use in queries.elements_of_other_sites():
        sites = _named(use.sites)
        yield Finding(
            Severity.WARNING,
            "LOC017",
            f"{how_many(use.elements, f'element of {sites} is', f'elements of {sites} are')} "
            f"answered with this location of {use.site}, for example {use.example}.",
            Subject("locations.erl", use.erl_id, use.erl),
            "Map them to a location of their own site, or correct their site.",
        )
    yield from _check_buildings()
    for switch in Switch.objects.filter(chassis_ids__isnull=True).order_by("pk"):
        yield Finding(
            Severity.WARNING,
            "LOC018",
            "The switch has no chassis id, so no device is found at it or at its ports.",
            Subject("locations.switch", switch.pk, switch.name),
            "Add what it announces by LLDP, one chassis id for each member of a stack.",
        )
    for subnet in Subnet.objects.filter(erl__isnull=False).filter(_WIDE).order_by("pk"):
        yield Finding(
            Severity.WARNING,
            "LOC019",
            "The subnet is so wide that it places nearly everybody, also who is elsewhere.",
            Subject("locations.subnet", subnet.pk, subnet.cidr),
            "Map the networks of this place instead.",
        )


def _check_buildings() -> Iterator[Finding]:
    """Yield subnets with which devices in another building are answered."""
    for subnet in spanning.spanning_subnets():
        # A network that was taken out of a larger one is often meant so; a switch is where it is.
        yield Finding(
            Severity.WARNING if subnet.hosts else Severity.INFO,
            "LOC020",
            "The subnet is answered with one building, and another holds "
            f"{_named(subnet.hosts or subnet.networks)}, which has an address in it.",
            Subject("locations.subnet", subnet.pk, subnet.cidr),
            "Map the networks of each building, or clear the location: then ports, access points "
            "and the site decide.",
        )
    for entry in spanning.sites_with_unserved_buildings():
        yield Finding(
            Severity.INFO,
            "LOC021",
            f"{how_many(entry.elements, 'element stands', 'elements stand')} in buildings with "
            f"which none of the site's subnets is answered: {_named(entry.buildings)}. Where only "
            "the address of a device there is known, another building is answered.",
            Subject("locations.networksite", entry.site.pk, entry.site.name),
            "Map the networks of those buildings; clear the location of a subnet that spans them.",
        )


def _named(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")


def compile(writer: SnapshotWriter) -> None:
    """Write the tables of ``locations.lookup`` from the draft; call it inside one consistent
    read."""
    for name, ddl in lookup.TABLES.items():
        writer.table(name, ddl)
    erls = list(_erls())
    writer.rows(
        "erl",
        (lookup.erl_row(erl.id, erl.name, site, erl.verdict, erl.record) for erl, site in erls),
    )
    writer.rows("civic", lookup.civic_rows(erl for erl, _ in erls))
    writer.rows("city", lookup.city_rows(erl for erl, _ in erls))
    writer.rows("site", _sites())
    writer.rows("bssid", _bssids())
    writer.rows("port", _ports())
    writer.rows("chassis", _chassis())
    _subnets(writer)
    endpoints = list(FixedEndpoint.objects.order_by("pk"))
    writer.rows("mac", _keyed((endpoint.mac, endpoint) for endpoint in endpoints))
    writer.rows("uri", _keyed((uri, endpoint) for endpoint in endpoints for uri in _uris(endpoint)))


def _erls() -> Iterator[tuple[ERLRecord, int]]:
    """Yield each ERL as the snapshot answers it, with the key of its site."""
    used = CivicAddress.objects.filter(pk__in=ERL.objects.values("civic_address"))
    standing = {entry.address.pk: entry for entry in queries.standings(used)}
    erls = ERL.objects.select_related("site", "civic_address").order_by("pk")
    for erl in erls.iterator(chunk_size=2000):
        entry = standing[erl.civic_address_id]
        address = erl.civic_address
        has_point = address.latitude is not None
        record = {
            "name": erl.name,
            "location": erl.loc,
            "company": erl.company,
            "site": erl.site.name,
            "civic": erl.civic(),
            "psap_text": erl.psap_text,
            "area_sq_ft": erl.area_sq_ft,
            "lat": float(address.latitude) if has_point else None,
            "lon": float(address.longitude) if has_point else None,
            "radius_m": DEFAULT_RADIUS_M if has_point else None,
            "verdict": (
                {"status": entry.status, "provider": entry.provider, "at": entry.at}
                if entry.at
                else None
            ),
        }
        yield ERLRecord(erl.pk, erl.name, erl.site.name, entry.status, record), erl.site_id


def _sites() -> Iterator[tuple[object, ...]]:
    for site in NetworkSite.objects.select_related("region").order_by("pk"):
        record = {
            "region": site.region.name,
            "lat": float(site.latitude) if site.latitude is not None else None,
            "lon": float(site.longitude) if site.longitude is not None else None,
            "time_zone": site.time_zone,
        }
        yield lookup.site_row(site.pk, site.name, site.default_erl_id, record)


def _bssids() -> Iterator[tuple[object, ...]]:
    rows = BSSID.objects.order_by("value").values_list(
        "value", "access_point__erl_id", "access_point__site_id"
    )
    return starmap(lookup.bssid_row, rows.iterator(chunk_size=5000))


def _ports() -> Iterator[tuple[object, ...]]:
    """Return each port once per chassis of its stack: a phone names whichever member is the
    master."""
    rows = (
        SwitchPort.objects.filter(switch__chassis_ids__isnull=False)
        .order_by("switch__chassis_ids__value", "port_key", "subtype")
        .values_list(
            "switch__chassis_ids__value",
            "port_key",
            "subtype",
            "port_id",
            "erl_id",
            "switch__site_id",
        )
    )
    return starmap(lookup.port_row, rows.iterator(chunk_size=5000))


def _chassis() -> Iterator[tuple[object, ...]]:
    rows = ChassisID.objects.order_by("value").values_list(
        "value", "switch__erl_id", "switch__site_id"
    )
    return starmap(lookup.keyed_row, rows.iterator(chunk_size=5000))


def _subnets(writer: SnapshotWriter) -> None:
    rows = list(
        Subnet.objects.order_by("pk").values_list("pk", "cidr", "erl_id", "site_id", "excluded")
    )
    writer.rows("subnet", starmap(lookup.subnet_row, rows))
    ip4, ip6 = lookup.range_rows((row[0], row[1]) for row in rows)
    writer.rows("ip4", ip4)
    writer.rows("ip6", ip6)


def _uris(endpoint: FixedEndpoint) -> list[str]:
    """Return the URIs by which an endpoint is known: its SIP URI, and its number as a tel URI."""
    number = f"tel:{endpoint.number}" if endpoint.number else None
    return list(dict.fromkeys(uri for uri in (endpoint.sip_uri, number) if uri))


def _keyed(pairs: Iterable[tuple[str | None, FixedEndpoint]]) -> Iterator[tuple[object, ...]]:
    for key, endpoint in pairs:
        if key:
            yield lookup.keyed_row(key, endpoint.erl_id, endpoint.site_id)
