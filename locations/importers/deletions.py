"""“Delete what is missing”: a plan of its own, of the rows that our own file has no more.

It lists what goes along, what only loses a reference, and refuses what is still in use.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import models

from e911portal.core.wording import how_many
from locations.domain.imports import Action, Operation, PlanRow, Verdict
from locations.importers.draft import Draft
from locations.importers.troubles import Conflict
from locations.models import ERL
from locations.models.imports import plain
from locations.models.references import chunks, relations

#: Rows in use that a conflict names.
NAMED = 5

Doomed = dict[Any, dict[int, PlanRow]]


class _Loosened(NamedTuple):
    """A row that stays and loses its reference ``field`` to ``target``, which ``row`` deletes."""

    owner: Any
    key: int
    field: Any
    target: int
    row: PlanRow


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
    loosened: list[_Loosened] = []
    in_use: dict[int, tuple[PlanRow, list[tuple[Any, int]]]] = {}
    along: dict[int, Counter[Any]] = {}
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
                        along.setdefault(id(row), Counter())[owner] += 1
                        row.notes = [f"and {_how_many(n, of)}" for of, n in along[id(row)].items()]
                    elif relation.on_delete is models.SET_NULL:
                        loosened.append(_Loosened(owner, key, field, target, row))
                    else:
                        in_use.setdefault(id(row), (row, []))[1].append((owner, key))
            if found:
                queue.append((owner, found))
    _mark(in_use, doomed)
    left = [entry for entry in loosened if entry.key not in doomed.get(entry.owner, ())]
    _note(left)
    return [
        Operation(
            Action.UPDATE, owner._meta.label_lower, key, f"{owner._meta.verbose_name} {key}",
            {field.attname: target}, {field.attname: None},
        )
        for owner, key, field, target, _ in left
    ]  # fmt: skip


def _note(loosened: list[_Loosened]) -> None:
    """Say with each row which others name it no longer: a site its default ERL, for one."""
    by_row: dict[tuple[int, Any, Any], list[_Loosened]] = {}
    for entry in loosened:
        by_row.setdefault((id(entry.row), entry.owner, entry.field), []).append(entry)
    named: dict[Any, set[int]] = {}
    for (_, owner, _), entries in by_row.items():
        named.setdefault(owner, set()).update(entry.key for entry in entries[:NAMED])
    names = {
        (owner, key): str(found)
        for owner, keys in named.items()
        for chunk in chunks(keys)
        for key, found in owner._base_manager.in_bulk(chunk).items()
    }
    for (_, owner, field), entries in by_row.items():
        what = f"no {field.verbose_name} any more"
        for entry in entries[:NAMED]:
            name = names[owner, entry.key]
            entry.row.notes.append(f"{owner._meta.verbose_name} “{name}” has {what}")
        if len(entries) > NAMED:
            more = _how_many(len(entries) - NAMED, owner)
            entries[0].row.notes.append(f"nor have {more} more")


def _how_many(number: int, model: Any) -> str:
    meta = model._meta
    return how_many(number, str(meta.verbose_name), str(meta.verbose_name_plural))


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
    places: list[tuple[PlanRow, int]] = []
    for model, keys in doomed.items():
        names = [column.attname for column in model._meta.concrete_fields if not column.primary_key]
        label = model._meta.label_lower
        for chunk in chunks(keys):
            for key, *values in model._base_manager.filter(pk__in=chunk).values_list("pk", *names):
                before = dict(zip(names, map(plain, values), strict=True))
                row = keys[key]
                own = row.label if row.kind == str(model._meta.verbose_name) else ""
                if own and before.get("erl_id"):
                    places.append((row, before["erl_id"]))
                shown = own or f"{model._meta.verbose_name} {key} of {row.label}"
                found.append(Operation(Action.DELETE, label, key, shown, before=before))
    erls: dict[int, str] = {}
    for chunk in chunks({key for _, key in places}):
        erls.update(ERL.objects.filter(pk__in=chunk).values_list("pk", "name"))
    for row, key in places:
        row.differences.append(("erl", erls[key], ""))
    return found
