"""`manage.py publish`."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from e911portal import publishing
from e911portal.core.findings import Severity


class Command(BaseCommand):
    help = (
        "Publish the draft: from then on devices are answered from it. Refused while an error "
        "stands, or a warning that is not acknowledged by its name as `manage.py plan` prints it. "
        "Exit status 0: published; 1: refused."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--comment", default="", help="why, for whoever reads the history")
        parser.add_argument("--by", metavar="USER", help="the login that publishes")
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
