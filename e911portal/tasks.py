"""Background work that ties the apps together."""

from django.contrib.auth import get_user_model

from e911portal import publishing
from e911portal.core import jobs

PUBLISH = "publication.publish"


@jobs.handler(PUBLISH)
def publish(attempt: jobs.Run) -> None:
    """Publish the draft on behalf of whoever asked; the job's message says what came of it."""
    job = attempt.job
    attempt.step(progress=0, total=1, message="Compiling the draft")
    by = get_user_model().objects.filter(pk=job.created_by_id).first()
    publication = publishing.publish(
        by=by,
        comment=job.payload.get("comment", ""),
        acknowledged=job.payload.get("acknowledged", []),
    )
    attempt.step(progress=1, message=f"Publication {publication.number} is active")
