"""The database as text, for tests that compare it before and after an import."""

from typing import Any

from django.apps import apps

from e911portal import importing

Rows = dict[str, list[dict[str, Any]]]


def state() -> Rows:
    """Return every row of every table that imports write, keys included."""
    return {
        table.name: [
            {name: value for name, value in row.items()}
            for row in apps.get_model(table.model)._base_manager.order_by("pk").values()
        ]
        for table in importing.TABLES.values()
    }


def contents() -> dict[str, list[dict[str, Any]]]:
    """Return the rows without keys of their own."""
    return {
        name: [{key: value for key, value in row.items() if key != "id"} for row in rows]
        for name, rows in state().items()
    }


def planned(text: str, *, name: str = "file.csv", **options: Any) -> importing.Plan:
    """Return the plan of one file with this text."""
    return importing.plan([(name, text.encode())], **options)


def applied(text: str, *, name: str = "file.csv", **options: Any) -> importing.ImportBatch:
    """Import one file with this text; return its batch."""
    plan = planned(text, name=name, **options)
    assert plan.problems == []
    return importing.apply(batch=importing.store(plan, by=None), by=None)


def verdicts(plan: importing.Plan) -> list[str]:
    """Return the verdict of each row."""
    return [row.verdict.value for row in plan.rows]
