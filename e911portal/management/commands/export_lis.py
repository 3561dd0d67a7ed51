"""`manage.py export_lis`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from e911portal import exporting
from e911portal.core.findings import Finding
from locations.exporters.ali import Sender

#: Findings of each code shown for people; --json shows all.
SHOWN = 20


class Command(BaseCommand):
    help = (
        "Write the draft to files: "
        + "; ".join(f"{name} ({words})" for name, words in exporting.WORDS.items())
        + ". What does not fit the product that a format is for is written as it is, if it can be, "
        "and listed. Exit status 0: written, and everything fits; 3: written, with warnings; "
        "1: not written."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--format", choices=exporting.WORDS, default="own", help="default: own")
        parser.add_argument(
            "--out",
            type=Path,
            required=True,
            metavar="PATH",
            help="the file; for own and lync-csv a directory, or an archive that ends in .zip",
        )
        parser.add_argument("--company", default="", help="nena: the sender's name in the header")
        parser.add_argument("--company-id", default="", help="nena: the sender's NENA company id")
        parser.add_argument("--json", action="store_true", help="print files and findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        sender = Sender(options["company"], options["company_id"])
        context = exporting.Context(timezone.localdate(), sender)
        try:
            done = exporting.export(options["format"], options["out"], context)
        except exporting.Unwritable as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or options['out']}: {error.strerror}") from error
        if options["json"]:
            self.stdout.write(as_json(done))
        else:
            for path in done.files:
                self.stdout.write(f"{path}  {path.stat().st_size:,} bytes")
            for line in as_text(done.findings):
                self.stderr.write(line)
        if any(finding.severity != "info" for finding in done.findings):
            raise SystemExit(3)


def as_json(done: exporting.Export) -> str:
    """Return files and findings as a JSON document."""
    findings = [asdict(finding) for finding in done.findings]
    return json.dumps({"files": [str(path) for path in done.files], "findings": findings}, indent=2)


def as_text(findings: list[Finding]) -> list[str]:
    """Return the findings for a terminal, the first of each code."""
    lines: list[str] = []
    counted: dict[str, int] = {}
    for finding in findings:
        counted[finding.code] = counted.get(finding.code, 0) + 1
        if counted[finding.code] <= SHOWN:
            label = f"{finding.subject.label}: " if finding.subject else ""
            text = f"{finding.severity.upper():8}{finding.code} {label}{finding.message}"
            lines.append(f"{text} {finding.remedy}".rstrip())
    lines += [
        f"        … and {number - SHOWN:,} more {code} (--json shows all)"
        for code, number in counted.items()
        if number > SHOWN
    ]
    return lines
