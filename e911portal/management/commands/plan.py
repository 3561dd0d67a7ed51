"""`manage.py plan`."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from e911portal import publishing
from e911portal.core.wording import how_many


class Command(BaseCommand):
    help = (
        "Show what publishing now would do: what the checks find in the draft, and how answers to "
        "devices would change. Changes nothing. Exit status 0: nothing stands in the way; "
        "1: errors, which refuse a publication; 3: warnings, which must be acknowledged by name."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--json", action="store_true", help="print the plan as JSON")

    def handle(self, *args: Any, json: bool, **options: Any) -> None:
        plan = publishing.plan()
        self.stdout.write(as_json(plan) if json else as_text(plan))
        if plan.errors:
            raise SystemExit(1)
        if plan.warnings:
            raise SystemExit(3)


def as_json(plan: publishing.Plan) -> str:
    """Return the plan as a JSON document."""
    return json.dumps(
        {
            "active": plan.active.number if plan.active else None,
            "unpublished_changes": plan.unpublished,
            "findings": [
                {"name": publishing.finding_name(entry), **asdict(entry)} for entry in plan.findings
            ],
            "changes": [
                {
                    "kind": entry.kind,
                    "counts": entry.counts,
                    "rows": [asdict(r) for r in entry.rows],
                }
                for entry in plan.changes
            ],
            "counts": plan.counts,
        },
        indent=2,
    )


def as_text(plan: publishing.Plan) -> str:
    """Return the plan for a terminal."""
    lines = [
        f"Active: {plan.active or 'nothing published yet'}; "
        f"{how_many(plan.unpublished, 'unpublished change')}",
        "",
    ]
    for finding in plan.findings:
        lines.append(f"{finding.severity.upper():8}{publishing.finding_name(finding)}")
        lines.append(f"        {finding.message} {finding.remedy}".rstrip())
    lines.append("" if plan.findings else "No findings.")
    for changes in plan.changes:
        counted = ", ".join(f"{count} {effect}" for effect, count in changes.counts.items())
        lines.append(f"{changes.kind}: {counted}")
        lines += [
            f"    {row.effect:8}{row.label}: {row.before or '–'} → {row.after or '–'}"
            for row in changes.rows[:20]
        ]
        if changes.total > 20:
            lines.append(f"    … and {changes.total - 20} more (--json shows up to 500)")
    if not plan.changes:
        lines.append("No answer to a device would change.")
    return "\n".join(lines)
