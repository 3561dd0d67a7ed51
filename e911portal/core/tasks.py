"""Celery's door to the job table."""

from typing import Any

from celery import shared_task

from e911portal.core import jobs


@shared_task(name="core.run_job")
def run_job(*, job_id: int, **_: Any) -> None:
    """Do one job if it still waits."""
    jobs.run(job_id)
