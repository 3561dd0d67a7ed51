"""`manage.py worker` with two more kinds of jobs, each step with an effect of its own.

Run as a process by ``test_worker``.  Its lease is short, so that a test need not wait a minute.
"""

import os
import sys
import time
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "e911portal.settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from e911portal.core import jobs  # noqa: E402
from locations.models import NetworkRegion  # noqa: E402

jobs.LEASE = timedelta(seconds=2)
jobs.HINT_AGAIN = timedelta(seconds=1)


@jobs.handler("test.slow")
def slow(run: jobs.Run) -> None:
    """Make one region per step; its name is unique, so a step done twice would fail the job."""
    for number in range(run.job.progress, run.job.total):
        time.sleep(0.3)
        with transaction.atomic():
            NetworkRegion.objects.create(name=f"region {number}", description=sys.argv[1])
            run.step(progress=number + 1)


@jobs.handler("test.single")
def single(run: jobs.Run) -> None:
    """Make the one region that the job names; a second time would fail it."""
    with transaction.atomic():
        NetworkRegion.objects.create(name=run.job.payload["name"], description=sys.argv[1])
        run.step(progress=1)


if __name__ == "__main__":
    call_command("worker", concurrency=1)
