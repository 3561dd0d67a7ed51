"""Background work: the row is the truth, and one worker at a time may write."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from e911portal.celery import app
from e911portal.core import audit, jobs
from e911portal.core.models import AuditEvent, Job
from locations.models import NetworkRegion
from tests import factories
from tests.running import free_port


@jobs.handler("test.count")
def count(run: jobs.Run) -> None:
    """Make one region per step, from where the last attempt stopped."""
    for number in range(run.job.progress, run.job.total):
        with transaction.atomic():
            NetworkRegion.objects.create(name=f"region {number}")
            run.step(progress=number + 1, message=f"made region {number}")


@jobs.handler("test.fail")
def fail(run: jobs.Run) -> None:
    raise LookupError("no such provider")


@jobs.handler("test.refuse")
def refuse(run: jobs.Run) -> None:
    raise ValidationError("The secret is of another key. Enter it again.")


@jobs.handler("test.overtaken")
def overtaken(run: jobs.Run) -> None:
    """Be so slow that another worker takes the job over before the first step."""
    if run.attempt == 1:
        run._mine().update(lease_until=timezone.now() - timedelta(seconds=1))
        jobs.run(run.job.pk)
    with transaction.atomic():
        NetworkRegion.objects.create(name=f"of attempt {run.attempt}")
        run.step(progress=1)


@jobs.handler("test.audited")
def audited(run: jobs.Run) -> None:
    site = factories.make_site()
    site.name = "renamed"
    audit.update(site, by=None)


@pytest.mark.django_db
def test_run_does_the_job_in_steps() -> None:
    job = jobs.run(jobs.enqueue("test.count", total=3).pk)

    assert (job.state, job.attempt, job.progress, job.percent) == (Job.State.DONE, 1, 3, 100)
    assert job.message == "made region 2"
    assert (job.lease_until, job.finished_at is not None) == (None, True)
    assert NetworkRegion.objects.count() == 3


@pytest.mark.django_db
def test_run_of_a_finished_job_does_nothing() -> None:
    job = jobs.enqueue("test.count", total=1)
    jobs.run(job.pk)

    again = jobs.run(job.pk)

    assert (again.state, again.attempt) == (Job.State.DONE, 1)


@pytest.mark.django_db
def test_run_of_a_job_another_worker_holds_does_nothing() -> None:
    job = factories.make_job(
        kind="test.count",
        total=1,
        state=Job.State.RUNNING,
        attempt=1,
        lease_until=timezone.now() + timedelta(seconds=30),
    )

    jobs.run(job.pk)

    assert NetworkRegion.objects.count() == 0


@pytest.mark.django_db
def test_job_of_a_dead_worker_goes_on_where_it_stopped() -> None:
    NetworkRegion.objects.create(name="region 0")
    job = factories.make_job(
        kind="test.count",
        total=3,
        progress=1,
        state=Job.State.RUNNING,
        attempt=1,
        lease_until=timezone.now() - timedelta(seconds=1),
    )

    job = jobs.run(job.pk)

    assert (job.state, job.attempt) == (Job.State.DONE, 2)
    assert NetworkRegion.objects.count() == 3


@pytest.mark.django_db
def test_overtaken_worker_writes_nothing() -> None:
    job = jobs.run(jobs.enqueue("test.overtaken", total=1).pk)

    assert (job.state, job.attempt) == (Job.State.DONE, 2)
    assert list(NetworkRegion.objects.values_list("name", flat=True)) == ["of attempt 2"]


@pytest.mark.django_db
def test_failure_is_told_in_the_row() -> None:
    job = jobs.run(jobs.enqueue("test.fail").pk)

    assert (job.state, job.message) == (Job.State.FAILED, "LookupError: no such provider")


@pytest.mark.django_db
def test_refusal_is_told_in_its_own_words() -> None:
    job = jobs.run(jobs.enqueue("test.refuse").pk)

    assert (job.state, job.message) == (
        Job.State.FAILED,
        "The secret is of another key. Enter it again.",
    )


@pytest.mark.django_db
def test_unknown_kind_fails_by_name() -> None:
    job = jobs.run(jobs.enqueue("test.nobody").pk)

    assert (job.state, job.message) == (
        Job.State.FAILED,
        "No worker knows how to do “test.nobody”.",
    )


@pytest.mark.django_db
def test_job_that_kills_its_workers_is_given_up() -> None:
    job = factories.make_job(
        kind="test.count",
        total=1,
        state=Job.State.RUNNING,
        attempt=jobs.MAX_ATTEMPTS,
        lease_until=timezone.now() - timedelta(seconds=1),
    )

    job = jobs.run(job.pk)

    assert (job.state, job.message) == (Job.State.FAILED, "Gave up after 5 attempts.")
    assert NetworkRegion.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "lease", "wait", "is_due"),
    [
        (Job.State.QUEUED, None, 0, True),
        (Job.State.QUEUED, None, 60, False),
        (Job.State.RUNNING, -1, 0, True),
        (Job.State.RUNNING, 30, 0, False),
        (Job.State.DONE, None, 0, False),
        (Job.State.FAILED, None, 0, False),
    ],
    ids=["waits", "not yet", "worker died", "worker lives", "done", "failed"],
)
def test_due_finds_what_waits(state: Job.State, lease: int | None, wait: int, is_due: bool) -> None:
    now = timezone.now()
    job = factories.make_job(
        state=state,
        lease_until=None if lease is None else now + timedelta(seconds=lease),
        not_before=now + timedelta(seconds=wait),
    )

    assert jobs.due() == ([job.pk] if is_due else [])


@pytest.mark.django_db
def test_due_does_not_repeat_itself_at_once() -> None:
    job = factories.make_job()

    first, second = jobs.due(), jobs.due()
    Job.objects.update(hinted_at=timezone.now() - jobs.HINT_AGAIN - timedelta(seconds=1))

    assert (first, second, jobs.due()) == ([job.pk], [], [job.pk])


@pytest.mark.django_db
def test_job_of_a_change_that_failed_does_not_exist() -> None:
    @transaction.atomic
    def change_and_fail() -> None:
        jobs.enqueue("test.count", total=1)
        raise LookupError

    with pytest.raises(LookupError):
        change_and_fail()

    assert Job.objects.count() == 0


@pytest.mark.django_db
def test_broker_that_is_away_is_no_error(
    settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMBEDDED_WORKER = False
    broker = app.conf.broker_url
    app.conf.broker_url = f"redis://127.0.0.1:{free_port()}/0"
    try:
        with django_capture_on_commit_callbacks(execute=True):
            job = jobs.enqueue("test.count", total=1)
    finally:
        app.conf.broker_url = broker

    assert jobs.due() == [job.pk]


@pytest.mark.django_db
def test_changes_of_a_job_name_the_worker_as_their_door() -> None:
    jobs.run(jobs.enqueue("test.audited").pk)

    assert list(AuditEvent.objects.values_list("via", flat=True)) == ["worker"]
