"""Applying and undoing imports: as a whole or not at all, with rights and the audit trail."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from guardian.shortcuts import assign_perm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from e911portal import importing
from e911portal.core import audit
from e911portal.core.models import AuditEvent
from locations.models import ERL, CivicAddress, NetworkSite, Subnet, SwitchPort
from tests import factories
from tests.locations.importers.estates import applied, planned, state, verdicts

pytestmark = pytest.mark.django_db

ADDRESS = (
    "Location,CompanyName,HouseNumber,HouseNumberSuffix,PreDirectional,StreetName,StreetSuffix,"
    "PostDirectional,City,State,PostalCode,Country"
)
PORTS = f"ChassisID,PortIDSubType,PortID,Description,{ADDRESS}"
CEDAR = "Lobby,Unplug,12345,,N,Cedar,Dr,,New York,NY,98765,US"
CHASSIS = "00-00-00-00-00-01"


def ports(*rows: str) -> str:
    return "\n".join((PORTS, *rows)) + "\n"


@pytest.fixture
def port(ny1: NetworkSite) -> SwitchPort:
    """Port 7 of a switch of NY1, described as Desk, without a location."""
    switch = factories.make_switch(name="sw-1", site=ny1, chassis_ids=[CHASSIS])
    return factories.make_port(switch=switch, port_id="7", description="Desk")


def test_apply_and_undo_restore_every_row(port: SwitchPort) -> None:
    before = state()

    batch = applied(ports(f"{CHASSIS},7,7,Changed,{CEDAR}", f"{CHASSIS},7,8,New,{CEDAR}"))
    assert state() != before
    undone = importing.undo(batch=batch, by=None)

    assert (undone.state, state()) == ("undone", before)


def test_every_change_has_its_audit_row_in_an_unbroken_chain(port: SwitchPort, admin: User) -> None:
    plan = planned(ports(f"{CHASSIS},7,7,Changed,{CEDAR}"))
    batch = importing.apply(batch=importing.store(plan, by=admin), by=admin)

    events = list(AuditEvent.objects.order_by("pk").values_list("action", "object_label"))
    assert events == [
        ("locations.civicaddress.created", "12345 N Cedar Dr, New York, NY 98765"),
        ("locations.erl.created", "Lobby"),
        ("locations.switchport.updated", "sw-1 / 7"),
        ("locations.importbatch.applied", str(batch)),
    ]
    updated = AuditEvent.objects.get(action="locations.switchport.updated")
    erl = ERL.objects.get()
    assert (updated.actor, updated.object_id, updated.publishable) == (admin, str(port.pk), True)
    assert (updated.before, updated.after) == (
        {"erl_id": None, "description": "Desk"}, {"erl_id": erl.pk, "description": "Changed"},
    )  # fmt: skip
    created = AuditEvent.objects.get(action="locations.erl.created")
    assert {**audit.field_values(erl)} == created.after
    assert audit.broken_link() is None


def test_plan_writes_nothing(port: SwitchPort) -> None:
    before = (state(), AuditEvent.objects.count(), importing.ImportBatch.objects.count())

    planned(ports(f"{CHASSIS},7,7,Changed,{CEDAR}"))

    assert (state(), AuditEvent.objects.count(), importing.ImportBatch.objects.count()) == before


def test_plan_takes_a_constant_number_of_queries(
    port: SwitchPort, django_assert_num_queries: Any
) -> None:
    rows = [f"{CHASSIS},7,{number},New,{CEDAR}" for number in range(200)]

    with django_assert_num_queries(7):
        assert len(planned(ports(*rows)).rows) == 200


def test_import_twice_changes_nothing(port: SwitchPort) -> None:
    text = ports(f"{CHASSIS},7,7,Changed,{CEDAR}", f"{CHASSIS},7,8,New,{CEDAR}")
    applied(text)

    again = planned(text)

    assert (verdicts(again), again.operations) == (["unchanged", "unchanged"], [])


# ---------------------------------------------------------------- the database moved on


def test_row_that_changed_since_the_plan_refuses_the_whole(port: SwitchPort) -> None:
    plan = planned(ports(f"{CHASSIS},7,7,Changed,{CEDAR}", f"{CHASSIS},7,8,New,{CEDAR}"))
    batch = importing.store(plan, by=None)
    SwitchPort.objects.update(description="Edited")
    before = state()

    with pytest.raises(importing.Refused) as refused:
        importing.apply(batch=batch, by=None)

    assert str(refused.value) == (
        "Rows changed since the plan was made. Plan again. "
        "switch port “sw-1 / 7”: description is “Edited”, not “Desk”."
    )
    batch.refresh_from_db()
    assert (batch.state, batch.message, state()) == ("refused", str(refused.value), before)


@pytest.mark.parametrize(
    ("between", "reason"),
    [
        (lambda port: port.delete(), "switch port “sw-1 / 7” is gone"),
        (
            lambda port: factories.make_port(switch=port.switch, port_id="8"),
            "switch port “sw-1 / 8” exists now",
        ),
        (lambda port: ERL.objects.filter(name="Old").delete(), "the ERL of “sw-1 / 8” is gone"),
    ],
    ids=["deleted", "added", "reference deleted"],
)
def test_what_the_plan_took_for_granted_is_checked(
    port: SwitchPort, between: Any, reason: str
) -> None:
    known = factories.make_address(hno="500")
    factories.make_erl(name="Old", site=port.switch.site, civic_address=known, loc="Old")
    old = "Old,,500,,N,Cedar,Dr,,New York,NY,98765,US"
    plan = planned(ports(f"{CHASSIS},7,7,Changed,{CEDAR}", f"{CHASSIS},7,8,New,{old}"))
    batch = importing.store(plan, by=None)
    between(port)

    with pytest.raises(importing.Refused) as refused:
        importing.apply(batch=batch, by=None)

    assert refused.value.reasons == [reason]


def test_batch_is_applied_once(port: SwitchPort) -> None:
    batch = applied(ports(f"{CHASSIS},7,7,Changed,{CEDAR}"))

    with pytest.raises(importing.Refused, match="is applied already"):
        importing.apply(batch=batch, by=None)
    importing.undo(batch=batch, by=None)
    with pytest.raises(importing.Refused, match="is undone already"):
        importing.undo(batch=batch, by=None)


def test_plan_with_a_problem_is_not_applied(port: SwitchPort) -> None:
    plan = planned(ports(f"{CHASSIS},7,7,Changed,{CEDAR}", f"{CHASSIS},9,8,New,{CEDAR}"))
    before = state()

    with pytest.raises(importing.Refused, match="conflicts or errors"):
        importing.apply(batch=importing.store(plan, by=None), by=None)

    assert state() == before


def test_undo_names_rows_that_were_edited_since(port: SwitchPort) -> None:
    batch = applied(ports(f"{CHASSIS},7,7,Changed,{CEDAR}", f"{CHASSIS},7,8,New,{CEDAR}"))
    SwitchPort.objects.filter(port_id="8").update(description="Edited")
    factories.make_subnet(site=port.switch.site, cidr="10.1.1.0/24", erl=ERL.objects.get())
    factories.make_verdict(address=CivicAddress.objects.get())
    before = state()

    with pytest.raises(importing.Refused) as refused:
        importing.undo(batch=batch, by=None)

    assert refused.value.reasons == [
        "switch port “sw-1 / 8”: description is “Edited”, not “New”",
        "address verdict “Valid: 12345 N Cedar Dr, New York, NY 98765” still uses a row that would "
        "be deleted",
        "subnet “10.1.1.0/24” still uses a row that would be deleted",
    ]
    batch.refresh_from_db()
    assert (batch.state, state()) == ("applied", before)


def test_undo_leaves_other_edits_of_a_changed_row(port: SwitchPort) -> None:
    batch = applied("switch,port_id,description\nsw-1,7,Changed\n", name="switch_ports.csv")
    erl = factories.make_erl(site=port.switch.site)
    SwitchPort.objects.update(erl=erl)

    importing.undo(batch=batch, by=None)

    port.refresh_from_db()
    assert (port.description, port.erl) == ("Desk", erl)


# ---------------------------------------------------------------- rights


def test_site_administrator_imports_for_the_own_site(
    port: SwitchPort, ny_admin: User, la1: NetworkSite
) -> None:
    factories.make_switch(name="sw-la", site=la1, chassis_ids=["00-00-00-00-00-02"])
    text = "switch,port_id,description\nsw-1,7,Mine\nsw-1,8,Mine\n"

    plan = planned(text, name="switch_ports.csv", by=ny_admin)
    importing.apply(batch=importing.store(plan, by=ny_admin), by=ny_admin)

    assert sorted(SwitchPort.objects.values_list("port_id", "description")) == [
        ("7", "Mine"), ("8", "Mine"),
    ]  # fmt: skip


def test_rows_of_another_site_are_conflicts(
    port: SwitchPort, ny_admin: User, la1: NetworkSite
) -> None:
    factories.make_switch(name="sw-la", site=la1, chassis_ids=["00-00-00-00-00-02"])
    text = "switch,port_id,description\nsw-1,7,Mine\nsw-la,8,Theirs\n"

    plan = planned(text, name="switch_ports.csv", by=ny_admin)

    assert verdicts(plan) == ["change", "conflict"]
    assert plan.rows[1].message == (
        "You may not add this switch port: it is of a site that you have no right to, if there is "
        "one."
    )


def test_row_may_not_be_moved_to_another_site(
    port: SwitchPort, ny_admin: User, la1: NetworkSite
) -> None:
    plan = planned("name,site\nsw-1,LA1\n", name="switches.csv", by=ny_admin)

    assert plan.rows[0].message == (
        "You may not change this switch: it is of a site that you have no right to, if there is "
        "one."
    )


def test_shared_rows_need_a_right_of_their_own(port: SwitchPort, ny_admin: User) -> None:
    text = ports(f"{CHASSIS},7,7,Changed,{CEDAR}")

    row = planned(text, by=ny_admin).rows[0]
    assert row.message == ("You may not add civic address “12345 N Cedar Dr, New York, NY 98765”.")
    ny_admin.user_permissions.add(Permission.objects.get(codename="add_civicaddress"))
    assert verdicts(planned(text, by=User.objects.get(pk=ny_admin.pk))) == ["change"]


def test_rights_are_asked_again_when_the_plan_is_applied(
    port: SwitchPort, ny_admin: User, stranger: User
) -> None:
    text = "switch,port_id,description\nsw-1,7,Changed\nsw-1,8,New\n"
    batch = importing.store(planned(text, name="switch_ports.csv", by=ny_admin), by=ny_admin)

    with pytest.raises(importing.Refused) as refused:
        importing.apply(batch=batch, by=stranger)

    assert refused.value.reasons == [
        "you may not add switch ports",
        "switch port “sw-1 / 7” belongs to a site you may not change",
    ]


def test_new_row_on_a_site_of_somebody_else_is_refused_at_writing(
    port: SwitchPort, ny_admin: User, la1: NetworkSite
) -> None:
    la_admin = factories.make_user("la_admin")
    assign_perm("change_networksite", la_admin, la1)
    text = "switch,port_id\nsw-1,8\n"
    batch = importing.store(planned(text, name="switch_ports.csv", by=ny_admin), by=ny_admin)

    with pytest.raises(importing.Refused) as refused:
        importing.apply(batch=batch, by=la_admin)

    assert (refused.value.reasons, SwitchPort.objects.count()) == (
        ["switch port “sw-1 / 8” belongs to a site you may not change"], 1,
    )  # fmt: skip


def test_batches_are_seen_by_who_made_them(port: SwitchPort, ny_admin: User, auditor: User) -> None:
    plan = planned("switch,port_id,description\nsw-1,7,Mine\n", name="switch_ports.csv")
    mine = importing.store(plan, by=ny_admin)
    theirs = importing.store(plan, by=None)

    visible = importing.ImportBatch.objects.visible_to

    assert list(visible(ny_admin)) == [mine]
    assert sorted(visible(auditor), key=lambda batch: batch.pk) == [mine, theirs]


# ---------------------------------------------------------------- the stored plan


def test_stored_plan_gives_back_its_rows_page_by_page(
    port: SwitchPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing.ImportBatch, "PART", 2)
    rows = [f"{CHASSIS},7,{number},New,{CEDAR}" for number in range(10, 15)]
    plan = planned(ports(f"{CHASSIS},9,1,,{CEDAR}", f"{CHASSIS},7,7,Desk,,,,,,,,,,,,", *rows))

    batch = importing.store(plan, by=None)

    assert (batch.totals(), batch.is_blocked) == ({"error": 1, "add": 5, "unchanged": 1}, True)
    assert [row.label for row in batch.rows("add", first=1, limit=3)] == [
        "sw-1 / 11", "sw-1 / 12", "sw-1 / 13",
    ]  # fmt: skip
    assert batch.rows() == [plan.rows[0], *plan.rows[2:], plan.rows[1]]
    assert [o.as_list() for o in batch.plan_operations()] == [
        [*o.as_list()[:-1], o.key] for o in plan.operations
    ]


# ---------------------------------------------------------------- laws

NUMBERS = st.sampled_from(["1", "2", "3", "Gi1/0/1", "gigabitethernet1/0/1"])
PLACES = st.sampled_from([CEDAR, CEDAR.replace("Lobby", "Roof"), ",,,,,,,,,,,"])
FILES = st.lists(
    st.builds(
        lambda chassis, port, text, place: f"00-00-00-00-00-0{chassis},7,{port},{text},{place}",
        st.integers(1, 3), NUMBERS, st.sampled_from(["", "a", "b"]), PLACES,
    ),
    max_size=8,
)  # fmt: skip


@given(first=FILES, second=FILES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_apply_then_undo_is_nothing_and_apply_twice_is_once(
    port: SwitchPort, first: list[str], second: list[str]
) -> None:
    for text in (ports(*first), ports(*second)):
        before = state()
        plan = planned(text, site="NY1")
        if plan.problems:
            assert {row.verdict.value for row in plan.problems} == {"conflict"}
            continue
        batch = importing.apply(batch=importing.store(plan, by=None), by=None)
        assert planned(text, site="NY1").operations == []
        importing.undo(batch=batch, by=None)
        assert state() == before
        plan = planned(text, site="NY1")
        importing.apply(batch=importing.store(plan, by=None), by=None)


def test_subnet_is_not_touched_by_an_import_of_ports(port: SwitchPort) -> None:
    subnet = factories.make_subnet(site=port.switch.site)

    applied(ports(f"{CHASSIS},7,7,Changed,{CEDAR}"))

    assert list(Subnet.objects.all()) == [subnet]
