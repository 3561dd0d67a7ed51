"""``manage.py verify_audit``: whether the audit trail is whole."""

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from e911portal.core import audit
from e911portal.core.models import AuditEvent


class Command(BaseCommand):
    """Follows the chain, and looks for the heads that were noted outside of the database."""

    help = (
        "Follow the audit trail from its first row to its last: a row that was altered, removed or "
        "put elsewhere breaks the chain of hashes. Rows cut off at the end break nothing; they "
        "show because each publication's file names the last row of its time, and because the "
        "head printed here may be kept elsewhere and given back with --head. Changes nothing. "
        "Exit status 0: whole; 3: it is not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="ID:HASH",
            help="a head that this command printed earlier; may be given several times",
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, say what was found, exit."""
        broken = audit.broken_link()
        faults = []
        if broken:
            faults.append(
                f"Row {broken.pk} ({broken}) does not fit: it was altered, or a row before it "
                "was removed."
            )
        for number, head in audit.lost_heads(settings.PUBLICATIONS_DIR):
            faults.append(f"Publication {number} was made after row {head}, which is not there.")
        faults += [
            f"Row {head}, which was noted, is not there."
            for head in options["head"]
            if not audit.holds(head)
        ]
        total, head = AuditEvent.objects.count(), audit.head()
        if options["json"]:
            found = {"whole": not faults, "rows": total, "head": head, "faults": faults}
            self.stdout.write(json.dumps(found))
        else:
            for fault in faults:
                self.stdout.write(fault)
            word = "Not whole" if faults else "Whole"
            self.stdout.write(f"{word}: {total} rows. Head: {head or 'none'}")
        if faults:
            sys.exit(3)
