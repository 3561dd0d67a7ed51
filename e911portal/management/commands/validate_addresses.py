"""`manage.py validate_addresses`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from e911portal.core import jobs
from e911portal.core.models import Job
from locations.actions import validation
from locations.models import CivicAddress, ServiceProvider
from locations.queries import standings


class Command(BaseCommand):
    help = (
        "Ask the E9-1-1 provider about addresses and keep what it says. By default those that have "
        "no verdict, or were edited since. Exit status 0: all asked about are valid; 3: some are "
        "not; 1: the provider could not be asked."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--all", action="store_true", help="also those that are valid already")
        parser.add_argument("--provider", metavar="NAME", help="instead of the provider of record")
        parser.add_argument(
            "--queue", action="store_true", help="leave the work to the worker and return at once"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        provider = None
        if options["provider"]:
            provider = ServiceProvider.objects.filter(name=options["provider"]).first()
            if provider is None:
                raise CommandError(f"There is no provider “{options['provider']}”.")
        chosen = [
            entry.address
            for entry in standings(CivicAddress.objects.order_by("pk"))
            if options["all"] or entry.status in ("none", "stale")
        ]
        if not chosen:
            self.stdout.write("Every address has a verdict. Use --all to ask again.")
            return
        try:
            run = validation.start(by=None, addresses=chosen, provider=provider)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if options["queue"]:
            self.stdout.write(f"{len(chosen)} address(es) queued as job {run.job_id}.")
            return
        assert run.job_id  # start() made it
        job = jobs.run(run.job_id)
        if job.state == Job.State.RUNNING:
            raise CommandError(f"A worker took job {job.pk} at the same moment; watch it there.")
        verdicts = run.verdicts.select_related("address").order_by("pk")
        for verdict in verdicts:
            self.stdout.write(f"{verdict.verdict:12}{verdict.address}  {verdict.message}".rstrip())
        if job.state != Job.State.DONE:
            raise CommandError(job.message)
        if any(verdict.verdict == "unreachable" for verdict in verdicts):
            raise CommandError("The provider was not reached for every address; try again later.")
        if any(verdict.verdict != "valid" for verdict in verdicts):
            raise SystemExit(3)
