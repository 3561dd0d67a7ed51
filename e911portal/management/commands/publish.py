"""`manage.py publish`."""

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from e911portal import publishing, scheduling
from e911portal.management.asked import moment_of


class Command(BaseCommand):
    help = (
        "Publish the draft: from then on devices are answered from it. Refused while an error "
        "stands, or a warning that is not acknowledged by its name as `manage.py plan` prints it. "
        "With --at the draft is compared as it is now, and what would refuse it is printed; it is "
        "scheduled all the same, because that may be repaired until then. Exit status 0: "
        "published, or scheduled with --at; 1: refused; 3: scheduled, but refused if nothing is "
        "repaired."
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
        moment = moment_of(options["at"]) if options["at"] else None
        acknowledged, plan = set(options["acknowledge"]), None
        if options["acknowledge_all"]:
            plan = publishing.plan(progress=self.stderr.write)
            acknowledged |= {publishing.finding_name(entry) for entry in plan.warnings}
        if moment:
            self._schedule(moment, by, options["comment"], acknowledged)
            self._tell_what_stands(plan, acknowledged)
            return
        try:
            publication = publishing.publish(
                by=by, comment=options["comment"], acknowledged=acknowledged
            )
        except publishing.Refused as refusal:
            self._list(refusal)
            raise CommandError(f"Not published: {refusal}") from refusal
        self.stdout.write(f"{publication} is active: {sum(publication.counts.values()):,} rows.")

    def _schedule(self, moment: datetime, by: Any, comment: str, acknowledged: set[str]) -> None:
        try:
            job = scheduling.publish_at(moment, by=by, comment=comment, acknowledged=acknowledged)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The draft will be published at {moment:%Y-%m-%d %H:%M %Z} ({job}).")

    def _tell_what_stands(self, plan: publishing.Plan | None, acknowledged: set[str]) -> None:
        """Say what would refuse the draft as it is now: not at night only, when nobody looks."""
        plan = plan or publishing.plan(progress=self.stderr.write)
        try:
            publishing.refuse_unless_clear(plan.findings, acknowledged)
        except publishing.Refused as refusal:
            self._list(refusal)
            self.stderr.write(
                f"As the draft is now, it would be refused: {refusal} Repair what stands in the "
                "way until then; to acknowledge a warning, cancel with `manage.py schedule "
                "--cancel` and schedule anew with --acknowledge."
            )
            raise SystemExit(3) from refusal

    def _list(self, refusal: publishing.Refused) -> None:
        for finding in refusal.findings:
            self.stderr.write(f"{finding.severity.upper()} {publishing.finding_name(finding)}")
            self.stderr.write(f"    {finding.message} {finding.remedy}".rstrip())
