"""“Delete what is missing”: a plan of its own, with what it takes along and what forbids it."""

import pytest
from django.contrib.auth.models import User

from e911portal import importing
from e911portal.core.models import AuditEvent
from locations.models import ERL, NetworkSite, Subnet, Switch, SwitchPort
from notifications.models import Subscription
from tests import factories
from tests.locations.importers.estates import planned, state, verdicts

pytestmark = pytest.mark.django_db


def test_rows_that_the_file_lacks_are_deleted_and_come_back_by_undo(ny1: NetworkSite) -> None:
    for number in (1, 2, 3):
        factories.make_subnet(site=ny1, cidr=f"10.1.{number}.0/24")
    before = state()
    plan = planned("network,site\n10.1.2.0/24,NY1\n", name="subnets.csv", delete_missing=True)

    assert verdicts(plan) == ["delete", "delete"]
    assert [row.label for row in plan.rows] == ["10.1.1.0/24", "10.1.3.0/24"]
    batch = importing.apply(batch=importing.store(plan, by=None), by=None)
    assert list(Subnet.objects.values_list("cidr", flat=True)) == ["10.1.2.0/24"]
    assert AuditEvent.objects.filter(action="locations.subnet.deleted").count() == 2
    importing.undo(batch=batch, by=None)
    assert state() == before


def test_nothing_is_added_or_changed_by_a_plan_of_deletions(ny1: NetworkSite) -> None:
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24")
    text = "network,site,description\n10.1.1.0/24,NY1,new words\n10.1.2.0/24,NY1,\n"

    plan = planned(text, name="subnets.csv", delete_missing=True)

    assert (plan.rows, plan.operations) == ([], [])


def test_what_goes_along_is_told_and_restored(ny1: NetworkSite) -> None:
    switch = factories.make_switch(name="sw-1", site=ny1, chassis_ids=["00-00-00-00-00-01"])
    factories.make_port(switch=switch, port_id="1")
    factories.make_port(switch=switch, port_id="2")
    factories.make_switch(name="sw-2", site=ny1)
    before = state()

    plan = planned("name\nsw-2\n", name="switches.csv", delete_missing=True, dialect="own")

    assert sorted(plan.rows[0].notes) == ["and 1 chassis id", "and 2 switch ports"]
    batch = importing.apply(batch=importing.store(plan, by=None), by=None)
    assert (Switch.objects.count(), SwitchPort.objects.count()) == (1, 0)
    importing.undo(batch=batch, by=None)
    assert state() == before


def test_place_that_goes_with_an_element_is_told(ny1: NetworkSite) -> None:
    erl = factories.make_erl(name="Lobby", site=ny1)
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=erl)
    factories.make_subnet(site=ny1, cidr="10.1.2.0/24")

    plan = planned("network,site\n", name="subnets.csv", delete_missing=True)

    assert {row.label: row.differences for row in plan.rows} == {
        "10.1.1.0/24": [("erl", "Lobby", "")],
        "10.1.2.0/24": [],
    }


def test_rows_that_lose_a_reference_are_named_and_then_counted(ny1: NetworkSite) -> None:
    gone = factories.make_site(name="Gone", region=ny1.region)
    for number in range(7):
        factories.make_voice_user(display_name=f"Anna {number}", home_site=gone)

    text = "name,region\nNY1,NorthAmerica\n"
    (row,) = planned(text, name="sites.csv", delete_missing=True).rows

    assert (row.verdict.value, len(row.notes)) == ("delete", 6)
    assert row.notes[0] == "voice user “Anna 0” has no home site any more"
    assert row.notes[-1] == "nor have 2 voice users more"


def test_row_in_use_is_a_conflict_that_names_its_users(ny1: NetworkSite) -> None:
    used = factories.make_erl(name="Used", site=ny1)
    factories.make_erl(name="Kept", site=ny1)
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=used)

    row = planned("name,loc\nKept,\n", name="erls.csv", delete_missing=True).rows[0]

    assert (row.verdict.value, row.label, row.message) == (
        "conflict", "Used", "It is still used by subnet “10.1.1.0/24”.",
    )  # fmt: skip


def test_rows_that_use_each_other_go_together(ny1: NetworkSite) -> None:
    erl = factories.make_erl(name="Roof", site=ny1)
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=erl)
    files = [("erls.csv", b"name,loc\n"), ("subnets.csv", b"network,excluded\n")]

    plan = importing.plan(files, delete_missing=True)
    importing.apply(batch=importing.store(plan, by=None), by=None)

    assert (ERL.objects.count(), Subnet.objects.count()) == (0, 0)


def test_reference_that_may_be_empty_is_cleared_and_comes_back(ny1: NetworkSite) -> None:
    erl = factories.make_erl(name="Lobby", site=ny1)
    ny1.default_erl = erl
    ny1.save()
    before = state()

    plan = planned("name,loc\n", name="erls.csv", delete_missing=True)
    assert [row.notes for row in plan.rows] == [["network site “NY1” has no default ERL any more"]]
    batch = importing.apply(batch=importing.store(plan, by=None), by=None)

    ny1.refresh_from_db()
    assert (ERL.objects.count(), ny1.default_erl) == (0, None)
    importing.undo(batch=batch, by=None)
    assert state() == before


def test_rows_of_other_apps_go_along_and_come_back(ny1: NetworkSite) -> None:
    erl = factories.make_erl(name="Lobby", site=ny1)
    factories.make_subscription(erl=erl)

    plan = planned("name,loc\n", name="erls.csv", delete_missing=True)
    batch = importing.apply(batch=importing.store(plan, by=None), by=None)

    assert (plan.rows[0].notes, Subscription.objects.count()) == (["and 1 subscription"], 0)
    importing.undo(batch=batch, by=None)
    assert Subscription.objects.get().erl == erl


def test_site_limits_what_can_be_missing(ny1: NetworkSite, la1: NetworkSite) -> None:
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24")
    factories.make_subnet(site=la1, cidr="10.2.1.0/24")

    plan = planned("network,site\n", name="subnets.csv", delete_missing=True, site="LA1")

    assert [row.label for row in plan.rows] == ["10.2.1.0/24"]


def test_rows_of_another_site_are_conflicts(
    ny1: NetworkSite, la1: NetworkSite, ny_admin: User
) -> None:
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24")
    factories.make_subnet(site=la1, cidr="10.2.1.0/24")

    plan = planned("network,site\n", name="subnets.csv", delete_missing=True, by=ny_admin)

    assert [(row.label, row.verdict.value) for row in plan.rows] == [
        ("10.1.1.0/24", "delete"), ("10.2.1.0/24", "conflict"),
    ]  # fmt: skip


def test_row_that_is_not_understood_deletes_nothing(ny1: NetworkSite) -> None:
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24")

    plan = planned("network,site\n10.1.1.9/24,NY1\n", name="subnets.csv", delete_missing=True)

    assert (verdicts(plan), plan.operations) == (["error"], [])


def test_dialect_that_does_not_hold_a_whole_set_is_refused(ny1: NetworkSite) -> None:
    with pytest.raises(importing.Unreadable, match="Lync Server CSV does not hold the whole"):
        planned("Identity,Mask,SiteID\n10.1.1.0,24,NY1\n", delete_missing=True)
