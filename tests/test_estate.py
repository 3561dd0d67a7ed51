"""The synthetic estate: as large as asked, the same at every run, publishable, all or nothing."""

import hashlib
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.color import no_style
from django.db import connection, transaction

from e911portal import exporting, publishing
from e911portal.core.audit import broken_link
from e911portal.core.models import AuditEvent
from e911portal.estate.build import build
from e911portal.estate.size import Size
from locations import lookup
from locations.domain.resolution import Clue
from locations.exporters.ali import Sender
from locations.models import (
    BSSID,
    ERL,
    AddressVerdict,
    ChassisID,
    CivicAddress,
    NetworkSite,
    Subnet,
    SwitchPort,
)
from routing.models import LocationPolicy, SitePolicy, VoiceRoute
from tests import factories

SMALL = Size.of(600, sites=3, subnets=90)


@pytest.fixture
def estate(db: None) -> None:
    build(SMALL, progress=_quiet)


def _quiet(_: str) -> None:
    pass


def _digest() -> str:
    """Return a digest of everything that a publication of the draft would hold."""
    with publishing.draft_snapshot() as draft:
        tables = [
            name
            for (name,) in draft.db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'meta' ORDER BY 1"
            )
        ]
        content: dict[str, Any] = {
            name: draft.db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
            for name in tables
        }
    return hashlib.sha256(json.dumps(content, default=repr).encode()).hexdigest()


@pytest.mark.parametrize(
    ("ports", "bssids", "subnets", "erls", "sites"),
    [(500_000, 100_000, 50_000, 20_000, 200), (600, 120, 60, 24, 1), (1, 4, 1, 1, 1)],
    ids=["of the figures", "small", "least"],
)
def test_size_has_the_ratios_of_the_figures(
    ports: int, bssids: int, subnets: int, erls: int, sites: int
) -> None:
    size = Size.of(ports)

    assert (size.bssids, size.subnets, size.erls, size.sites) == (bssids, subnets, erls, sites)


@pytest.mark.parametrize(
    "given", [{"ports": 0}, {"ports": 100, "bssids": -1}, {"ports": 100, "erls": 2, "sites": 3}],
    ids=["no port", "negative", "fewer ERLs than sites"],
)  # fmt: skip
def test_impossible_size_is_refused(given: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Size.of(**given)


@pytest.mark.usefixtures("estate")
def test_estate_has_the_rows_asked_for() -> None:
    assert {
        model: model.objects.count() for model in (NetworkSite, SwitchPort, BSSID, Subnet, ERL)
    } == {NetworkSite: 3, SwitchPort: 600, BSSID: 120, Subnet: 90, ERL: 24}
    assert SitePolicy.objects.count() == 3
    assert VoiceRoute.objects.count() == 5


@pytest.mark.usefixtures("estate")
def test_estate_has_stacks_wildcards_nesting_and_both_ip_versions() -> None:
    stacked = ChassisID.objects.values_list("switch").distinct().count()

    assert ChassisID.objects.count() > stacked
    assert BSSID.objects.filter(value__endswith="*").count() == 3
    assert Subnet.objects.filter(cidr__contains=":").count() == 18
    assert Subnet.objects.filter(cidr__endswith="/28").count() == 9
    assert Subnet.objects.filter(excluded=True).count() == 3


@pytest.mark.usefixtures("estate")
def test_nested_subnet_resolves_to_the_most_specific() -> None:
    inner = Subnet.objects.filter(cidr__endswith="/28", erl__isnull=False).first()
    AddressVerdict.objects.all().delete()
    factories.make_verdict(address=inner.erl.civic_address)

    with publishing.draft_snapshot() as draft:
        ip = inner.cidr.split("/")[0]
        answer = lookup.resolve(draft, Clue(ip=ip), now=factories.AT)

    assert (answer.tier, answer.matched) == ("subnet", inner.cidr)


@pytest.mark.usefixtures("estate")
def test_estate_may_be_published_with_its_warnings() -> None:
    plan = publishing.plan()

    assert plan.errors == []
    # Nobody is notified: desks are people, and an estate has none.
    assert {finding.code for finding in plan.warnings} == {"NOT001", "NOT003"}


@pytest.mark.usefixtures("estate")
def test_each_kind_is_one_change_in_an_unbroken_trail() -> None:
    trail = AuditEvent.objects.order_by("pk")

    assert trail.values("object_type").distinct().count() == trail.count()
    assert (
        trail.get(object_type="locations.switchport").object_label == "600 generated switch ports"
    )
    assert broken_link() is None


def _exported(directory: Path) -> dict[str, bytes]:
    """Return the bytes of every export of the draft, by format and file."""
    context = exporting.Context(date(2026, 11, 21), Sender("Example Corporation", "EXMPL"))
    found = {}
    for name in sorted(exporting.FORMATS):
        out = directory / name
        out.mkdir(parents=True)
        for path in exporting.export(name, out, context).files:
            found[f"{name}/{path.name}"] = path.read_bytes()
    return found


def test_same_arguments_make_the_same_estate(db: None, tmp_path: Path) -> None:
    digests, exports = [], []
    # PostgreSQL gives no row number twice, even after a rollback, unless told to.
    restart = connection.ops.sequence_reset_by_name_sql(
        no_style(), connection.introspection.sequence_list()
    )
    for run, seed in enumerate((911, 911, 7)):
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in restart:
                cursor.execute(statement)
            build(SMALL, seed=seed, progress=_quiet)
            digests.append(_digest())
            exports.append(_exported(tmp_path / str(run)))
            transaction.set_rollback(True)

    assert digests[0] == digests[1]
    assert digests[0] != digests[2]
    assert {name.split("/")[0] for name in exports[0]} == set(exporting.FORMATS)
    differing = {name for name, content in exports[0].items() if exports[1][name] != content}
    assert differing == set()
    assert exports[0] != exports[2]


def test_command_refuses_an_occupied_draft(ny1: NetworkSite) -> None:
    with pytest.raises(CommandError, match="Give --add"):
        call_command("estate", "--ports", "100", stdout=io.StringIO(), stderr=io.StringIO())

    assert CivicAddress.objects.count() == 0


def test_command_adds_beside_the_sites_there_are(ny1: NetworkSite) -> None:
    factories.make_location_policy(scope=LocationPolicy.Scope.GLOBAL)
    out = io.StringIO()

    call_command("estate", "--ports", "100", "--add", stdout=out, stderr=io.StringIO())

    assert out.getvalue().startswith("Made 100 ports, 20 BSSIDs, 10 subnets and 4 ERLs at 1 sites")
    assert NetworkSite.objects.count() == 2


def test_second_estate_is_refused_whole(db: None) -> None:
    call_command("estate", "--ports", "100", stdout=io.StringIO(), stderr=io.StringIO())

    with pytest.raises(CommandError, match="there already"):
        call_command(
            "estate", "--ports", "100", "--add", stdout=io.StringIO(), stderr=io.StringIO()
        )

    assert SwitchPort.objects.count() == 100


def test_estate_too_large_for_its_networks_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="do not fit"):
        call_command(
            "estate", "--ports", "100", "--subnets", "300000",
            stdout=io.StringIO(), stderr=io.StringIO(),
        )  # fmt: skip

    assert NetworkSite.objects.count() == 0
