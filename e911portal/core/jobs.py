"""Background work.  The job row is the truth (state, lease, fencing token, progress); Celery only
carries the hint that there is some, so a broker that loses or doubles a message loses or doubles
nothing.

A handler works in short steps.  Each step commits its results together with progress and a renewed
lease; a worker whose lease was taken over finds out at its next step and stops.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from e911portal.core.middleware import acting_via
from e911portal.core.models import Job

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
HINT_AGAIN = timedelta(seconds=5)
MAX_ATTEMPTS = 5

Handler = Callable[["Run"], None]
_handlers: dict[str, Handler] = {}
_periodic: list[tuple[float, Callable[[], None]]] = []


class LeaseLost(Exception):
    """Another worker has taken the job over; this one must not write any more."""


@dataclass(slots=True)
class Run:
    """One attempt at a job, handed to its handler."""

    job: Job
    attempt: int

    def step(self, *, progress: int, total: int | None = None, message: str | None = None) -> None:
        """Record progress and renew the lease; call it inside the transaction of the step's
        results.

        Raises ``LeaseLost`` when another worker holds the job, which rolls that transaction back.
        """
        values: dict[str, Any] = {"progress": progress, "lease_until": timezone.now() + LEASE}
        if total is not None:
            values["total"] = total
        if message is not None:
            values["message"] = message[:500]
        if not self._mine().update(**values):
            raise LeaseLost(str(self.job))
        for name, value in values.items():
            setattr(self.job, name, value)

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job.pk, attempt=self.attempt, state=Job.State.RUNNING)

    def finish(self, state: Job.State, message: str | None = None) -> None:
        """Close the job, unless another worker holds it."""
        values: dict[str, Any] = {
            "state": state,
            "finished_at": timezone.now(),
            "lease_until": None,
        }
        if message is not None:
            values["message"] = message[:500]
        self._mine().update(**values)


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of ``kind``."""

    def register(function: Handler) -> Handler:
        _handlers[kind] = function
        return function

    return register


def every(seconds: float) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a function that the worker calls about every ``seconds``; it must be short and
    idempotent."""

    def register(function: Callable[[], None]) -> Callable[[], None]:
        _periodic.append((seconds, function))
        return function

    return register


def periodic() -> list[tuple[float, Callable[[], None]]]:
    """Return what the worker calls regularly."""
    return list(_periodic)


def enqueue(
    kind: str,
    *,
    by: Any = None,
    total: int = 0,
    not_before: datetime | None = None,
    **payload: Any,
) -> Job:
    """Add a job in the caller's transaction and hint at it after commit.

    One with ``not_before`` waits for that time; the sweeper finds it then.
    """
    job = Job.objects.create(
        kind=kind,
        payload=payload,
        total=total,
        created_by=by if getattr(by, "pk", None) else None,
        not_before=not_before or timezone.now(),
    )
    if not_before is None:
        transaction.on_commit(lambda: hint(job.pk))
    return job


def hint(job_id: int) -> None:
    """Tell a worker that a job waits.  A broker that is away is no error: the sweeper finds the
    row."""
    if settings.EMBEDDED_WORKER:
        return  # the worker polls the table; there is nobody to tell
    from e911portal.core.tasks import run_job

    try:
        run_job.apply_async(kwargs={"job_id": job_id}, retry=False)
    except Exception as error:
        log.warning("broker did not take the hint for job %s: %s", job_id, error)


def due() -> list[int]:
    """Return ids of jobs that wait or whose worker died, and mark them as hinted at."""
    now = timezone.now()
    waiting = Q(state=Job.State.QUEUED, not_before__lte=now)
    orphaned = Q(state=Job.State.RUNNING, lease_until__lt=now)
    fresh = Q(hinted_at__isnull=True) | Q(hinted_at__lt=now - HINT_AGAIN)
    ids = list(
        Job.objects.filter((waiting | orphaned) & fresh)
        .order_by("not_before", "pk")
        .values_list("pk", flat=True)[:100]
    )
    if ids:
        Job.objects.filter(pk__in=ids).update(hinted_at=now)
    return ids


def run(job_id: int) -> Job:
    """Do the job now, in this process, unless somebody else is at it; return its row."""
    now = timezone.now()
    claimable = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    claimed = Job.objects.filter(claimable, pk=job_id).update(
        state=Job.State.RUNNING,
        attempt=F("attempt") + 1,
        lease_until=now + LEASE,
        started_at=now,
    )
    job = Job.objects.get(pk=job_id)
    if not claimed:
        return job
    attempt = Run(job=job, attempt=job.attempt)
    work = _handlers.get(job.kind)
    if work is None:
        attempt.finish(Job.State.FAILED, f"No worker knows how to do “{job.kind}”.")
    elif job.attempt > MAX_ATTEMPTS:
        attempt.finish(Job.State.FAILED, f"Gave up after {MAX_ATTEMPTS} attempts.")
    else:
        _do(work, attempt)
    job.refresh_from_db()
    return job


def _do(work: Handler, attempt: Run) -> None:
    try:
        with acting_via("worker"):
            work(attempt)
    except LeaseLost:
        log.warning("lease of %s lost; another worker has it", attempt.job)
    except ValidationError as error:  # already said for people, with the remedy
        log.warning("%s failed: %s", attempt.job, error)
        attempt.finish(Job.State.FAILED, " ".join(error.messages))
    except Exception as error:
        log.exception("%s failed", attempt.job)
        attempt.finish(Job.State.FAILED, f"{type(error).__name__}: {error}")
    else:
        attempt.finish(Job.State.DONE)
