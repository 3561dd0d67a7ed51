"""`manage.py publish`."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from e911portal import publishing, scheduling
from e911portal.core.findings import Severity
from e911portal.management.asked import moment_of


class Command(BaseCommand):
    help = (
        "Publish the draft: from then on devices are answered from it. Refused while an error "
        "stands, or a warning that is not acknowledged by its name as `manage.py plan` prints it. "
        "Exit status 0: published, or scheduled with --at; 1: refused."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--comment", default="", help="why, for whoever reads the history")
        parser.add_argument("--by", metavar="USER", help="the login that publishes")
        parser.add_argument(
            "--at",
            metavar="TIME",
            help="publish the draft as it is then, for example 2026-11-22T02:00; in the portal's "
            "time zone unless it says another one",
        )
        parser.add_argument(
            "--acknowledge",
            action="append",
            default=[],
            metavar="NAME",
            help="accept this warning, for example 'LOC003:99999 Nowhere Blvd, …'; repeatable",
        )
        parser.add_argument(
            "--acknowledge-all", action="store_true", help="accept every warning there is now"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by = None
        if options["by"]:
            by = get_user_model().objects.filter(username=options["by"]).first()
            if by is None:
                raise CommandError(f"There is no login “{options['by']}”.")
        acknowledged = set(options["acknowledge"])
        if options["acknowledge_all"]:
            acknowledged |= {
                publishing.finding_name(finding)
                for finding in publishing.plan().findings
                if finding.severity is Severity.WARNING
            }
        if options["at"]:
            self._schedule(options["at"], by, options["comment"], acknowledged)
            return
        try:
            publication = publishing.publish(
                by=by, comment=options["comment"], acknowledged=acknowledged
            )
        except publishing.Refused as refusal:
            for finding in refusal.findings:
                self.stderr.write(f"{finding.severity.upper()} {publishing.finding_name(finding)}")
                self.stderr.write(f"    {finding.message} {finding.remedy}".rstrip())
            raise CommandError(f"Not published: {refusal}") from refusal
        self.stdout.write(f"{publication} is active: {sum(publication.counts.values()):,} rows.")

    def _schedule(self, at: str, by: Any, comment: str, acknowledged: set[str]) -> None:
        moment = moment_of(at)
        try:
            job = scheduling.publish_at(moment, by=by, comment=comment, acknowledged=acknowledged)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The draft will be published at {moment:%Y-%m-%d %H:%M %Z} ({job}).")
