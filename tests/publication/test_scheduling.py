"""Publishing at a time, and by itself."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from e911portal import publishing, scheduling
from e911portal.core import jobs
from e911portal.core.models import AuditEvent, Job, PublicationSchedule
from locations.models import ERL
from tests import factories
from tests.publication.history import at, edited, finding_names, publish

pytestmark = pytest.mark.django_db

Mode = PublicationSchedule.Mode

# ---------------------------------------------------------------- at a time


def test_publication_at_a_time_waits_for_it(admin: Any) -> None:
    publish()
    edited(erl=ERL.objects.get(name="B"))
    names = finding_names()
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


def test_publication_at_a_time_that_is_refused_says_why_until_something_is_published(
    admin: Any,
) -> None:
    names = publish().acknowledged
    edited(erl=None)
    later = timezone.now() + timedelta(hours=3)
    job = scheduling.publish_at(later, by=admin, acknowledged=names)
    given_up = scheduling.publish_at(timezone.now() + timedelta(hours=4), by=admin)
    scheduling.cancel(given_up, by=admin)

    done = jobs.run(job.pk)

    assert done.state == Job.State.FAILED
    assert done.message.startswith("Not published: ")
    assert "PUB001:10.1.1.0/24" in done.message
    assert scheduling.unmade() == job
    refused = AuditEvent.objects.get(action="core.publication.refused")
    assert (refused.actor, refused.object_label) == (admin, "Publication 2")
    assert "PUB001:10.1.1.0/24" in refused.after["in_the_way"]

    assert publish().number == 3
    assert scheduling.unmade() is None


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


def test_publish_command_takes_a_time(admin: Any, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"--acknowledge={name}" for name in publish().acknowledged]
    capsys.readouterr()

    call_command(
        "publish", "--at", "2999-11-22T02:00", "--comment", "night", "--by", "admin", *names
    )

    (job,) = scheduling.waiting()
    said = capsys.readouterr()
    assert said.out == f"The draft will be published at 2999-11-22 02:00 UTC ({job}).\n"
    assert said.err.splitlines() == [
        "Compiling the draft",
        "Comparing it with what devices are told now",
        "Checking the draft",
    ]
    assert (job.payload["comment"], job.created_by) == ("night", admin)


def test_publish_command_at_a_time_says_what_would_refuse_it_now(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = [f"--acknowledge={name}" for name in publish().acknowledged]
    edited(erl=None)
    capsys.readouterr()

    with pytest.raises(SystemExit) as stop:
        call_command("publish", "--at", "2999-11-22T02:00", *names)

    said = capsys.readouterr().err.splitlines()[3:]
    assert stop.value.code == 3
    assert len(scheduling.waiting()) == 1
    assert (said[0], said[2].partition(" Repair")[0]) == (
        "WARNING PUB001:10.1.1.0/24",
        "As the draft is now, it would be refused: 1 warning must be acknowledged.",
    )


def test_publish_command_at_a_time_acknowledges_all_there_is_now() -> None:
    publish()
    edited(erl=None)

    call_command("publish", "--at", "2999-11-22T02:00", "--acknowledge-all")

    (job,) = scheduling.waiting()
    assert "PUB001:10.1.1.0/24" in job.payload["acknowledged"]


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


def test_user_who_has_left_keeps_nobody_waiting() -> None:
    user = factories.make_voice_user()
    publish()
    user.delete()
    scheduled(mode=Mode.AUTOMATIC, quiet_minutes=0)

    assert scheduling.consider(now=timezone.now()).number == 2


def test_schedule_of_who_may_not_publish_any_more_publishes_nothing(admin: Any) -> None:
    publish()
    edited(erl=ERL.objects.get(name="B"))
    scheduling.set_schedule(mode=Mode.AUTOMATIC, by=admin, quiet_minutes=0)
    admin.is_active = False
    admin.save()

    assert scheduling.consider(now=timezone.now()) is None
    assert scheduling.schedule().outcome == (
        "Not published: admin, who set the schedule, may not publish any more. "
        "Somebody who may must set it again."
    )


@pytest.mark.parametrize(
    ("edit", "outcome"),
    [
        (
            lambda: edited(erl=None),
            "Not published: 1 new warning must be acknowledged by a person: PUB001:10.1.1.0/24.",
        ),
        (
            lambda: edited(description="x"),
            "Nothing to publish: no answer to a device would change.",
        ),
        (
            lambda: ERL.objects.get(name="B").delete(),
            "Not published: 1 element would lose what it has.",
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
    later = datetime(2999, 11, 22, 2, tzinfo=UTC)
    job = scheduling.publish_at(later, by=admin, comment="far away")
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
