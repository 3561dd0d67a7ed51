"""“Delete what is missing”: a plan of its own, of the rows that our own file has no more.

It lists what goes along, what only loses a reference, and refuses what is still in use.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db import models

from locations.domain.imports import Action, Operation, PlanRow, Verdict
from locations.importers.draft import Draft
from locations.importers.troubles import Conflict
from locations.models.imports import plain
from locations.models.references import chunks, relations

#: Rows in use that a conflict names.
NAMED = 5

Doomed = dict[Any, dict[int, PlanRow]]


def missing(
    draft: Draft, kept: Mapping[str, set[Any]], *, file: str
) -> tuple[list[PlanRow], list[Operation]]:
    """Plan the deletion of all rows of the tables in ``kept`` but those with the keys it names.

    The option ``site`` keeps the deletion to that site's rows.
    """
    site = draft.options.get("site", "")
    only = draft.named("sites", site, field="site").ref if site else None
    rows: list[PlanRow] = []
    doomed: Doomed = {}
    for name, keys in kept.items():
        held = draft.whole(name)
        for key, stored in list(held.stored.items()):
            if key in keys:
                continue
            entry = draft.find(name, key)
            if entry is None or (only and draft.site_of(entry, entry.values) != only):
                continue
            label = draft.label_of(entry.table, entry.values)
            row = PlanRow(Verdict.DELETE, file, 0, entry.table.noun, label)
            rows.append(row)
            try:
                draft.remove(entry)
            except Conflict as conflict:
                row.verdict, row.message, row.remedy = (
                    conflict.verdict, conflict.message, conflict.remedy
                )  # fmt: skip
                continue
            doomed.setdefault(held.model, {})[stored[0]] = row
    loosened = _follow(doomed)
    return rows, [*_operations(doomed), *loosened]


def _follow(doomed: Doomed) -> list[Operation]:
    """Add what goes along to ``doomed``; return what loses a reference; mark what is in use."""
    queue = [(model, dict(keys)) for model, keys in doomed.items()]
    loosened: list[tuple[Any, int, str, int]] = []
    in_use: dict[int, tuple[PlanRow, list[tuple[Any, int]]]] = {}
    along: dict[int, Counter[str]] = {}
    while queue:
        model, keys = queue.pop()
        for relation in relations(model):
            owner, field = relation.related_model, relation.field
            found: dict[int, PlanRow] = {}
            for chunk in chunks(keys):
                rows = owner._base_manager.filter(**{f"{field.name}__in": chunk})
                for key, target in rows.values_list("pk", field.attname):
                    if key in doomed.get(owner, ()):
                        continue
                    row = keys[target]
                    if relation.on_delete is models.CASCADE:
                        doomed.setdefault(owner, {})[key] = found[key] = row
                        noun = str(owner._meta.verbose_name)
                        along.setdefault(id(row), Counter())[noun] += 1
                        row.notes = [f"and {n} {what}" for what, n in along[id(row)].items()]
                    elif relation.on_delete is models.SET_NULL:
                        loosened.append((owner, key, field.attname, target))
                    else:
                        in_use.setdefault(id(row), (row, []))[1].append((owner, key))
            if found:
                queue.append((owner, found))
    _mark(in_use, doomed)
    return [
        Operation(
            Action.UPDATE, owner._meta.label_lower, key, f"{owner._meta.verbose_name} {key}",
            {attname: target}, {attname: None},
        )
        for owner, key, attname, target in loosened
        if key not in doomed.get(owner, ())
    ]  # fmt: skip


def _mark(in_use: Mapping[int, tuple[PlanRow, list[tuple[Any, int]]]], doomed: Doomed) -> None:
    for row, users in in_use.values():
        left = [(owner, key) for owner, key in users if key not in doomed.get(owner, ())]
        if not left:
            continue
        named = [
            f"{owner._meta.verbose_name} “{owner._base_manager.get(pk=key)}”"
            for owner, key in left[:NAMED]
        ]
        more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
        row.verdict = Verdict.CONFLICT
        row.message = f"It is still used by {', '.join(named)}{more}."
        row.remedy = "Map those elsewhere first, or keep the row in the file."


def _operations(doomed: Doomed) -> list[Operation]:
    found = []
    for model, keys in doomed.items():
        names = [column.attname for column in model._meta.concrete_fields if not column.primary_key]
        label = model._meta.label_lower
        for chunk in chunks(keys):
            for key, *values in model._base_manager.filter(pk__in=chunk).values_list("pk", *names):
                before = dict(zip(names, map(plain, values), strict=True))
                row = keys[key]
                own = row.label if row.kind == str(model._meta.verbose_name) else ""
                shown = own or f"{model._meta.verbose_name} {key} of {row.label}"
                found.append(Operation(Action.DELETE, label, key, shown, before=before))
    return found
