"""`manage.py demo`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from e911portal import environment, publishing
from e911portal.core import jobs
from e911portal.core.findings import Severity
from e911portal.core.middleware import acting_via
from e911portal.core.models import Job, Publication
from e911portal.worked_example import people, places, ways_out
from locations.actions import validation
from locations.gateways.base import ProviderUnreachable
from locations.gateways.dialects import open_validator
from locations.models import CivicAddress
from locations.queries import provider_of_record, standings
from locations.simulator.app import PATH


class Command(BaseCommand):
    help = (
        "Load the worked example (New York and Los Angeles), prove its addresses with the bundled "
        "provider simulator, publish it, and print the logins. May be run again at any time: what "
        "exists is left alone, and what has been published once is not published again."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--reload", action="store_true", help="make again what was deleted from the example"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        admin = people.administrator()
        published = Publication.objects.filter(activated_at__isnull=False).exists()
        if options["reload"] or not published:
            with acting_via("command"):
                self._load(admin)
        self._print_logins()

    def _load(self, admin: Any) -> None:
        host, port = environment.address("SIMULATOR_ADDR", environment.SIMULATOR_ADDR_DEFAULT)
        places.load(by=admin, provider_url=f"http://{host}:{port}{PATH}")
        ways_out.load(by=admin)
        people.load(by=admin)
        self._validate(admin, f"{host}:{port}")
        self._publish(admin)

    def _validate(self, admin: Any, simulator: str) -> None:
        open_addresses = [
            entry.address
            for entry in standings(CivicAddress.objects.order_by("pk"))
            if entry.status in ("none", "stale")
        ]
        if not open_addresses:
            return
        with _simulator(simulator):
            run = validation.start(by=admin, addresses=open_addresses)
            assert run.job_id  # start() made it
            job = jobs.run(run.job_id)
        if job.state != Job.State.DONE:
            raise CommandError(f"The addresses could not be validated: {job.message}")
        for verdict in run.verdicts.select_related("address").order_by("pk"):
            self.stdout.write(f"  {verdict.verdict:10}{verdict.address}")

    def _publish(self, admin: Any) -> None:
        plan = publishing.plan()
        if plan.active and not plan.changes:
            return
        publication = publishing.publish(
            by=admin,
            comment="The worked example",
            acknowledged={
                publishing.finding_name(entry)
                for entry in plan.findings
                if entry.severity is Severity.WARNING
            },
        )
        self.stdout.write(f"  {publication} is active")

    def _print_logins(self) -> None:
        self.stdout.write(f"Portal     http://{settings.PORTAL_HOST}:{settings.PORTAL_PORT}/")
        self.stdout.write(f"Call path  {settings.CALLPATH_URL}/")
        self.stdout.write("Logins, all with the password " + people.password())
        for login, what in people.LOGINS.items():
            self.stdout.write(f"  {login:12}{what}")


@contextmanager
def _simulator(address: str) -> Iterator[None]:
    """Have the provider simulator answer during the block, started for it if it is not there."""
    if _answers():
        yield
        return
    process = subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-m", "locations.simulator", "--addr", address],
        stdout=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        text=True,
    )
    try:
        if not (process.stdout and process.stdout.readline()):
            raise CommandError(
                f"The provider simulator could not listen on {address}. Is the address taken? "
                "Set SIMULATOR_ADDR to a free one."
            )
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


def _answers() -> bool:
    provider = provider_of_record()
    if provider is None:
        return True
    validator = open_validator(validation.provider_settings(provider))
    try:
        validator.check_access()
    except ProviderUnreachable:
        return False
    finally:
        validator.close()
    return True
