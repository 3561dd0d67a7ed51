"""Background work of locations."""

from e911portal.core import jobs
from locations.actions import validation
from locations.models import ValidationRun


@jobs.handler(validation.JOB_KIND)
def validate_addresses(attempt: jobs.Run) -> None:
    """Ask the provider about the addresses of one validation run."""
    run = ValidationRun.objects.select_related("provider", "created_by").get(
        pk=attempt.job.payload["run"]
    )
    validation.proceed(run, attempt)
