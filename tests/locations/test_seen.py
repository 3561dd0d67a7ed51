"""What devices report and nobody mapped: counted once per report, listed until it is mapped."""

from datetime import timedelta
from typing import Any

import pytest

from e911portal.calls import IngestResult, ingest
from locations.actions import seen
from locations.models import NetworkSite, SeenElement
from locations.queries import unmapped_elements
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db


def item(kind: str = "bssid", key: str = "00-19-5b-7f-77-0d", **values: Any) -> dict[str, Any]:
    return {
        "kind": kind, "key": key, "site": "NY1", "count": 3, "first_at": AT.isoformat(),
        "last_at": AT.isoformat(), **values,
    }  # fmt: skip


def report(*items: object, id: str = "report-1") -> dict[str, Any]:
    return {"id": id, "event": "lookup_missed", "at": AT.isoformat(), "items": list(items)}


def listed() -> list[str]:
    return [str(element) for element in unmapped_elements(SeenElement.objects.all())]


def test_report_is_counted(ny1: NetworkSite) -> None:
    result = ingest([report(item("port", "3c-4a-92-30-ec-00/gigabitethernet1/0/7"))])

    element = SeenElement.objects.get()
    assert result == IngestResult(recorded=1)
    assert (element.kind, element.key, element.port, element.count) == (
        "port", "3c-4a-92-30-ec-00", "gigabitethernet1/0/7", 3,
    )  # fmt: skip
    assert (element.site, element.last_seen_at) == (ny1, AT)


def test_same_report_again_changes_nothing(ny1: NetworkSite) -> None:
    ingest([report(item())])

    assert ingest([report(item())]) == IngestResult(repeated=1)
    assert SeenElement.objects.get().count == 3


def test_later_report_adds_up(ny1: NetworkSite) -> None:
    later = AT + timedelta(days=1)
    seen.record(report=report(item()), now=later)

    again = item(count=2, last_at=later.isoformat(), site="unknown")
    seen.record(report=report(again, id="report-2"), now=later)

    element = SeenElement.objects.get()
    assert (element.count, element.first_seen_at, element.last_seen_at) == (5, AT, later)
    assert element.site == ny1


def test_time_ahead_of_ours_is_not_believed() -> None:
    ahead = (AT + timedelta(days=400)).isoformat()

    seen.record(report=report(item(last_at=ahead)), now=AT)

    assert SeenElement.objects.get().last_seen_at == AT


@pytest.mark.parametrize(
    "nonsense",
    [
        None, [], "text", {}, item("planet"), item("mac"), item(key=""), item(key="x" * 256),
        item(key=7), item("port", "3c-4a-92-30-ec-00"), item(count=0), item(count="3"),
        item(count=True), item(count=2**31),
        item(key="a\0b"),
    ],
)  # fmt: skip
def test_entry_that_makes_no_sense_is_left_out(nonsense: object) -> None:
    assert ingest([report(nonsense, item())]) == IngestResult(recorded=1)
    assert SeenElement.objects.count() == 1


@pytest.mark.parametrize("items", [None, {}, "x", 7])
def test_report_without_items_counts_nothing(items: object) -> None:
    assert ingest([{**report(), "items": items}]) == IngestResult(recorded=1)
    assert SeenElement.objects.count() == 0


def test_calls_beside_a_report_are_recorded(ny1: NetworkSite) -> None:
    call = {"id": "e1", "event": "call_routed", "at": AT.isoformat(), "call_ref": "c1"}

    assert ingest([report(item()), call, report(item())]) == IngestResult(recorded=2, repeated=1)


def test_most_reported_comes_first() -> None:
    seen.record(
        report=report(item(key="00-00-00-00-00-01", count=1), item(key="00-00-00-00-00-02")),
        now=AT,
    )

    assert listed() == ["00-00-00-00-00-02", "00-00-00-00-00-01"]


@pytest.mark.parametrize("with_place", [True, False], ids=["with a place", "without one"])
@pytest.mark.parametrize(
    ("kind", "key", "port"),
    [
        ("bssid", "00-19-5b-7f-77-0d", ""),
        ("port", "3c-4a-92-30-ec-00", "gigabitethernet1/0/7"),
        ("chassis", "3c-4a-92-30-ec-00", ""),
        ("subnet", "10.1.1.0/24", ""),
        ("subnet", "2001:db8:1:2::/64", ""),
    ],
)
def test_element_is_listed_until_it_has_a_place(
    ny1: NetworkSite, kind: str, key: str, port: str, with_place: bool
) -> None:
    seen.record(report=report(item(kind, f"{key}/{port}" if port else key)), now=AT)
    label = f"{key} / {port}" if port else key
    assert listed() == [label]
    erl = factories.make_erl(site=ny1) if with_place else None

    factories.make_access_point(site=ny1, erl=erl, bssids=["00-19-5b-7f-77-0*"])
    switch = factories.make_switch(site=ny1, erl=erl, chassis_ids=["3c-4a-92-30-ec-00"])
    factories.make_port(switch=switch, port_id="Gi1/0/7", erl=erl)
    factories.make_subnet(site=ny1, cidr="10.1.0.0/16", erl=erl)
    factories.make_subnet(site=ny1, cidr="2001:db8::/32", erl=erl)

    assert listed() == ([] if with_place else [label])


def test_excluded_subnet_is_meant_to_give_no_place(ny1: NetworkSite) -> None:
    seen.record(report=report(item("subnet", "10.9.1.0/24")), now=AT)
    factories.make_subnet(site=ny1, cidr="10.9.0.0/16", excluded=True)

    assert listed() == []


def test_ignored_element_is_not_listed(admin: Any) -> None:
    seen.record(report=report(item()), now=AT)
    element = SeenElement.objects.get()

    seen.ignore(element=element, by=admin)
    assert listed() == []

    seen.ignore(element=element, by=admin, ignored=False)
    assert listed() == ["00-19-5b-7f-77-0d"]


def test_what_nobody_reports_any_more_is_forgotten(admin: Any) -> None:
    seen.record(report=report(item(key="00-00-00-00-00-01"), item(key="00-00-00-00-00-02")), now=AT)
    seen.ignore(element=SeenElement.objects.get(key="00-00-00-00-00-02"), by=admin)

    gone = seen.forget(now=AT + timedelta(days=181))

    assert gone == 1
    assert [element.key for element in SeenElement.objects.all()] == ["00-00-00-00-00-02"]
    assert seen.record(report=report(item()), now=AT) is True  # so long ago that it is not known


@pytest.mark.parametrize(
    ("kind", "key", "port", "suggested"),
    [
        ("subnet", "10.1.1.0/24", "", ("locations.subnet", {"cidr": "10.1.1.0/24"})),
        ("bssid", "00-19-5b-7f-77-0d", "",
         ("locations.wirelessaccesspoint", {"name": "00-19-5b-7f-77-0d"})),
        ("port", "unknown", "7", ("locations.switch", {"name": "unknown"})),
        ("chassis", "unknown", "", ("locations.switch", {"name": "unknown"})),
    ],
    ids=["subnet", "bssid", "port of an unknown switch", "chassis"],
)  # fmt: skip
def test_form_to_map_it_begins_with_what_is_known(
    ny1: NetworkSite, kind: str, key: str, port: str, suggested: tuple[str, dict[str, Any]]
) -> None:
    seen.record(report=report(item(kind, f"{key}/{port}" if port else key)), now=AT)

    model, values = suggested
    assert SeenElement.objects.get().suggestion() == (model, {**values, "site": ny1.pk})


def test_port_of_a_known_switch_is_added_to_it(ny1: NetworkSite) -> None:
    switch = factories.make_switch(site=ny1, chassis_ids=["3c-4a-92-30-ec-00"])
    seen.record(report=report(item("port", "3c-4a-92-30-ec-00/7")), now=AT)

    assert SeenElement.objects.get().suggestion() == (
        "locations.switchport",
        {"switch": switch.pk, "port_id": "7"},
    )
