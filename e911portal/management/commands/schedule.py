"""`manage.py schedule`."""

from datetime import time
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from e911portal import scheduling
from e911portal.core.models import Job, PublicationSchedule


class Command(BaseCommand):
    help = (
        "Show or say when the draft is published without a person: by hand only, every day at a "
        "time, or as soon as nobody has edited for a while. By itself goes only what harms nobody: "
        "no error, no warning that the active publication was not published with, nothing that "
        "loses its location, policy or way out. Publications that wait for their time (publish "
        "--at) are shown, and cancelled, here. Exit status 0: done; 1: refused."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("mode", nargs="?", choices=PublicationSchedule.Mode.values)
        parser.add_argument("--at", metavar="HH:MM", help="daily: in the portal's time zone")
        parser.add_argument(
            "--quiet-minutes", type=int, help="automatic: how long nobody has edited anything"
        )
        parser.add_argument("--cancel", type=int, metavar="JOB", help="a publication that waits")
        parser.add_argument("--by", metavar="USER", help="the login in whose name it is published")

    def handle(self, *args: Any, **options: Any) -> None:
        by = None
        if options["by"]:
            by = get_user_model().objects.filter(username=options["by"]).first()
            if by is None:
                raise CommandError(f"There is no login “{options['by']}”.")
        if options["cancel"] is not None:
            self._cancel(options["cancel"], by)
        if options["mode"]:
            self._set(options, by)
        self._show()

    def _set(self, options: dict[str, Any], by: Any) -> None:
        try:
            at = time.fromisoformat(options["at"]) if options["at"] else None
            scheduling.set_schedule(
                mode=options["mode"], at=at, quiet_minutes=options["quiet_minutes"], by=by
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except ValueError as error:
            raise CommandError(f"“{options['at']}” is not a time. Write HH:MM.") from error

    def _cancel(self, number: int, by: Any) -> None:
        job = Job.objects.filter(pk=number).first()
        if job is None or not scheduling.cancel(job, by=by):
            raise CommandError(f"There is no publication that waits as job {number}.")

    def _show(self) -> None:
        plan = scheduling.schedule()
        words = plan.get_mode_display()
        if plan.mode == PublicationSchedule.Mode.DAILY:
            words += f", {plan.at:%H:%M}"
        if plan.mode == PublicationSchedule.Mode.AUTOMATIC:
            words += f", {plan.quiet_minutes} minutes"
        self.stdout.write(f"{words}. {plan.outcome}".rstrip())
        for job in scheduling.waiting():
            who = job.created_by or "the system"
            comment = job.payload.get("comment", "")
            self.stdout.write(f"{job.not_before:%Y-%m-%d %H:%M %Z}  job {job.pk}  {who}  {comment}")
