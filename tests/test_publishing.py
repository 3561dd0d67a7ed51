"""Publication: what reaches devices, what refuses it, and the way back."""

import threading
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from e911portal import activation, publishing, simulation
from e911portal.core import audit, snapshot
from e911portal.core.models import Activation, AuditEvent, Publication
from e911portal.core.snapshot import SnapshotError
from locations.models import ERL, SwitchPort
from routing.models import PSTNUsage, VoiceRoute
from tests import factories
from tests.core.test_audit import tamper
from tests.publication.history import finding_names, publish

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("publications")]

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CHASSIS = "3c-4a-92-30-ec-00"


@pytest.fixture
def estate(admin, ny1):
    """A mapped port at a proven address, and a way out for NY1."""
    address = factories.make_address(hno="12345")
    factories.make_verdict(address=address)
    erl = factories.make_erl(name="New York Wired", site=ny1, civic_address=address, loc="Wired")
    switch = factories.make_switch(site=ny1, chassis_ids=[CHASSIS])
    factories.make_port(switch=switch, port_id="7", erl=erl)
    usage = factories.make_usage(name="E911 (NY)")
    trunk = factories.make_trunk(name="provider", last_resort=1)
    factories.make_route(name="E911(NY)", usages=[usage], trunks=[trunk])
    policy = factories.make_location_policy(name="New York", pstn_usage=usage)
    factories.make_site_policy(site=ny1, location_policy=policy)
    factories.make_provider(is_of_record=True)
    return erl


def answer(port="7"):
    """Ask the active publication where a port is."""
    clue = {"chassis": CHASSIS, "port": port}
    return simulation.resolve(publishing.active_snapshot(), clue, now=NOW)


def test_nothing_is_answered_before_the_first_publication(estate):
    assert publishing.active_snapshot() is None


def test_draft_is_answered_only_after_publishing(estate, admin):
    publish(by=admin, comment="first")

    found = answer()

    assert (found["erl"]["name"], found["publication"]) == ("New York Wired", 1)


def test_edit_after_publishing_reaches_nobody(estate, admin):
    publish()
    port = SwitchPort.objects.get(port_id="7")
    port.erl = None
    audit.update(port, by=admin)

    assert answer()["erl"]["name"] == "New York Wired"


def test_refused_address_is_never_answered(estate, ny1):
    refused = factories.make_address(hno="99999")
    factories.make_verdict(address=refused, verdict="invalid")
    annex = factories.make_erl(name="Annex", site=ny1, civic_address=refused)
    factories.make_port(switch=SwitchPort.objects.get().switch, port_id="8", erl=annex)
    publish()

    assert answer("8")["located"] is False


def test_edited_address_is_withheld_until_validated_again(estate, admin):
    address = estate.civic_address
    address.hno = "12346"
    audit.update(address, by=admin)
    publish()

    assert answer()["located"] is False


def test_publication_is_refused_while_an_error_stands(estate, admin):
    address = estate.civic_address
    type(address).objects.filter(pk=address.pk).update(rd="")

    with pytest.raises(publishing.Refused) as refusal:
        publish()

    assert [entry.code for entry in refusal.value.findings] == ["LOC007"]
    failed = Publication.objects.get()
    assert failed.state == Publication.State.FAILED
    assert [entry["code"] for entry in failed.findings] == ["LOC007"]


def test_publication_is_refused_while_a_warning_is_not_acknowledged(estate, publications):
    factories.make_erl(civic_address=factories.make_address(), site=estate.site)

    with pytest.raises(publishing.Refused) as refusal:
        publishing.publish(by=None)

    assert "LOC001" in [entry.code for entry in refusal.value.findings]
    assert list(publications.glob("*.sqlite3")) == []


def test_acknowledged_warnings_are_kept_with_the_publication(estate):
    factories.make_erl(civic_address=factories.make_address(), site=estate.site)

    publication = publish()

    assert any(name.startswith("LOC001:") for name in publication.acknowledged)


def test_element_that_would_lose_its_location_must_be_acknowledged_by_name(estate, admin):
    publish()
    port = SwitchPort.objects.get(port_id="7")
    port.erl = None
    audit.update(port, by=admin)

    gate = [entry for entry in publishing.plan().findings if entry.code == "PUB001"]

    assert [publishing.finding_name(entry) for entry in gate] == [f"PUB001:{CHASSIS} / 7"]
    with pytest.raises(publishing.Refused):
        publishing.publish(by=None)


def test_site_that_would_lose_its_way_out_must_be_acknowledged_by_name(estate):
    publish()
    VoiceRoute.objects.all().delete()

    assert "PUB002:NY1" in finding_names()


def test_subnet_and_user_that_would_lose_their_way_out_must_be_acknowledged_by_name(estate, ny1):
    subnet = factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=estate)
    office = factories.make_voice_policy(name="Office", usages=[PSTNUsage.objects.get()])
    user = factories.make_voice_user(voice_policy=office)
    empty = factories.make_site(name="LA1")
    publish()
    type(subnet).objects.update(site=empty)
    type(user).objects.update(voice_policy=None)

    assert {name for name in finding_names() if name.startswith("PUB")} == {
        "PUB002:NY1 → LA1 (1 element)",
        "PUB003:NY1 → LA1 (1 element)",
        "PUB002:1 user (voice policy Office → voice policy none)",
    }
    with pytest.raises(publishing.Refused):
        publishing.publish(by=None)


def test_plan_names_what_would_change(estate, ny1, admin):
    publish()
    other = factories.make_erl(name="Other", site=ny1, civic_address=estate.civic_address)
    port = SwitchPort.objects.get(port_id="7")
    port.erl = other
    audit.update(port, by=admin)

    changes = {entry.kind: entry.rows for entry in publishing.plan().changes}

    (row,) = changes["Switch port"]
    assert (row.effect, row.before, row.after) == (
        "moves",
        "New York Wired (by port)",
        "Other (by port)",
    )


def test_plan_of_an_unchanged_draft_is_empty(estate):
    publish()

    assert publishing.plan().changes == []


def test_unpublished_changes_are_counted_from_the_publication(estate, admin):
    publish()
    before = publishing.plan().unpublished
    estate.loc = "Second floor"
    audit.update(estate, by=admin)

    assert (before, publishing.plan().unpublished) == (0, 1)


def test_rollback_answers_as_before_and_keeps_the_draft(estate, admin):
    publish()
    port = SwitchPort.objects.get(port_id="7")
    port.erl = None
    audit.update(port, by=admin)
    publish()

    publishing.rollback(number=1, by=admin)

    assert answer()["publication"] == 1
    assert answer()["located"] is True
    assert SwitchPort.objects.get(port_id="7").erl is None
    assert publishing.plan().unpublished == 1
    assert Publication.objects.get(state="active").number == 1


def test_rollback_to_a_damaged_file_is_refused(estate, publications):
    publish()
    publish()
    path = publications / "1.sqlite3"
    path.write_bytes(path.read_bytes()[:-1] + b"\0\0")

    with pytest.raises(SnapshotError):
        publishing.rollback(number=1, by=None)

    assert answer()["publication"] == 2


def test_rollback_to_a_file_that_is_gone_is_refused(estate, publications):
    publish()
    publish()
    (publications / "1.sqlite3").unlink()

    with pytest.raises(SnapshotError, match=r"1\.sqlite3 cannot be read"):
        publishing.rollback(number=1, by=None)


def test_rollback_to_an_unknown_number_is_refused(estate):
    publish()

    with pytest.raises(Publication.DoesNotExist):
        publishing.rollback(number=7, by=None)


def test_rows_follow_the_pointer_after_a_crash_between_the_two(estate, publications):
    publish()
    publish()
    first = Publication.objects.get(number=1)
    snapshot.activate(publications, 1, first.file, first.sha256)

    assert publishing.active_publication() == first


def test_database_that_knows_less_than_devices_were_told_takes_no_number_again(
    estate, publications
):
    publish()
    publish()
    Activation.objects.all().delete()
    Publication.objects.all().delete()

    publication = publish()

    assert publication.number == 3
    assert sorted(path.name for path in publications.glob("*.sqlite3")) == [
        "1.sqlite3", "2.sqlite3", "3.sqlite3",
    ]  # fmt: skip
    assert answer()["publication"] == 3


def test_publication_that_fails_removes_no_file_but_its_own(estate, publications, monkeypatch):
    publish()
    monkeypatch.setattr(publishing, "_next_number", lambda: 2)
    (publications / "2.sqlite3").write_bytes(b"somebody's")
    monkeypatch.setattr(publishing, "_compile", lambda *args, **values: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        publishing.publish(by=None)

    assert (publications / "2.sqlite3").read_bytes() == b"somebody's"
    assert answer()["publication"] == 1


def test_publishing_leaves_an_audit_row(estate, admin):
    publish(by=admin)

    event = AuditEvent.objects.get(action="core.publication.published")

    assert (event.actor, event.after) == (admin, {"number": 1})


def test_access_keys_are_published_as_hashes(estate):
    factories.make_access_key("secret key", name="PBX", may_route=True)
    publish()

    published = publishing.active_snapshot()
    (row,) = published.db.execute("SELECT name, scopes FROM access_key")

    assert row == ("PBX", "location,sip")
    assert b"secret key" not in published.path.read_bytes()


@pytest.mark.django_db(transaction=True)
def test_compilation_takes_no_write_lock(settings, tmp_path):
    factories.make_provider(is_of_record=True)
    with publishing.consistent_read():
        seen = ERL.objects.count()
        done = []

        def write():
            """Commit on another connection while the draft is being read."""
            with transaction.atomic():
                factories.make_erl()
            connection.close()
            done.append(True)

        thread = threading.Thread(target=write)
        thread.start()
        thread.join(timeout=15)

        assert (done, ERL.objects.count()) == ([True], seen)


def test_draft_that_was_compared_with_another_publication_does_not_become_active(estate):
    publish()
    slow = Publication.objects.create(number=2, file="1.sqlite3", state=Publication.State.READY)
    newer = Publication.objects.create(number=3, file="1.sqlite3", state=Publication.State.READY)
    activation.activate(newer, by=None, action="published", after=1)

    with pytest.raises(activation.Overtaken, match="Publication 3 became active"):
        activation.activate(slow, by=None, action="published", after=1)

    active = Publication.objects.get(state=Publication.State.ACTIVE)
    assert (active, snapshot.read_pointer(settings.PUBLICATIONS_DIR).number) == (newer, 3)
    assert AuditEvent.objects.filter(action="core.publication.published").count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_those_who_publish_side_by_side_one_is_first_and_the_others_are_told(estate):
    publish()
    VoiceRoute.objects.update(description="edited")
    results: list[object] = []

    def work():
        try:
            results.append(publish().number)
        except publishing.Refused as refused:
            results.append(str(refused))
        except BaseException as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    numbers = [result for result in results if isinstance(result, int)]
    told = [result for result in results if isinstance(result, str)]
    active = Publication.objects.get(state=Publication.State.ACTIVE)
    assert numbers
    assert len(numbers) + len(told) == 3, results
    assert all("became active while this one was made" in text for text in told)
    assert active.number == snapshot.read_pointer(settings.PUBLICATIONS_DIR).number
    assert Publication.objects.exclude(state=Publication.State.FAILED).count() == 1 + len(numbers)
    moments = Activation.objects.order_by("pk").values_list("publication__number", flat=True)
    assert len(moments) == 1 + len(numbers)
    assert list(moments)[-1] == active.number


def test_publication_names_the_last_row_of_the_audit_trail(estate, admin):
    estate.room = "12"
    audit.update(estate, by=admin)
    head = audit.head()

    publish(by=admin)

    assert publishing.active_snapshot().meta["audit_head"] == head
    assert audit.lost_heads(settings.PUBLICATIONS_DIR) == []


def test_trail_shorter_than_what_was_published_shows(estate, admin, capsys):
    estate.room = "12"
    audit.update(estate, by=admin)
    head = audit.head()
    publish(by=admin)
    tamper("DELETE FROM core_auditevent")

    assert audit.lost_heads(settings.PUBLICATIONS_DIR) == [(1, head)]
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", head=["7:00"])
    assert ended.value.code == 3
    assert capsys.readouterr().out.splitlines() == [
        f"Publication 1 was made after row {head}, which is not there.",
        "Row 7:00, which was noted, is not there.",
        "Not whole: 0 rows. Head: none",
    ]


def test_whole_trail_is_said_to_be_whole(estate, admin, capsys):
    publish(by=admin)

    call_command("verify_audit", head=[audit.head()])

    assert capsys.readouterr().out == f"Whole: 1 rows. Head: {audit.head()}\n"
