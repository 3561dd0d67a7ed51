"""Publishing at a time, or by itself: what one need not press a button for, and what one must.

A publication at a time is a job that waits, with the warnings that its publisher accepted.  By
itself goes only what harms nobody (``objection``).
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from e911portal import publishing
from e911portal.core import audit, jobs
from e911portal.core.changes import Effect
from e911portal.core.models import AuditEvent, Job, Publication, PublicationSchedule
from e911portal.core.wording import how_many
from e911portal.rights import may_publish
from routing import grants

PUBLISH = "publication.publish"
CONSIDER = "publication.consider"
#: How a message begins that tells of a publication which did not come about.
NOT_PUBLISHED = "Not published: "
_CANCELLED = "Cancelled"
#: Of ``PublicationSchedule.outcome``.
_LONGEST = 500


def publish_at(
    moment: datetime, *, by: Any, comment: str = "", acknowledged: Collection[str] = ()
) -> Job:
    """Have the draft, as it will be then, published at an aware ``moment``; return the job.

    What is not acknowledged by then refuses it; the job says so.  Raises ``ValueError`` for a time
    that has passed.
    """
    if moment <= timezone.now():
        raise ValueError(f"{moment:%Y-%m-%d %H:%M} has passed already.")
    with transaction.atomic():
        job = jobs.enqueue(
            PUBLISH, by=by, not_before=moment, comment=comment, acknowledged=sorted(acknowledged)
        )
        audit.record("scheduled", job, by=by, after={"not_before": moment.isoformat()})
    return job


def cancel(job: Job, *, by: Any) -> bool:
    """Take back a publication that waits for its time; return False when it has begun already."""
    with transaction.atomic():
        waiting = Job.objects.filter(pk=job.pk, kind=PUBLISH, state=Job.State.QUEUED)
        taken = waiting.update(
            state=Job.State.FAILED, finished_at=timezone.now(), message=_CANCELLED
        )
        if taken:
            audit.record("cancelled", job, by=by)
    return bool(taken)


def waiting() -> list[Job]:
    """Return the publications that wait for their time, the next one first."""
    found = Job.objects.filter(kind=PUBLISH, state=Job.State.QUEUED)
    return list(found.select_related("created_by").order_by("not_before", "pk"))


def unmade() -> Job | None:
    """Return the last publication that was left to the worker, if it did not come about and none
    is active since: somebody waits for it."""
    ended = Job.objects.filter(kind=PUBLISH, state__in=(Job.State.DONE, Job.State.FAILED))
    last = ended.exclude(message=_CANCELLED).order_by("-finished_at").first()
    if last is None or last.state == Job.State.DONE or _active_since(last.finished_at):
        return None
    return last


def refusal() -> str:
    """Return why the schedule published nothing last time, unless something is active since."""
    plan = schedule()
    is_by_hand = plan.mode == PublicationSchedule.Mode.MANUAL
    if (
        is_by_hand
        or not plan.outcome.startswith(NOT_PUBLISHED)
        or _active_since(plan.considered_at)
    ):
        return ""
    return plan.outcome


def _active_since(moment: datetime | None) -> bool:
    """Tell whether the active publication became so after ``moment``."""
    active = Publication.objects.filter(state=Publication.State.ACTIVE)
    return moment is not None and active.filter(activated_at__gt=moment).exists()


def schedule() -> PublicationSchedule:
    """Return the schedule; by hand only, until somebody sets it."""
    return PublicationSchedule.objects.filter(pk=1).first() or PublicationSchedule(pk=1)


def set_schedule(
    *, mode: str, by: Any, at: time | None = None, quiet_minutes: int | None = None
) -> PublicationSchedule:
    """Say whether and when the draft is published by itself. Raises ``ValidationError``.

    Such publications bear the name of whoever set it.
    """
    plan = schedule()
    plan.mode, plan.at = mode, at if at is not None else plan.at
    if quiet_minutes is not None:
        plan.quiet_minutes = quiet_minutes
    plan.set_by = by if getattr(by, "pk", None) else None
    if plan._state.adding:
        audit.create(plan, by=by)
    else:
        audit.update(plan, by=by)
    return plan


def is_due(now: datetime) -> bool:
    """Tell whether the schedule says that the draft be considered now.

    Not while nothing was edited since the active publication, and not again for the same edits:
    whoever edits has the word then.
    """
    plan = schedule()
    if plan.mode == PublicationSchedule.Mode.MANUAL or _is_busy():
        return False
    last = _last_change()
    active = Publication.objects.filter(state=Publication.State.ACTIVE).first()
    if active is None or last is None or last.pk in (active.audit_watermark, 0):
        return False
    if last.pk <= active.audit_watermark or last.pk == plan.considered_change:
        return False
    if plan.mode == PublicationSchedule.Mode.AUTOMATIC:
        return last.at <= now - timedelta(minutes=plan.quiet_minutes)
    return plan.at is not None and _comes_since(plan, now)


def _comes_since(plan: PublicationSchedule, now: datetime) -> bool:
    """Tell whether the time of day has come since the draft was last considered."""
    local = timezone.localtime(now)
    assert plan.at is not None
    today = local.replace(hour=plan.at.hour, minute=plan.at.minute, second=0, microsecond=0)
    latest = today if today <= local else today - timedelta(days=1)
    # A worker that was away at the time makes up for it, but not for what lies days back.
    return (
        plan.considered_at is None or plan.considered_at < latest
    ) and local - latest < timedelta(hours=1)


def _is_busy() -> bool:
    states = (Job.State.QUEUED, Job.State.RUNNING)
    return Job.objects.filter(
        kind__in=(CONSIDER, PUBLISH), state__in=states, not_before__lte=timezone.now()
    ).exists()


def _last_change() -> AuditEvent | None:
    return AuditEvent.objects.filter(publishable=True).order_by("-pk").first()


def consider(*, now: datetime) -> Publication | None:
    """Publish the draft if that harms nobody; keep why not otherwise; return the publication.

    The warnings of the active publication that somebody accepted stay accepted.  Who set the
    schedule must still be allowed to publish.
    """
    plan = schedule()
    plan.considered_at = now
    plan.considered_change = (
        AuditEvent.objects.filter(publishable=True).aggregate(last=Max("pk"))["last"] or 0
    )
    active = publishing.active_publication()
    accepted = frozenset(active.acknowledged if active else ())
    made = None
    if plan.set_by is not None and not may_publish(plan.set_by):
        plan.outcome = (
            f"{NOT_PUBLISHED}{plan.set_by}, who set the schedule, may not publish any more. "
            "Somebody who may must set it again."
        )
    else:
        plan.outcome = objection(publishing.plan(), accepted)
    if not plan.outcome:
        try:
            made = publishing.publish(
                by=plan.set_by,
                comment=f"Published by schedule ({plan.mode})",
                acknowledged=accepted,
            )
            plan.outcome = f"{made} was published."
        except publishing.Refused as refusal:  # somebody edited in between
            plan.outcome = f"{NOT_PUBLISHED}{refusal.words}"
    plan.outcome = plan.outcome[:_LONGEST]
    plan.save()
    return made


def objection(plan: publishing.Plan, accepted: Collection[str]) -> str:
    """Return why the draft must not be published without a person; an empty text when it may."""
    if plan.errors:
        errors = how_many(len(plan.errors), "error")
        return f"{NOT_PUBLISHED}{errors} must be repaired: {publishing.named(plan.errors)}."
    new = [entry for entry in plan.warnings if publishing.finding_name(entry) not in accepted]
    if new:
        return (
            f"{NOT_PUBLISHED}{how_many(len(new), 'new warning')} must be acknowledged by a person: "
            f"{publishing.named(new)}."
        )
    # A user who has left takes nothing from others; whose calls would leave worse is a warning.
    losing = sum(
        changes.counts.get(Effect.LOSES, 0)
        for changes in plan.changes
        if changes.kind != grants.KIND
    )
    if losing:
        return (
            f"{NOT_PUBLISHED}{how_many(losing, 'element')} would lose what "
            f"{'it has' if losing == 1 else 'they have'}."
        )
    if not plan.changes:
        return "Nothing to publish: no answer to a device would change."
    return ""
