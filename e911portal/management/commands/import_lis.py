"""`manage.py import_lis`."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import requests
from django.contrib.auth import get_user_model
from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    DjangoHelpFormatter,
)

from e911portal import importing
from e911portal.importing import Plan, PlanRow, Verdict

#: Rows of each verdict shown for people; --json shows all.
SHOWN = 50

EPILOG = """
Files that are given together are one import: a subnet may find its mask, and a location its
address, in another file of the same run. The dialect of each file is found from its header:

  our own CSV, or XLSX with one sheet per table (docs/import.md lists the columns)
  Lync Server CSV: waps, subnets, ports, switches, and the network subnets (Identity, Mask, SiteID)
  Lync and Teams PowerShell, pasted as it is: typographic dashes and quotes are read
  Microsoft Teams CSV, Intrado Emergency Gateway CSV

examples:
  manage.py import_lis ports.csv --dry-run            what would happen, row by row
  manage.py import_lis subnets.csv netsubnets.csv     masks and sites from the second file
  manage.py import_lis waps.csv --site NY1            new access points stand at NY1
  manage.py import_lis switch_ports.csv --delete-missing --dry-run
                                                      which ports the file has no more
  manage.py import_lis --netbox https://netbox.example.com --token-file /run/secrets/netbox
  manage.py import_lis --undo 12                      restore what import 12 changed

exit status:
  0  applied, or nothing to change, or (with --dry-run) nothing stands in the way
  1  a file could not be read, or the import was refused; nothing was written
  3  the plan has conflicts or errors; nothing was written
"""


class _Formatter(DjangoHelpFormatter):
    """Keep the epilogue as it is written."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text is EPILOG else super()._fill_text(text, width, indent)


class Command(BaseCommand):
    help = (
        "Import regions, sites, subnets, switches, ports, access points, ERLs and routing from "
        "files. First a plan is made of every row (add, change, unchanged, conflict, error); then "
        "it is applied in one transaction or not at all. Devices see nothing of it until published."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.formatter_class = _Formatter
        parser.epilog = EPILOG
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", metavar="FILE", help="what to import; - is stdin")
        parser.add_argument("--dry-run", action="store_true", help="show the plan, write nothing")
        parser.add_argument(
            "--dialect",
            choices=importing.DIALECTS,
            default="",
            help="read the files as this dialect instead of finding it out",
        )
        parser.add_argument(
            "--site", default="", help="the network site of new elements whose site is not told"
        )
        parser.add_argument(
            "--mask", default="", help="the prefix length of subnets that come without one"
        )
        parser.add_argument(
            "--delete-missing",
            action="store_true",
            help="instead of adding and changing, delete the rows that our own files have no more; "
            "with --site only those of that site",
        )
        parser.add_argument("--netbox", metavar="URL", help="read from NetBox instead of files")
        parser.add_argument(
            "--token-file", metavar="PATH", help="a file that holds NetBox's API token"
        )
        parser.add_argument("--undo", type=int, metavar="BATCH", help="take an import back")
        parser.add_argument("--by", metavar="USER", help="the login that imports; its rights count")
        parser.add_argument("--json", action="store_true", help="print the plan as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        by = _user(options["by"])
        progress = Progress(self.stderr)
        try:
            if options["undo"] is not None:
                self._undo(options["undo"], by, progress)
                return
            plan = self._plan(options, by, progress)
            self.stdout.write(as_json(plan) if options["json"] else as_text(plan))
            if plan.problems:
                raise SystemExit(3)
            if options["dry_run"] or not plan.operations:
                return
            batch = importing.apply(batch=importing.store(plan, by=by), by=by, progress=progress)
        except importing.Unreadable as error:
            raise CommandError(str(error)) from error
        except importing.Refused as refusal:
            raise CommandError(f"Nothing was written. {refusal}") from refusal
        self.stderr.write(
            f"Applied as import {batch.pk}. Undo: manage.py import_lis --undo {batch.pk}"
        )

    def _plan(self, options: dict[str, Any], by: Any, progress: "Progress") -> Plan:
        if options["netbox"]:
            return self._plan_netbox(options, by, progress)
        if not options["files"]:
            raise CommandError("Name at least one file, or --netbox URL, or --undo BATCH.")
        return importing.plan(
            [_read(name) for name in options["files"]],
            by=by,
            dialect=options["dialect"],
            site=options["site"],
            mask=options["mask"],
            delete_missing=options["delete_missing"],
            progress=progress,
        )

    def _plan_netbox(self, options: dict[str, Any], by: Any, progress: "Progress") -> Plan:
        if options["files"] or options["delete_missing"]:
            raise CommandError("NetBox is read alone, and deletes nothing here.")
        if not options["token_file"]:
            raise CommandError("Give NetBox's API token: --token-file PATH.")
        try:
            token = Path(options["token_file"]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise CommandError(f"{options['token_file']}: {error.strerror}") from error
        with requests.Session() as session:
            session.trust_env = False
            netbox = importing.NetBox(options["netbox"], token, session)
            return importing.plan_netbox(netbox, by=by, progress=progress)

    def _undo(self, number: int, by: Any, progress: "Progress") -> None:
        batch = importing.ImportBatch.objects.filter(pk=number).first()
        if batch is None:
            raise CommandError(f"There is no import {number}.")
        importing.undo(batch=batch, by=by, progress=progress)
        self.stdout.write(f"Import {number} of {batch.file_name} is undone.")


def _user(name: str | None) -> Any:
    if not name:
        return None
    found = get_user_model().objects.filter(username=name).first()
    if found is None:
        raise CommandError(f"There is no login “{name}”.")
    return found


def _read(name: str) -> tuple[str, bytes]:
    try:
        return (name, sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from error


class Progress:
    """Says on standard error how far a step is, once it takes longer than two seconds."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._next = time.monotonic() + 2

    def __call__(self, what: str, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + 1
            self._stream.write(f"{what}: {done:,} of {total:,}")


def as_json(plan: Plan) -> str:
    """Return the plan as a JSON document."""
    names = PlanRow.__dataclass_fields__
    return json.dumps(
        {
            "file": plan.file_name,
            "sha256": plan.sha256,
            "dialect": plan.dialect,
            "base_revision": plan.base_revision,
            "counts": plan.counts(),
            "operations": len(plan.operations),
            "rows": [{name: getattr(row, name) for name in names} for row in plan.rows],
        },
        indent=2,
    )


def as_text(plan: Plan) -> str:
    """Return the plan for a terminal: problems first; unchanged rows are counted only."""
    lines = [f"{plan.file_name} ({plan.dialect})"]
    for kind, counted in sorted(plan.counts().items()):
        words = ", ".join(f"{number:,} {verdict}" for verdict, number in counted.items())
        lines.append(f"  {kind or 'other lines'}: {words}")
    for verdict in Verdict:
        rows = [row for row in plan.rows if row.verdict is verdict]
        if verdict is Verdict.UNCHANGED or not rows:
            continue
        lines.append("")
        for row in rows[:SHOWN]:
            lines += _row_lines(row)
        if len(rows) > SHOWN:
            lines.append(f"… and {len(rows) - SHOWN:,} more rows to {verdict} (--json shows all)")
    if not plan.operations and not plan.problems:
        lines += ["", "Nothing to change."]
    return "\n".join(lines)


def _row_lines(row: PlanRow) -> list[str]:
    where = f"{row.file}:{row.line}" if row.line else row.file
    head = f"{row.verdict.upper():9} {where} {row.kind} {row.label}".rstrip()
    if row.column:
        head += f" [{row.column}{f' = {row.value}' if row.value else ''}]"
    lines = [head]
    lines += [f"          {label}: {before or '–'} → {after or '–'}"
              for label, before, after in row.differences]  # fmt: skip
    lines += [f"          {note}" for note in row.notes]
    text = f"{row.message} {row.remedy}".strip()
    return [*lines, f"          {text}"] if text else lines
