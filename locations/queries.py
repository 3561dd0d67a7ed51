"""Reads that span several models of the location information service."""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    CASCADE,
    Count,
    Exists,
    F,
    Min,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from locations.domain.checks import address_status
from locations.models import (
    BSSID,
    ERL,
    CivicAddress,
    FixedEndpoint,
    NetworkSite,
    SeenElement,
    ServiceProvider,
    Subnet,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)
from locations.models.places import CivicAddressQuerySet
from locations.models.seen import SeenElementQuerySet


@dataclass(frozen=True, slots=True)
class AddressStanding:
    """An address and what its provider says of it; ``at`` is ISO 8601 in UTC."""

    address: CivicAddress
    status: str
    provider: str
    at: str


def standings(addresses: CivicAddressQuerySet) -> Iterator[AddressStanding]:
    """Yield each address with its status: a verdict, ``stale`` or ``none``."""
    for address in addresses.with_verdict().iterator(chunk_size=2000):
        at = address.verdict_at
        yield AddressStanding(
            address=address,
            status=address_status(
                address.verdict_status, address.verdict_form, address.normal_form
            ),
            provider=address.verdict_provider or "",
            at=f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else "",
        )


def with_standing(erls: QuerySet[ERL]) -> QuerySet[ERL]:
    """Annotate ERLs as ``with_verdict`` does addresses, and ``address_form``, the address's form
    now."""
    address = CivicAddress.objects.with_verdict().filter(pk=OuterRef("civic_address"))
    names = ("verdict_status", "verdict_form", "verdict_at", "verdict_provider")
    return erls.annotate(
        address_form=F("civic_address__normal_form"),
        **{name: Subquery(address.values(name)[:1]) for name in names},
    )


def provider_of_record() -> ServiceProvider | None:
    """Return the provider whose verdict decides what may be published."""
    return ServiceProvider.objects.filter(is_of_record=True, is_active=True).first()


#: Models of the wire map that carry an ERL, with the path to their site.
MAPPED = (
    (SwitchPort, "switch__site"),
    (Switch, "site"),
    (WirelessAccessPoint, "site"),
    (Subnet, "site"),
    (FixedEndpoint, "site"),
)


@dataclass(slots=True)
class Coverage:
    """How much of a site resolves to a validated place: elements in all, located, validated."""

    site: NetworkSite
    elements: int = 0
    located: int = 0
    validated: int = 0

    @property
    def percent(self) -> int:
        """Return the validated share in percent; a site without elements has nothing located."""
        return 100 * self.validated // self.elements if self.elements else 0

    @property
    def level(self) -> str:
        """Return the share in a word for map and pages: empty, none, part or full."""
        if not self.elements:
            return "empty"
        if self.validated == self.elements:
            return "full"
        return "part" if self.validated else "none"


def coverage(sites: QuerySet[NetworkSite]) -> list[Coverage]:
    """Return the coverage of each site, in name order, in a constant number of queries.

    Excluded subnets do not count: they never give a location, and are not meant to.
    """
    result = {site.pk: Coverage(site) for site in sites.select_related("region").order_by("name")}
    valid = set(erl_keys(valid=True))
    for model, path in MAPPED:
        for site, erl, number in _numbers(model, path):
            if site in result:
                _count(result[site], erl, number, valid)
    return list(result.values())


def _numbers(
    model: type[Any], path: str, of: NetworkSite | None = None
) -> Iterator[tuple[int, int | None, int]]:
    """Yield site, ERL and how many elements of ``model`` (whose site is at ``path``) have both, of
    all sites or one; excluded subnets are left out.

    They are added up here: PostgreSQL looks through the valid ERLs for each element, once more for
    each of half a million.
    """
    rows = model.objects.filter(**{path: of} if of else {})
    if model is Subnet:
        rows = rows.filter(excluded=False)
    numbers = rows.order_by().values(site_id_=F(path)).annotate(number=Count("pk"))
    yield from numbers.values_list("site_id_", "erl_id", "number").iterator(chunk_size=2000)


def _count(into: "Coverage | KindCoverage", erl: int | None, number: int, valid: set[int]) -> None:
    into.elements += number
    into.located += number if erl else 0
    into.validated += number if erl in valid else 0


@dataclass(slots=True)
class KindCoverage:
    """How much of one kind of element of a site is located and validated."""

    model: type[Model]
    elements: int = 0
    located: int = 0
    validated: int = 0

    @property
    def noun(self) -> str:
        """Return what the elements are called."""
        return str(self.model._meta.verbose_name_plural)


def coverage_of(site: NetworkSite) -> tuple[Coverage, list[KindCoverage]]:
    """Return the coverage of one site, in all and by kind of element."""
    valid = set(erl_keys(valid=True))
    total, kinds = Coverage(site), []
    for model, path in MAPPED:
        kind = KindCoverage(model)
        for _, erl, number in _numbers(model, path, site):
            _count(kind, erl, number, valid)
            _count(total, erl, number, valid)
        kinds.append(kind)
    return total, kinds


def orphans(model: type[Model]) -> QuerySet[Any]:
    """Return the rows of ``model`` that nothing refers to, but for what goes along with a row: its
    own history, and its place in lists such as that of a validation run."""
    rows = model._default_manager.all()
    for relation in model._meta.related_objects:
        if relation.on_delete is not CASCADE and not relation.many_to_many:
            users = relation.related_model._base_manager.filter(
                **{relation.field.name: OuterRef("pk")}
            )
            rows = rows.filter(~Exists(users))
    return rows


def addresses_standing(status: str) -> list[int]:
    """Return the keys of the addresses with ``status``: a verdict, ``stale`` or ``none``.

    Keys, and no subquery: PostgreSQL cannot tell how many addresses have one, expects a single one,
    and reads all ports again for each.
    """
    found = CivicAddress.objects.with_verdict().order_by()
    if status == "none":
        found = found.filter(verdict_status__isnull=True)
    elif status == "stale":
        found = found.exclude(verdict_form=F("normal_form")).filter(verdict_status__isnull=False)
    else:
        found = found.filter(verdict_status=status, verdict_form=F("normal_form"))
    return list(found.values_list("pk", flat=True))


def erl_keys(*, valid: bool) -> list[int]:
    """Return the keys of the ERLs whose address is valid as it now stands, or of all others."""
    addresses = set(addresses_standing("valid"))
    rows = ERL.objects.order_by().values_list("pk", "civic_address")
    return [key for key, address in rows if (address in addresses) is valid]


def erl_uses() -> dict[int, int]:
    """Return how many elements are mapped to each ERL that has any; a site's default counts one."""
    uses = mapped_to_erls(model for model, _ in MAPPED)
    for erl_id in NetworkSite.objects.values_list("default_erl_id", flat=True):
        if erl_id:
            uses[erl_id] = uses.get(erl_id, 0) + 1
    return uses


def mapped_to_erls(models: Iterable[type[Any]]) -> dict[int, int]:
    """Return how many rows of ``models`` are mapped to each ERL that has any."""
    uses: dict[int, int] = {}
    for model in models:
        rows = model.objects.filter(erl__isnull=False).values("erl_id").annotate(n=Count("pk"))
        for row in rows:
            uses[row["erl_id"]] = uses.get(row["erl_id"], 0) + row["n"]
    return uses


@dataclass(slots=True)
class ForeignUse:
    """Elements of other sites that are answered with one ERL: how many, of which sites, the
    first."""

    erl_id: int
    erl: str
    site: str
    elements: int = 0
    sites: list[str] = field(default_factory=list)
    example: str = ""


def elements_of_other_sites() -> list[ForeignUse]:
    """Return each ERL that elements of another site are mapped to, with what uses it there.

    Counted in the database: a mistake in one file may touch every element of the estate.
    ``foreign`` lists the elements themselves.
    """
    found: dict[int, ForeignUse] = {}
    for model, site in MAPPED:
        related = ["switch"] if model is SwitchPort else []
        uses = list(
            foreign(model.objects.order_by(), site)
            .values("erl", "erl__name", "erl__site__name", f"{site}__name")
            .annotate(n=Count("pk"), first=Min("pk"))
            .order_by("erl", f"{site}__name")
            .values_list("erl", "erl__name", "erl__site__name", f"{site}__name", "n", "first")
        )
        firsts = {erl: first for erl, *_, first in reversed(uses) if erl not in found}
        examples = model.objects.select_related(*related).in_bulk(firsts.values())
        for erl, name, home, elsewhere, number, _ in uses:
            use = found.setdefault(erl, ForeignUse(erl, name, home))
            use.elements += number
            if elsewhere not in use.sites:
                use.sites.append(elsewhere)
            use.example = use.example or str(examples[firsts[erl]])
    return list(found.values())


def foreign(rows: QuerySet[Any], site: str = "site") -> QuerySet[Any]:
    """Return the elements among ``rows`` whose ERL is one of another site; ``site`` is the path to
    theirs."""
    return rows.filter(erl__isnull=False).exclude(erl__site=F(site))


def colliding_wildcards() -> list[tuple[BSSID, BSSID]]:
    """Return pairs of a BSSID and the wildcard that covers it with the very same ERL."""
    mapped = BSSID.objects.filter(access_point__erl__isnull=False)
    columns = ("pk", "value", "access_point__erl")
    wildcards = {
        value.rstrip("*"): (pk, erl)
        for pk, value, erl in mapped.filter(value__endswith="*").values_list(*columns)
    }
    if not wildcards:
        return []
    found: list[tuple[int, int]] = []
    for pk, value, erl in mapped.order_by("pk").values_list(*columns).iterator(chunk_size=5000):
        text = value.rstrip("*")
        for prefix in (text[:16], text[:15]):
            cover, same = wildcards.get(prefix, (pk, None))
            if cover != pk and same == erl:
                found.append((pk, cover))
                break
    rows = BSSID.objects.select_related("access_point").in_bulk(
        {pk for pair in found for pk in pair}
    )
    return [(rows[pk], rows[cover]) for pk, cover in found]


def unmapped_elements(elements: SeenElementQuerySet, *, limit: int = 200) -> list[SeenElement]:
    """Return the elements that devices report and nobody has mapped, the most reported first.

    ``elements`` are those that the person may see.  A network inside a mapped or excluded subnet is
    none of them, whatever its size.
    """
    networks = set(
        Subnet.objects.filter(Q(erl__isnull=False) | Q(excluded=True)).values_list(
            "cidr", flat=True
        )
    )
    lengths = sorted({int(cidr.partition("/")[2]) for cidr in networks})
    found: list[SeenElement] = []
    for element in elements.unmapped().select_related("site").iterator(chunk_size=500):
        if element.kind != SeenElement.Kind.SUBNET or not _inside(element.key, networks, lengths):
            found.append(element)
        if len(found) == limit:
            break
    return found


def _inside(cidr: str, networks: set[str], lengths: list[int]) -> bool:
    network = ipaddress.ip_network(cidr)
    return any(
        str(network.supernet(new_prefix=length)) in networks
        for length in lengths
        if length <= network.prefixlen
    )
