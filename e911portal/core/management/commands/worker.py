"""`manage.py worker`: does the background jobs."""

import logging
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections, connection

from e911portal.celery import app
from e911portal.core import jobs
from e911portal.core.tasks import run_job

log = logging.getLogger(__name__)


def sweep(stop: threading.Event) -> None:
    """Hand due jobs to Celery twice a second and call what is due regularly, until ``stop`` is
    set."""
    next_call = {function: 0.0 for _, function in jobs.periodic()}
    while not stop.wait(0.5):
        close_old_connections()
        try:
            for job_id in jobs.due():
                run_job.delay(job_id=job_id)
            for seconds, function in jobs.periodic():
                if time.monotonic() >= next_call[function]:
                    next_call[function] = time.monotonic() + seconds
                    function()
        except Exception:
            # The database or the broker is away: say so and look again, for ever.
            log.exception("sweep failed")
            connection.close()


class Command(BaseCommand):
    help = (
        "Do the background jobs: validation, compilation, delivery of notifications, retention. "
        "One worker is enough for a start; several may run side by side when CELERY_BROKER_URL "
        "names a "
        "broker. Without one, this process is broker and worker in one and finds its work in the "
        "job table."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--concurrency", type=int, default=4, help="jobs at the same time")

    def handle(self, *args: Any, concurrency: int, **options: Any) -> None:
        stop = threading.Event()
        sweeper = threading.Thread(target=sweep, args=(stop,), name="sweeper", daemon=True)
        sweeper.start()
        worker = app.Worker(
            pool="threads",
            concurrency=concurrency,
            loglevel="INFO",
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            quiet=True,
        )
        try:
            worker.start()
        finally:
            stop.set()
            sweeper.join(timeout=5)
