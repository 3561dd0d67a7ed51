"""What is exported can be imported again: the same estate, and byte for byte the same files."""

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.db import transaction

from e911portal import exporting, importing
from e911portal.estate.build import build
from e911portal.estate.size import Size
from e911portal.worked_example import places, ways_out
from locations.exporters.ali import Sender
from locations.models import BSSID, ERL, NetworkRegion, NetworkSite, Subnet, SwitchPort
from routing.models import EmergencyNumber, LocationPolicy, Trunk, VoicePolicy, VoiceRoute
from tests import factories

pytestmark = pytest.mark.django_db

CONTEXT = exporting.Context(date(2026, 11, 21), Sender("Example Corporation", "EXMPL"))


def worked_example() -> None:
    places.load(by=None, provider_url="http://127.0.0.1:8020/")
    ways_out.load(by=None)


def everything() -> None:
    """The worked example, and one row of whatever a file could spoil."""
    worked_example()
    site = NetworkSite.objects.get(name="NY1")
    odd = factories.make_erl(
        name="=HYPERLINK(1)",
        site=site,
        civic_address=factories.make_address(
            rd="Åsa, “Main”", latitude="40.100000", longitude="-73.000000", pcn="Yonkers", hns="½"
        ),
        loc='Lab; "cold", room\\1',
        description="-minus",
        area_sq_ft=900,
    )
    NetworkSite.objects.filter(pk=site.pk).update(default_erl=odd, max_erl_area=7000)
    factories.make_subnet(site=site, cidr="2001:db8:1::/64", erl=odd)
    factories.make_subnet(site=site, cidr="10.9.0.0/16", excluded=True, description="VPN")
    campus = factories.make_erl(site=site, loc="Campus")
    factories.make_subnet(site=site, cidr="10.8.0.0/16", erl=campus, description="Campus")
    factories.make_subnet(site=site, cidr="10.8.0.0/24", erl=odd, description="Its first floor")
    factories.make_subnet(site=site, cidr="10.7.0.0/16", erl=campus)
    factories.make_subnet(site=site, cidr="10.7.0.0/24")
    stack = factories.make_switch(
        name="stack", site=site, erl=odd, chassis_ids=["3c-4a-92-00-00-01", "10.0.0.9", "core 1"]
    )
    factories.make_port(switch=stack, port_id="Gi1/0/1", subtype=5, description="@desk")
    factories.make_port(switch=stack, port_id="Gi1/0/1", subtype=1, erl=odd)
    factories.make_access_point(
        site=site, erl=odd, bssids=["00-19-5b-00-00-0*", "00-19-5b-00-01-*"]
    )
    factories.make_fixed_endpoint(
        site=site, sip_uri="sip:lobby@example.com", mac="00-11-22-33-44-55"
    )
    factories.make_msag_range(prd="N", rd="Cedar", sts="Dr")
    usages = [factories.make_usage(name="second; usage"), factories.make_usage(name="first usage")]
    factories.make_voice_policy(name="two usages", usages=usages)
    factories.make_route(name="two trunks", trunks=[factories.make_trunk(), factories.make_trunk()])
    factories.make_elin(erl=odd)
    factories.make_location_policy(
        name="two numbers",
        numbers={"911": ["9911", "112"], "933": []},
        disclaimer="Line one\nLine two; with 'quotes'",
        notification_uris=["sip:a@example.com", "sip:b@example.com"],
    )


def ways_of_all_kinds() -> None:
    """The worked example, and what a script could spoil of policies, usages and trunks."""
    worked_example()
    names = ("O’Neill's", "Tab\tand $(sum)", "brackets (a,b); {c}")
    usages = [factories.make_usage(name=name) for name in names]
    factories.make_voice_policy(name="three usages", usages=reversed(usages))
    factories.make_voice_policy(name="Global", usages=usages[:1])
    factories.make_trunk(host="unused.example.com")
    factories.make_location_policy(
        name="two numbers",
        numbers={"911": ["9911", "112"], "933": []},
        disclaimer="Line one\nLine two; with 'quotes' and ’ curly “ones” for `$5`",
        notification_uris=["sip:a@example.com", "sip:b@example.com"],
    )


def estate() -> None:
    build(Size.of(600, sites=3, subnets=90), progress=lambda _: None)


def exported(name: str, directory: Path) -> list[tuple[str, bytes]]:
    """Return the files of an export."""
    done = exporting.export(name, directory, CONTEXT)
    return [(path.name, path.read_bytes()) for path in done.files]


def taken_over(files: list[tuple[str, bytes]], **options: str) -> None:
    """Import files, which must have no trouble."""
    plan = importing.plan(files, **options)
    assert [(row.file, row.line, row.message) for row in plan.problems] == []
    importing.apply(batch=importing.store(plan, by=None), by=None)


def in_an_empty_database(fill: Callable[[], None], name: str, directory: Path):
    """Return the export of what ``fill`` makes; the database is empty again."""
    with transaction.atomic():
        fill()
        files = exported(name, directory)
        transaction.set_rollback(True)
    assert NetworkRegion.objects.count() == 0
    return files


@pytest.mark.parametrize("fill", [worked_example, everything, estate], ids=lambda it: it.__name__)
def test_own_csv_comes_back_byte_for_byte(fill: Callable[[], None], tmp_path: Path) -> None:
    first = in_an_empty_database(fill, "own", tmp_path / "first")

    taken_over(first)

    assert exported("own", tmp_path / "second") == first


def test_own_csv_has_a_file_per_table(tmp_path: Path) -> None:
    tables = [table for table in importing.TABLES.values() if table.columns]

    files = exported("own", tmp_path / "out")

    assert [name for name, _ in files] == [f"{table.name}.csv" for table in tables]
    for (_, content), table in zip(files, tables, strict=True):
        assert content.decode("utf-8-sig") == ",".join(table.headings) + "\r\n"


@pytest.mark.parametrize("fill", [worked_example, everything, estate], ids=lambda it: it.__name__)
def test_lync_csv_comes_back_byte_for_byte(fill: Callable[[], None], tmp_path: Path) -> None:
    first = in_an_empty_database(fill, "lync-csv", tmp_path / "first")
    region = factories.make_region()
    networks = dict(first)["netsubnets.csv"].decode("utf-8-sig").splitlines()[1:]
    sites = sorted({line.rsplit(", ", 1)[1] for line in networks})
    for name in sites:
        factories.make_site(name=name, region=region)

    taken_over(first, site=sites[0])

    assert exported("lync-csv", tmp_path / "second") == first


@pytest.mark.parametrize(
    "fill", [worked_example, ways_of_all_kinds, estate], ids=lambda it: it.__name__
)
def test_lync_script_makes_the_same_estate(fill: Callable[[], None], tmp_path: Path) -> None:
    with transaction.atomic():
        fill()
        script = exported("lync-ps", tmp_path / "lync.ps1")
        tables = exported("lync-csv", tmp_path / "first")
        policies = policies_and_routes()
        site = NetworkSite.objects.order_by("name").first().name
        transaction.set_rollback(True)

    taken_over(script, site=site)

    assert exported("lync-csv", tmp_path / "second") == tables
    assert policies_and_routes() == policies


def policies_and_routes() -> dict[str, object]:
    """Return what a script for Lync says of policies and routes."""
    return {
        "policies": list(
            LocationPolicy.objects.order_by("name").values_list(
                "scope", "disclaimer", "pstn_usage__name", "notification_uris", "conference_uri"
            )
        ),
        "numbers": sorted(
            (policy if scope == "tagged" else "Global", number, *masks)  # Lync's name for it
            for policy, scope, number, masks in EmergencyNumber.objects.values_list(
                "policy__name", "policy__scope", "dial_string", "masks"
            )
        ),
        "routes": [
            (route.name, route.number_pattern, route.priority, route.alternate_caller_id,
             [entry.usage.name for entry in route.route_usages.order_by("position", "pk")])
            for route in VoiceRoute.objects.order_by("name")
        ],
        "voice policies": [
            (policy.name, [use.usage.name for use in policy.policy_usages.order_by("position")])
            for policy in VoicePolicy.objects.order_by("name")
        ],
        "trunks": [
            (host, any(trunk.sends_pidf_lo for trunk in Trunk.objects.filter(host=host)))
            for host in sorted(set(Trunk.objects.values_list("host", flat=True)))
        ],
    }  # fmt: skip


def test_workbook_has_frozen_headers_and_no_formula(tmp_path: Path) -> None:
    everything()

    exporting.export("xlsx", tmp_path / "estate.xlsx", CONTEXT)

    book = openpyxl.load_workbook(tmp_path / "estate.xlsx")
    assert book.sheetnames == [table.name for table in importing.TABLES.values() if table.columns]
    assert {page.freeze_panes for page in book.worksheets} == {"A2"}
    names = [cell.value for cell in book["erls"]["A"]]
    assert "'=HYPERLINK(1)" in names
    kinds = {cell.data_type for page in book for row in page.iter_rows() for cell in row}
    assert "f" not in kinds


def test_workbook_comes_back(tmp_path: Path) -> None:
    with transaction.atomic():
        everything()
        exporting.export("xlsx", tmp_path / "estate.xlsx", CONTEXT)
        first = exported("own", tmp_path / "first")
        transaction.set_rollback(True)

    taken_over([("estate.xlsx", (tmp_path / "estate.xlsx").read_bytes())])

    assert exported("own", tmp_path / "second") == first


def test_archive_of_the_same_estate_is_the_same(tmp_path: Path) -> None:
    worked_example()

    for name in ("one.zip", "two.zip"):
        exporting.export("own", tmp_path / name, CONTEXT)

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        exporting.export("own", tmp_path / "loose", CONTEXT)
        loose = {path.name: path.read_bytes() for path in (tmp_path / "loose").iterdir()}
        assert {name: archive.read(name) for name in archive.namelist()} == loose


def test_export_changes_nothing(tmp_path: Path) -> None:
    worked_example()
    before = [model.objects.count() for model in (ERL, BSSID, Subnet, SwitchPort)]

    for name in exporting.WORDS:
        target = tmp_path / name
        exporting.export(name, target, CONTEXT)

    assert [model.objects.count() for model in (ERL, BSSID, Subnet, SwitchPort)] == before


def test_a_failed_export_leaves_the_file_that_was_there(tmp_path: Path, monkeypatch) -> None:
    target = tmp_path / "estate.xlsx"
    target.write_bytes(b"earlier")
    monkeypatch.setattr(exporting.workbook, "MAX_ROWS", 1)
    worked_example()

    with pytest.raises(exporting.Unwritable, match="more than 1 rows"):
        exporting.export("xlsx", target, CONTEXT)

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [
        ("estate.xlsx", b"earlier")
    ]


def test_several_files_need_a_directory(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("here")

    with pytest.raises(exporting.Unwritable, match="is a file"):
        exporting.export("own", target, CONTEXT)
