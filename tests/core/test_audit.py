"""The audit trail: in the transaction of the change, in a chain, and never altered."""

import threading
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError

from e911portal.core import audit
from e911portal.core.models import AuditEvent
from locations.models import ERL, NetworkSite, ServiceProvider
from tests import factories

DISARM = {
    "sqlite": ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"],
    "postgresql": ["SET LOCAL session_replication_role = replica"],
}


def tamper(statement: str, *values: Any) -> None:
    """Do what somebody with the database's own password could do."""
    with connection.cursor() as cursor:
        for step in DISARM[connection.vendor]:
            cursor.execute(step)
        cursor.execute(statement, values)


def rename(site: NetworkSite, *names: str) -> None:
    for name in names:
        site.name = name
        audit.update(site, by=None)


@pytest.mark.django_db
def test_create_records_who_what_and_the_values(admin: Any) -> None:
    site = NetworkSite(name="NY1", region=factories.make_region())

    audit.create(site, by=admin)

    event = AuditEvent.objects.get()
    assert (event.actor, event.actor_name, event.via) == (admin, "admin", "command")
    assert (event.action, event.object_label) == ("locations.networksite.created", "NY1")
    assert event.before is None
    assert event.after == audit.field_values(site)


@pytest.mark.django_db
def test_update_records_the_changed_values_only(ny1: NetworkSite) -> None:
    ny1.description = "The old exchange building"

    audit.update(ny1, by=None)

    event = AuditEvent.objects.get()
    assert event.before == {"description": ""}
    assert event.after == {"description": "The old exchange building"}


@pytest.mark.django_db
def test_update_that_changes_nothing_is_not_recorded(ny1: NetworkSite) -> None:
    audit.update(ny1, by=None)

    assert AuditEvent.objects.count() == 0


@pytest.mark.django_db
def test_delete_records_the_last_values(ny1: NetworkSite) -> None:
    values = audit.field_values(ny1)

    audit.delete(ny1, by=None)

    event = AuditEvent.objects.get()
    assert (event.action, event.before, event.after) == (
        "locations.networksite.deleted",
        values,
        None,
    )


@pytest.mark.django_db
def test_delete_records_what_goes_along_and_what_loses_its_reference(ny1: NetworkSite) -> None:
    switch = factories.make_switch(site=ny1, chassis_ids=["3c-4a-92-30-ec-00"])
    factories.make_port(switch=switch)
    erl = factories.make_erl(site=ny1)
    NetworkSite.objects.filter(pk=ny1.pk).update(default_erl=erl)
    pk = erl.pk

    audit.delete(switch, by=None)
    audit.delete(erl, by=None)

    found = AuditEvent.objects.order_by("pk").values_list("action", "before__default_erl_id")
    assert sorted(found[:2]) == [
        ("locations.chassisid.deleted", None),
        ("locations.switchport.deleted", None),
    ]
    assert list(found[2:]) == [
        ("locations.switch.deleted", None),
        ("locations.networksite.updated", pk),
        ("locations.erl.deleted", None),
    ]


@pytest.mark.django_db
def test_refused_delete_records_nothing(ny1: NetworkSite) -> None:
    erl = factories.make_erl(site=ny1)
    factories.make_subnet(site=ny1, erl=erl)

    with pytest.raises(ProtectedError):
        audit.delete(erl, by=None)

    assert AuditEvent.objects.count() == 0


@pytest.mark.django_db
def test_secret_is_recorded_as_set_only() -> None:
    provider = factories.make_provider(name="DASH", password="first")

    provider.password = "second"
    audit.update(provider, by=None)
    provider.password = ""
    audit.update(provider, by=None)

    # The change from one secret to another shows nothing that could be recorded but the fact.
    assert list(AuditEvent.objects.values_list("before__password", "after__password")) == [
        ("(set)", "")
    ]
    assert ServiceProvider.objects.get().password == ""


@pytest.mark.django_db
def test_invalid_row_is_neither_saved_nor_recorded(ny1: NetworkSite) -> None:
    with pytest.raises(ValidationError):
        audit.create(NetworkSite(name="NY1", region=ny1.region), by=None)

    assert (NetworkSite.objects.count(), AuditEvent.objects.count()) == (1, 0)


@pytest.mark.django_db
def test_record_disappears_with_its_change(ny1: NetworkSite) -> None:
    @transaction.atomic
    def change_and_collide() -> None:
        rename(ny1, "NY2")
        NetworkSite.objects.bulk_create([NetworkSite(name="NY2", region=ny1.region)])

    with pytest.raises(IntegrityError):
        change_and_collide()

    assert AuditEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_record_outside_a_transaction_is_refused() -> None:
    site = factories.make_site()

    with pytest.raises(RuntimeError, match="in the transaction of the change"):
        audit.record("updated", site)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditevent SET after = NULL",
        "UPDATE core_auditevent SET actor_name = 'somebody else'",
        "DELETE FROM core_auditevent",
    ],
)
def test_database_refuses_to_alter_the_trail(statement: str, ny1: NetworkSite) -> None:
    rename(ny1, "NY2")

    with (
        pytest.raises(DatabaseError, match=r"never (altered|deleted)"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert audit.broken_link() is None


@pytest.mark.django_db
def test_name_of_a_deleted_person_stays(ny1: NetworkSite, admin: Any) -> None:
    ny1.name = "NY2"
    audit.update(ny1, by=admin)

    admin.delete()

    event = AuditEvent.objects.get()
    assert (event.actor, event.actor_name) == (None, "admin")
    assert audit.broken_link() is None


@pytest.mark.django_db
def test_untouched_chain_holds(ny1: NetworkSite) -> None:
    factories.make_verdict()
    rename(ny1, "NY2", "NY3", "NY4")
    ny1.latitude, ny1.longitude = 40.5, -74
    audit.update(ny1, by=None)

    assert audit.broken_link() is None
    assert AuditEvent.objects.count() == 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditevent SET actor_name = 'eve' WHERE id = %s",
        "UPDATE core_auditevent SET after = NULL WHERE id = %s",
        "UPDATE core_auditevent SET previous_hash = '' WHERE id = %s",
    ],
    ids=["actor", "values", "link"],
)
def test_altered_row_shows(statement: str, ny1: NetworkSite) -> None:
    rename(ny1, "NY2", "NY3", "NY4")
    second = AuditEvent.objects.order_by("pk")[1]

    tamper(statement, second.pk)

    assert audit.broken_link() == second


@pytest.mark.django_db
def test_removed_row_shows_at_its_successor(ny1: NetworkSite) -> None:
    rename(ny1, "NY2", "NY3", "NY4")
    _, second, third = AuditEvent.objects.order_by("pk")

    tamper("DELETE FROM core_auditevent WHERE id = %s", second.pk)

    assert audit.broken_link() == third


@pytest.mark.django_db
def test_rows_cut_off_at_the_end_show_by_a_noted_head(ny1: NetworkSite) -> None:
    assert (audit.head(), audit.holds("")) == ("", True)
    rename(ny1, "NY2", "NY3")
    noted = audit.head()
    rename(ny1, "NY4")
    assert audit.holds(noted)

    tamper("DELETE FROM core_auditevent WHERE id >= %s", int(noted.partition(":")[0]))

    assert audit.broken_link() is None
    assert not audit.holds(noted)


@pytest.mark.django_db
@pytest.mark.parametrize("noted", ["1", "x:y", "999999:00", ":", "1:1:1"])
def test_nonsense_holds_nothing(noted: str, ny1: NetworkSite) -> None:
    rename(ny1, "NY2")

    assert not audit.holds(noted)


@pytest.mark.django_db
def test_rows_put_in_another_order_show(ny1: NetworkSite) -> None:
    rename(ny1, "NY2", "NY3", "NY4")
    first, second, _ = AuditEvent.objects.order_by("pk")

    # One after the other: a key that is still taken is refused, even within one statement.
    tamper("UPDATE core_auditevent SET id = -1 WHERE id = %s", first.pk)
    with connection.cursor() as cursor:
        for new, old in ((first.pk, second.pk), (second.pk, -1)):
            cursor.execute("UPDATE core_auditevent SET id = %s WHERE id = %s", [new, old])

    assert audit.broken_link() is not None


@pytest.mark.django_db(transaction=True)
def test_writers_side_by_side_make_one_chain() -> None:
    sites = [factories.make_site(name=f"S{number}") for number in range(4)]
    failures: list[BaseException] = []

    def work(site: NetworkSite) -> None:
        try:
            rename(site, *(f"{site.name}-{number}" for number in range(5)))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(site,)) for site in sites]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert AuditEvent.objects.count() == 20
    assert audit.broken_link() is None


@pytest.mark.django_db
def test_history_of_an_object_is_newest_first(ny1: NetworkSite, la1: NetworkSite) -> None:
    rename(ny1, "NY2", "NY3")
    rename(la1, "LA2")

    found = AuditEvent.objects.of(ny1).values_list("after__name", flat=True)

    assert list(found) == ["NY3", "NY2"]


@pytest.mark.django_db
def test_unpublished_changes_are_those_devices_would_see(ny1: NetworkSite) -> None:
    rename(ny1, "NY2")
    watermark = AuditEvent.objects.get().pk
    erl: ERL = factories.make_erl(site=ny1)
    erl.room = "12"
    audit.update(erl, by=None)
    desk = factories.make_desk()
    desk.phone = "1"
    audit.update(desk, by=None)

    found = AuditEvent.objects.unpublished_since(watermark)

    assert [event.action for event in found] == ["locations.erl.updated"]
