"""Background work that ties the apps together."""

from e911portal import publishing
from e911portal.core import jobs

PUBLISH = "publication.publish"


@jobs.handler(PUBLISH)
def publish(attempt: jobs.Run) -> None:
    """Publish the draft on behalf of whoever asked; the job's message says what came of it."""
    job = attempt.job
    attempt.step(progress=0, total=1, message="Compiling the draft")
    publication = publishing.publish(
        by=job.created_by,
        comment=job.payload.get("comment", ""),
        acknowledged=job.payload.get("acknowledged", []),
    )
    attempt.step(progress=1, message=f"Publication {publication.number} is active")
