"""Background work that ties the apps together."""

from django.utils import timezone

from e911portal import publishing, retention, scheduling
from e911portal.core import jobs
from e911portal.core.models import Job
from e911portal.rights import may_publish
from locations.actions import seen

PUBLISH = scheduling.PUBLISH


@jobs.handler(PUBLISH)
def publish(attempt: jobs.Run) -> None:
    """Publish the draft on behalf of whoever asked; the job's message says what came of it."""
    job = attempt.job
    if job.created_by is not None and not may_publish(job.created_by):
        # What was asked for at a time must still be wanted by somebody who may want it.
        attempt.finish(Job.State.FAILED, f"{job.created_by} may not publish any more.")
        return
    try:
        publication = publishing.publish(
            by=job.created_by,
            comment=job.payload.get("comment", ""),
            acknowledged=job.payload.get("acknowledged", []),
            progress=lambda words: attempt.step(progress=0, total=1, message=words),
        )
    except publishing.Refused as refusal:
        attempt.finish(Job.State.FAILED, f"{scheduling.NOT_PUBLISHED}{refusal.words}")
        return
    attempt.step(progress=1, message=f"Publication {publication.number} is active")


@jobs.handler(scheduling.CONSIDER)
def consider(attempt: jobs.Run) -> None:
    """Publish the draft by itself, if that harms nobody."""
    attempt.step(progress=0, total=1, message="Planning")
    scheduling.consider(now=timezone.now())
    attempt.step(progress=1, message=scheduling.schedule().outcome)


@jobs.every(30)
def follow_schedule() -> None:
    """Have the draft considered when the schedule says so."""
    if scheduling.is_due(timezone.now()):
        jobs.enqueue(scheduling.CONSIDER)


@jobs.every(3600)
def retain() -> None:
    """Remove the files of old publications, and what killed processes left behind."""
    retention.retire(now=timezone.now())
    retention.sweep(now=timezone.now())
    seen.forget(now=timezone.now())
