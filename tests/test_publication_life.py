"""Publications over time: who was answered from which, what is kept, and publishing by itself."""

import os
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from e911portal import activation, publishing, retention, scheduling
from e911portal.core import audit, jobs, signing
from e911portal.core import snapshot as snapshots
from e911portal.core.models import Activation, AuditEvent, Job, Publication, PublicationSchedule
from locations.models import ERL, Subnet
from tests import factories

pytestmark = pytest.mark.django_db

Mode = PublicationSchedule.Mode


@pytest.fixture(autouse=True)
def publications(settings: Any, tmp_path: Path) -> Path:
    """A directory of publications of each test's own."""
    settings.STATE_DIR = tmp_path
    settings.KEYS_DIR = tmp_path / "keys"
    settings.PUBLICATIONS_DIR = tmp_path / "publications"
    return settings.PUBLICATIONS_DIR


@pytest.fixture(autouse=True)
def estate(ny1: Any) -> ERL:
    """A mapped subnet, and a way out."""
    erl = factories.make_erl(name="A", site=ny1, loc="A")
    factories.make_verdict(address=erl.civic_address)
    factories.make_erl(name="B", site=ny1, civic_address=erl.civic_address, loc="B")
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=erl)
    factories.make_trunk(last_resort=1)
    return erl


def publish() -> Publication:
    names = {publishing.finding_name(entry) for entry in publishing.plan().findings}
    return publishing.publish(by=None, acknowledged=names)


def edited(model: Any = Subnet, **values: Any) -> None:
    """Edit every row of a model, with an audit row each."""
    for row in model.objects.all():
        for name, value in values.items():
            setattr(row, name, value)
        audit.update(row, by=None)


def activated(*moments: datetime) -> None:
    """Move activations to moments in the past, in their order."""
    for row, moment in zip(Activation.objects.order_by("pk"), moments, strict=True):
        Activation.objects.filter(pk=row.pk).update(at=moment)


# ---------------------------------------------------------------- point in time


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 20, hour, minute, tzinfo=UTC)


def test_each_moment_has_the_publication_that_was_active() -> None:
    publish()
    publish()
    publishing.rollback(number=1, by=None)
    activated(at(10), at(12), at(14))

    found = [
        publication and publication.number
        for publication in map(
            activation.publication_at, (at(9, 59), at(10), at(11, 59), at(12), at(14), at(23))
        )
    ]

    assert found == [None, 1, 1, 2, 1, 1]


def test_snapshot_of_a_moment_is_the_one_that_answered() -> None:
    publish()
    edited(erl=ERL.objects.get(name="B"))
    publish()
    activated(at(10), at(12))

    names = [
        snapshot.db.execute("SELECT e.name FROM subnet s JOIN erl e ON e.id = s.erl_id").fetchone()
        for snapshot in map(publishing.snapshot_at, (at(11), at(13)))
    ]

    assert names == [("A",), ("B",)]
    assert publishing.snapshot_at(at(9)) is None


def test_snapshot_that_was_retired_is_not_kept(settings: Any) -> None:
    settings.PUBLICATIONS_KEPT, settings.PUBLICATIONS_KEPT_DAYS = 1, 0
    for _ in range(3):
        publish()
    activated(at(10), at(11), at(12))
    Publication.objects.update(created_at=at(9))
    retention.retire(now=at(23))

    with pytest.raises(publishing.NotKept, match="Publication 1 was active then"):
        publishing.snapshot_at(at(10, 30))


def test_crash_between_pointer_and_row_is_an_activation_too(publications: Path) -> None:
    publish()
    publish()
    first = Publication.objects.get(number=1)
    snapshots.activate(publications, 1, first.file, first.sha256)

    publishing.reconcile()

    numbers = Activation.objects.order_by("pk").values_list("publication__number", flat=True)
    assert list(numbers) == [1, 2, 1]


def test_resolve_answers_as_it_would_have_then(capsys: pytest.CaptureFixture[str]) -> None:
    publish()
    edited(erl=ERL.objects.get(name="B"))
    publish()
    activated(at(10), at(12))

    for moment in ("2026-11-20T11:00", "2026-11-20T14:00+01:00"):
        call_command("resolve", "--ip", "10.1.1.20", "--at", moment)

    assert [
        line.split(" (")[0] for line in capsys.readouterr().out.splitlines() if "NY1" in line
    ] == [
        "A",
        "B",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--at", "yesterday"], "not a time"),
        (["--at", "2020-01-01T00:00"], "Nothing had been published at 2020-01-01 00:00"),
        (["--at", "2020-01-01T00:00", "--draft"], "exclude each other"),
    ],
    ids=["nonsense", "before the first", "draft"],
)
def test_resolve_says_why_a_time_has_no_answer(arguments: list[str], message: str) -> None:
    publish()

    with pytest.raises(CommandError, match=message):
        call_command("resolve", "--ip", "10.1.1.20", *arguments)


# ---------------------------------------------------------------- signature


def test_publication_is_signed() -> None:
    made = publish()

    public = signing.public_key(signing.signing_key(django_settings.KEYS_DIR))
    signing.verify(public, made.number, made.sha256, made.signature)


# ---------------------------------------------------------------- retention


def kept(publications: Path) -> list[str]:
    """Return the files that are there, and check that the rows agree."""
    files = sorted(path.name for path in publications.glob("*.sqlite3"))
    rows = Publication.objects.exclude(state=Publication.State.RETIRED).order_by("number")
    assert sorted(rows.values_list("file", flat=True)) == files
    return files


def test_the_newest_files_are_kept(settings: Any, publications: Path) -> None:
    settings.PUBLICATIONS_KEPT, settings.PUBLICATIONS_KEPT_DAYS = 3, 0
    for _ in range(5):
        publish()
    Publication.objects.update(created_at=at(1))
    activated(*(at(hour) for hour in range(2, 7)))

    retired = retention.retire(now=at(23))

    assert [publication.number for publication in retired] == [1, 2]
    assert kept(publications) == ["3.sqlite3", "4.sqlite3", "5.sqlite3"]
    assert AuditEvent.objects.filter(action="core.publication.retired").count() == 2


def test_whatever_was_active_lately_is_kept(settings: Any, publications: Path) -> None:
    settings.PUBLICATIONS_KEPT, settings.PUBLICATIONS_KEPT_DAYS = 1, 30
    for _ in range(4):
        publish()
    day = at(12)
    Publication.objects.update(created_at=day - timedelta(days=90))
    activated(*(day - timedelta(days=days) for days in (80, 60, 40, 10)))

    retention.retire(now=day)

    # 3 answered until ten days ago, so it may be asked what it said then.
    assert kept(publications) == ["3.sqlite3", "4.sqlite3"]


def test_what_the_pointers_name_is_never_retired(settings: Any, publications: Path) -> None:
    settings.PUBLICATIONS_KEPT, settings.PUBLICATIONS_KEPT_DAYS = 1, 0
    for _ in range(4):
        publish()
    publishing.rollback(number=2, by=None)
    Publication.objects.update(created_at=at(1))
    activated(*(at(hour) for hour in range(2, 7)))

    retention.retire(now=at(23))

    assert (snapshots.read_pointer(publications).number, kept(publications)) == (
        2,
        ["2.sqlite3", "4.sqlite3"],
    )


def test_retired_publication_is_not_rolled_back_to(settings: Any) -> None:
    settings.PUBLICATIONS_KEPT, settings.PUBLICATIONS_KEPT_DAYS = 1, 0
    for _ in range(3):
        publish()
    Publication.objects.update(created_at=at(1))
    activated(at(2), at(3), at(4))
    retention.retire(now=at(23))

    with pytest.raises(Publication.DoesNotExist):
        publishing.rollback(number=1, by=None)


def test_what_killed_processes_left_is_swept(publications: Path, tmp_path: Path) -> None:
    publish()
    factories.make_publication(number=7, created_at=at(1))
    factories.make_publication(number=8, state="retired", file="8.sqlite3")
    draft = tmp_path / "draft-x"
    draft.mkdir()
    for name in ("7.sqlite3", "8.sqlite3", "9.sqlite3.partial", "10.sqlite3.partial"):
        (publications / name).write_bytes(b"x")
    for path in (draft, publications / "9.sqlite3.partial"):
        os.utime(path, (0, 0))

    swept = retention.sweep(now=timezone.now())

    assert sorted(path.name for path in swept) == [
        "7.sqlite3", "8.sqlite3", "9.sqlite3.partial", "draft-x",
    ]  # fmt: skip
    assert sorted(path.name for path in publications.glob("*.sqlite3*")) == [
        "1.sqlite3", "10.sqlite3.partial",
    ]  # fmt: skip
    assert Publication.objects.get(number=7).state == Publication.State.FAILED


# ---------------------------------------------------------------- at a time


def test_publication_at_a_time_waits_for_it(admin: Any) -> None:
    publish()
    edited(erl=ERL.objects.get(name="B"))
    names = {publishing.finding_name(entry) for entry in publishing.plan().findings}
    later = timezone.now() + timedelta(hours=3)

    job = scheduling.publish_at(later, by=admin, comment="tonight", acknowledged=names)

    assert jobs.due() == []
    assert scheduling.waiting() == [job]
    Job.objects.filter(pk=job.pk).update(not_before=timezone.now())
    assert jobs.due() == [job.pk]
    done = jobs.run(job.pk)
    active = publishing.active_publication()
    assert (done.message, active.comment, active.created_by) == (
        "Publication 2 is active",
        "tonight",
        admin,
    )


def test_publication_at_a_time_is_taken_back(admin: Any) -> None:
    job = scheduling.publish_at(timezone.now() + timedelta(hours=3), by=admin)

    assert scheduling.cancel(job, by=admin) is True
    assert scheduling.waiting() == []
    assert scheduling.cancel(job, by=admin) is False


@pytest.mark.parametrize("lost", ["is_superuser", "is_active"])
def test_publication_of_who_may_not_publish_any_more_does_not_happen(admin: Any, lost: str) -> None:
    job = scheduling.publish_at(timezone.now() + timedelta(hours=3), by=admin)
    setattr(admin, lost, False)
    admin.save()

    done = jobs.run(job.pk)

    assert (done.state, done.message) == (Job.State.FAILED, "admin may not publish any more.")
    assert publishing.active_publication() is None


def test_publication_in_the_past_is_refused(admin: Any) -> None:
    with pytest.raises(ValueError, match="has passed already"):
        scheduling.publish_at(timezone.now() - timedelta(minutes=1), by=admin)


def test_publish_command_takes_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("publish", "--at", "2999-11-22T02:00", "--comment", "far away")

    (job,) = scheduling.waiting()
    assert capsys.readouterr().out == (
        f"The draft will be published at 2999-11-22 02:00 UTC ({job}).\n"
    )
    assert job.payload == {"comment": "far away", "acknowledged": []}


def test_publish_command_refuses_a_time_that_has_passed() -> None:
    with pytest.raises(CommandError, match="has passed already"):
        call_command("publish", "--at", "2020-01-01T00:00")


# ---------------------------------------------------------------- by itself


def scheduled(**values: Any) -> PublicationSchedule:
    row = PublicationSchedule(pk=1, **values)
    row.full_clean()
    row.save()
    return row


def test_there_is_one_schedule_only() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PublicationSchedule.objects.create(pk=2)


def test_harmless_edits_are_published_by_themselves() -> None:
    publish()
    edited(erl=ERL.objects.get(name="B"))
    scheduled(mode=Mode.AUTOMATIC, quiet_minutes=0)

    made = scheduling.consider(now=timezone.now())

    assert made.number == publishing.active_publication().number == 2
    assert scheduling.schedule().outcome == "Publication 2 was published."


@pytest.mark.parametrize(
    ("edit", "outcome"),
    [
        (
            lambda: edited(erl=None),
            "Not published: 1 new warning(s) must be acknowledged by a person.",
        ),
        (
            lambda: edited(description="x"),
            "Nothing to publish: no answer to a device would change.",
        ),
        (
            lambda: ERL.objects.get(name="B").delete(),
            "Not published: 1 element(s) would lose what they have.",
        ),
    ],
    ids=["a subnet loses its place", "nothing changes", "a place goes"],
)
def test_what_harms_somebody_waits_for_a_person(edit: Any, outcome: str) -> None:
    publish()
    edit()
    scheduled(mode=Mode.AUTOMATIC)

    assert scheduling.consider(now=timezone.now()) is None
    assert scheduling.schedule().outcome == outcome
    assert publishing.active_publication().number == 1


def test_automatic_waits_until_nobody_edits_and_asks_once() -> None:
    publish()
    scheduled(mode=Mode.AUTOMATIC, quiet_minutes=10)
    now = timezone.now()
    assert scheduling.is_due(now + timedelta(hours=1)) is False  # nothing was edited

    edited(erl=None)

    assert scheduling.is_due(now) is False
    assert scheduling.is_due(now + timedelta(minutes=11)) is True
    scheduling.consider(now=now + timedelta(minutes=11))
    assert scheduling.is_due(now + timedelta(minutes=30)) is False  # it was told no already


def test_daily_comes_once_a_day_at_its_time() -> None:
    publish()
    edited(erl=None)
    scheduled(mode=Mode.DAILY, at=time(2))

    assert [scheduling.is_due(moment) for moment in (at(1, 59), at(2), at(2, 30), at(3, 1))] == [
        False, True, True, False,
    ]  # fmt: skip
    scheduling.consider(now=at(2))
    edited(description="again")
    assert scheduling.is_due(at(2, 30)) is False
    assert scheduling.is_due(at(2) + timedelta(days=1)) is True


def test_by_hand_is_never_due() -> None:
    publish()
    edited(erl=None)

    assert scheduling.is_due(timezone.now() + timedelta(days=7)) is False


def test_nothing_is_due_before_the_first_publication() -> None:
    edited(description="x")
    scheduled(mode=Mode.AUTOMATIC, quiet_minutes=0)

    assert scheduling.is_due(timezone.now()) is False


def test_schedule_command_sets_shows_and_cancels(
    admin: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("publish", "--at", "2999-11-22T02:00", "--by", "admin", "--comment", "far away")
    (job,) = scheduling.waiting()
    capsys.readouterr()

    call_command("schedule", "daily", "--at", "02:30", "--by", "admin")
    call_command("schedule", "automatic", "--quiet-minutes", "15", "--cancel", str(job.pk))

    assert capsys.readouterr().out.splitlines() == [
        "Every day at a time, 02:30.",
        f"2999-11-22 02:00 UTC  job {job.pk}  admin  far away",
        "As soon as nobody has edited for a while, 15 minutes.",
    ]
    actions = AuditEvent.objects.filter(object_type="core.publicationschedule").order_by("pk")
    assert [event.action.rsplit(".")[-1] for event in actions] == ["created", "updated"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["daily"], "Give the time of day"),
        (["daily", "--at", "noon"], "not a time"),
        (["--cancel", "77"], "no publication that waits"),
        (["manual", "--by", "nobody"], "no login"),
    ],
    ids=["no time", "nonsense", "no such job", "no such login"],
)
def test_schedule_command_says_what_is_missing(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("schedule", *arguments)
