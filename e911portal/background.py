"""Long work that pages ask for: imports, exports and plans.

Each is a job.  A little one is done at once, in the request that asks for it; the worker does the
others, and the page shows how far it is.
"""

import json
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from e911portal import comparison, exporting, importing, jobfiles
from e911portal.core import jobs
from e911portal.core.models import Job
from e911portal.core.pulse import pulse
from locations.exporters.ali import Sender

PLAN_IMPORT = "import.plan"
APPLY_IMPORT = "import.apply"
UNDO_IMPORT = "import.undo"
EXPORT = "export"
COMPARE = comparison.KIND
IMPORTS = (PLAN_IMPORT, APPLY_IMPORT, UNDO_IMPORT)
#: Beside the files of an export: what does not fit, as JSON.
FINDINGS = "findings.json"


def ask(kind: str, *, by: Any, at_once: bool, **payload: Any) -> Job:
    """Have a job of ``kind`` done for ``by`` and return it; ``at_once`` does it in this process."""
    job = jobs.enqueue(kind, by=by, **payload)
    return jobs.run(job.pk) if at_once else job


def _answer(attempt: jobs.Run, **result: Any) -> None:
    """Keep what the job found out with it."""
    attempt.job.payload |= result
    Job.objects.filter(pk=attempt.job.pk, attempt=attempt.attempt).update(
        payload=attempt.job.payload
    )


@jobs.handler(PLAN_IMPORT)
def plan_import(attempt: jobs.Run) -> None:
    """Plan the import of uploaded files; the payload's ``batch`` is the plan's."""
    job = attempt.job
    options = {name: job.payload[name] for name in ("dialect", "site", "mask", "delete_missing")}
    token = job.payload["token"]
    try:
        files = jobfiles.load(token, job.payload["names"])
        with pulse(attempt) as progress:
            found = importing.plan(files, by=job.created_by, progress=progress, **options)
            batch = importing.store(found, by=job.created_by)
    except importing.Unreadable as error:
        attempt.finish(Job.State.FAILED, str(error))
    except FileNotFoundError:
        attempt.finish(Job.State.FAILED, "The uploaded files are gone. Upload them again.")
    else:
        _answer(attempt, batch=batch.pk)
    if (
        jobfiles.PASTED not in job.payload["names"]
    ):  # pasted text may be corrected; it goes within a day
        jobfiles.discard(token)


@jobs.handler(APPLY_IMPORT)
def apply_import(attempt: jobs.Run) -> None:
    """Apply the import ``batch``."""
    _settle(attempt, importing.apply)


@jobs.handler(UNDO_IMPORT)
def undo_import(attempt: jobs.Run) -> None:
    """Take the import ``batch`` back."""
    _settle(attempt, importing.undo)


def _settle(attempt: jobs.Run, verb: Any) -> None:
    batch = importing.ImportBatch.objects.get(pk=attempt.job.payload["batch"])
    try:
        with pulse(attempt) as progress:
            verb(batch=batch, by=attempt.job.created_by, progress=progress)
    except importing.Refused as refusal:
        attempt.finish(Job.State.FAILED, str(refusal))


@jobs.handler(EXPORT)
def export(attempt: jobs.Run) -> None:
    """Write the draft in the payload's ``format`` as the file ``name``; keep the findings too."""
    payload = attempt.job.payload
    context = exporting.Context(
        timezone.localdate(), Sender(payload["company"], payload["company_id"])
    )
    out = jobfiles.directory(payload["token"])
    try:
        with pulse(attempt) as progress:
            progress("Writing", 0, 0)
            done = exporting.export(payload["format"], out / payload["name"], context)
    except (exporting.Unwritable, OSError) as error:
        attempt.finish(Job.State.FAILED, str(error))
    else:
        found = [asdict(entry) for entry in done.findings]
        (out / FINDINGS).write_text(json.dumps(found), encoding="utf-8")


@jobs.handler(COMPARE)
def compare(attempt: jobs.Run) -> None:
    """Plan a publication; earlier plans go."""
    with pulse(attempt) as progress:
        progress("Compiling the draft and comparing it with the active publication", 0, 0)
        comparison.write(attempt.job.payload["token"], revision=comparison.last_change())
    earlier = Job.objects.filter(kind=COMPARE, pk__lt=attempt.job.pk)
    for job in earlier.filter(state__in=(Job.State.DONE, Job.State.FAILED)):
        jobfiles.discard(job.payload["token"])
        job.delete()


@jobs.every(3600)
def sweep() -> None:
    """Remove files of jobs that nobody fetched for a day."""
    jobfiles.sweep(now=timezone.now())
