"""The audit rows of one object, as a page shows them: field by field, with names instead of
keys."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q

from e911portal.core.models import AuditEvent
from e911portal.core.permissions import ScopedQuerySet

LATEST = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """One field before and after a change."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One audit row and its differences."""

    event: AuditEvent
    differences: list[Difference]

    @property
    def verb(self) -> str:
        """Return what was done: created, updated, deleted …"""
        return self.event.action.rsplit(".", 1)[-1]


def of(obj: models.Model, inlines: list[type[models.Model]], *, seen_by: Any) -> list[Change]:
    """Return the latest changes of ``obj`` and of the rows of ``inlines`` that belong to it.

    Other rows that they name stand by their key where the person ``seen_by`` may not see them.
    """
    condition = Q(object_type=obj._meta.label_lower, object_id=str(obj.pk))
    for model in inlines:
        condition |= Q(object_type=model._meta.label_lower, object_id__in=_inline_keys(obj, model))
    return changes(AuditEvent.objects.filter(condition).order_by("-pk")[:LATEST], seen_by=seen_by)


def _inline_keys(obj: models.Model, model: type[models.Model]) -> list[str]:
    """Return the keys of rows that belong, or once belonged, to ``obj``: their birth and death name
    it."""
    column = next(
        field.attname
        for field in model._meta.concrete_fields
        if field.related_model is type(obj) and field.many_to_one
    )
    named = Q(**{f"after__{column}": obj.pk}) | Q(**{f"before__{column}": obj.pk})
    events = AuditEvent.objects.filter(named, object_type=model._meta.label_lower)
    return list(events.values_list("object_id", flat=True).distinct())


def changes(events: Any, *, seen_by: Any) -> list[Change]:
    """Return ``events`` with their differences; keys of other rows are read at once, model by
    model."""
    events = list(events)
    names = _names(events, seen_by)
    return [Change(event, _differences(event, names)) for event in events]


def _model(event: AuditEvent) -> type[models.Model] | None:
    try:
        return apps.get_model(event.object_type)
    except (LookupError, ValueError):
        return None


def _column(model: type[models.Model] | None, attname: str) -> Any:
    if model is None:
        return None
    name = attname.removesuffix("_id")
    for candidate in (attname, name):
        try:
            return model._meta.get_field(candidate)
        except FieldDoesNotExist:
            continue
    return None


def _keys(column: Any, value: Any) -> list[int]:
    """Return the keys of other rows that a value names; none where a text or a number of rows
    stands in their place, as some events have it."""
    if not getattr(column, "related_model", None):
        return []
    keys = value if isinstance(value, list) else [] if column.many_to_many else [value]
    return keys if all(type(key) is int for key in keys) else []


def _names(events: list[AuditEvent], seen_by: Any) -> dict[tuple[type[models.Model], Any], str]:
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for event in events:
        model = _model(event)
        for values in (event.before or {}, event.after or {}):
            for attname, value in values.items():
                column = _column(model, attname)
                if keys := _keys(column, value):
                    wanted[column.related_model].update(keys)
    names: dict[tuple[type[models.Model], Any], str] = {}
    for model, ids in wanted.items():
        rows: Any = model._default_manager.filter(pk__in=ids)
        visible = rows.visible_to(seen_by) if isinstance(rows, ScopedQuerySet) else rows
        shown = set(visible.values_list("pk", flat=True))
        for row in model._base_manager.filter(pk__in=ids):
            names[model, row.pk] = str(row) if row.pk in shown else f"#{row.pk}"
    return names


def _differences(event: AuditEvent, names: dict[Any, str]) -> list[Difference]:
    model = _model(event)
    before, after = event.before or {}, event.after or {}
    columns = {attname: _column(model, attname) for attname in [*before, *after]}
    found = []
    # In the order of the model: PostgreSQL keeps no order in JSON.
    for attname in sorted(columns, key=lambda one: getattr(columns[one], "creation_counter", 0)):
        column = columns[attname]
        if attname == "id" or (column is not None and not column.editable):
            continue
        texts = [_text(column, values.get(attname), names) for values in (before, after)]
        if texts[0] != texts[1]:
            label = str(column.verbose_name) if column is not None else attname
            found.append(Difference(label, *texts))
    return found


def _text(column: Any, value: Any, names: dict[Any, str]) -> str:
    if value is None or value == "" or value == []:
        return ""
    if keys := _keys(column, value):
        related = column.related_model
        return ", ".join(names.get((related, key), f"#{key} (deleted)") for key in keys)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    choices = dict(getattr(column, "flatchoices", None) or ())
    return str(choices.get(value, value))
