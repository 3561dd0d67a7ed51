"""Applying a planned import, and taking it back: each in one transaction, or not at all."""

import itertools
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone

from e911portal.core import audit
from e911portal.core.middleware import current_context
from e911portal.core.models import AuditEvent
from e911portal.core.permissions import can_add, holds_everywhere
from locations.actions.bulk import (
    Progress,
    by_model,
    current,
    dependents,
    resolved,
    write,
)
from locations.domain.imports import Action, Operation
from locations.models.imports import ImportBatch, packed, unpacked
from locations.models.references import chunks

#: Rows named in a refusal; the rest is counted.
NAMED = 20
_WORDS = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted"}


class Refused(Exception):
    """The import was not applied or undone, and nothing was written; ``reasons`` say why."""

    def __init__(self, message: str, reasons: Iterable[str] = ()) -> None:
        self.reasons = list(reasons)
        shown = self.reasons[:NAMED]
        if len(self.reasons) > NAMED:
            shown.append(f"and {len(self.reasons) - NAMED} more")
        super().__init__(" ".join([message, *(f"{reason}." for reason in shown)]))


def apply(*, batch: ImportBatch, by: Any, progress: Progress | None = None) -> ImportBatch:
    """Write what ``batch`` planned, with its audit rows, in one transaction.

    ``by`` is a person, whose rights are checked row by row, or None for the system itself.  Raises
    ``Refused`` when the plan has conflicts or errors, when rows it touches changed since it was
    made, or when a right is missing.
    """
    if batch.is_blocked:
        raise Refused("The plan has conflicts or errors. Repair the file and import it again.")
    return _settle(batch, by, ImportBatch.State.PLANNED, _apply, progress)


def undo(*, batch: ImportBatch, by: Any, progress: Progress | None = None) -> ImportBatch:
    """Restore exactly what ``batch`` changed, in one transaction.

    Raises ``Refused`` naming the rows that were edited, or came to depend on a created row, since.
    """
    return _settle(batch, by, ImportBatch.State.APPLIED, _undo, progress)


def _settle(batch: ImportBatch, by: Any, state: str, step: Any, progress: Progress | None) -> Any:
    try:
        with transaction.atomic():
            locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
            if locked.state != state:
                raise Refused(f"{locked} is {locked.get_state_display().lower()} already.")
            step(locked, by, progress)
            locked.save()
    except IntegrityError as error:
        raise _refusal(
            batch,
            Refused("The database changed since the plan was made. Plan again.", [str(error)]),
        ) from error
    except Refused as refusal:
        raise _refusal(batch, refusal) from refusal
    return locked


def _refusal(batch: ImportBatch, refusal: Refused) -> Refused:
    planned = ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.PLANNED)
    planned.update(state=ImportBatch.State.REFUSED, message=str(refusal))
    return refusal


def _apply(batch: ImportBatch, by: Any, progress: Progress | None) -> None:
    operations = batch.plan_operations()
    created = _execute(
        operations, by, "Rows changed since the plan was made. Plan again.", progress
    )
    batch.applied = packed(list(created.items()))
    batch.state = ImportBatch.State.APPLIED
    batch.applied_at = timezone.now()
    audit.record("applied", batch, by=by, after=_summary(batch))


def _undo(batch: ImportBatch, by: Any, progress: Progress | None) -> None:
    created = dict(unpacked(batch.applied) or ())
    inverse = [_inverse(operation, created) for operation in batch.plan_operations()]
    _execute(inverse, by, "Rows were edited since the import.", progress)
    batch.state = ImportBatch.State.UNDONE
    batch.undone_at = timezone.now()
    audit.record("undone", batch, by=by, after=_summary(batch))


def _summary(batch: ImportBatch) -> dict[str, Any]:
    return {"file": batch.file_name, "sha256": batch.sha256, "counts": batch.counts}


def _inverse(operation: Operation, created: dict[int, int]) -> Operation:
    """Return what takes ``operation`` back."""
    model = apps.get_model(operation.model)
    after = resolved(operation.after, created, model)
    ref = created.get(operation.ref, operation.ref)
    if operation.action is Action.CREATE:
        return Operation(Action.DELETE, operation.model, ref, operation.label, before=after)
    if operation.action is Action.DELETE:
        return Operation(
            Action.CREATE, operation.model, ref, operation.label, after=operation.before
        )
    return Operation(
        Action.UPDATE, operation.model, ref, operation.label, after, dict(operation.before)
    )


def _execute(
    operations: list[Operation], by: Any, moved: str, progress: Progress | None
) -> dict[int, int]:
    reasons = [*_changed(operations), *_taken(operations), *_missing(operations)]
    reasons += [
        f"{row._meta.verbose_name} “{row}” still uses a row that would be deleted"
        for row in itertools.islice(dependents(operations), 10 * NAMED)
    ]
    if reasons:
        raise Refused(moved, reasons)
    _allow(operations, by, {}, _before_writing)
    created = write(operations, progress=progress)
    _allow(operations, by, created, _after_writing)
    audit.record_bulk(list(_events(operations, created, by)))
    return created


# ---------------------------------------------------------------- what the plan took for granted


def _changed(operations: list[Operation]) -> Iterable[str]:
    """Yield the rows to update or delete that do not have the values the plan was made against."""
    for model, found in by_model(operations, Action.UPDATE, Action.DELETE).items():
        names = sorted({name for operation in found for name in operation.before})
        now = current(model, (operation.ref for operation in found), names)
        for operation in found:
            row = now.get(operation.ref)
            if row is None:
                yield f"{model._meta.verbose_name} “{operation.label}” is gone"
                continue
            for name, planned in operation.before.items():
                if row[name] != planned:
                    label = model._meta.get_field(name).verbose_name
                    yield (
                        f"{model._meta.verbose_name} “{operation.label}”: "
                        f"{label} is “{row[name]}”, not “{planned}”"
                    )
                    break


def _taken(operations: list[Operation]) -> Iterable[str]:
    """Yield the rows to create whose key somebody else has taken."""
    for model, found in by_model(operations, Action.CREATE).items():
        keyed = [operation for operation in found if operation.key]
        if not keyed:
            continue
        names = keyed[0].key
        wanted = {tuple(operation.after[name] for name in names): operation for operation in keyed}
        for chunk in chunks(sorted({key[0] for key in wanted}, key=str)):
            rows = model._base_manager.filter(**{f"{names[0]}__in": chunk}).values_list(*names)
            for key in rows.iterator(chunk_size=2000):
                if key in wanted:
                    yield f"{model._meta.verbose_name} “{wanted[key].label}” exists now"


def _missing(operations: list[Operation]) -> Iterable[str]:
    """Yield the references of new values to rows that are gone."""
    wanted: dict[Any, dict[int, str]] = {}
    for model, found in by_model(operations, Action.CREATE, Action.UPDATE).items():
        fields = [field for field in model._meta.concrete_fields if field.is_relation]
        for operation in found:
            for field in fields:
                value = operation.after.get(field.attname)
                if isinstance(value, int) and value > 0:
                    wanted.setdefault(field.related_model, {}).setdefault(value, operation.label)
    restored = {
        (model, operation.ref)
        for model, found in by_model(operations, Action.CREATE).items()
        for operation in found
    }
    for model, keys in wanted.items():
        there = current(model, keys, ())
        for key, label in keys.items():
            if key not in there and (model, key) not in restored:
                yield f"the {model._meta.verbose_name} of “{label}” is gone"


# ---------------------------------------------------------------- rights


def _allow(operations: list[Operation], by: Any, created: dict[int, int], check: Any) -> None:
    if by is None or by.is_superuser:
        return
    reasons: list[str] = []
    for action in Action:
        for model, found in by_model(operations, action).items():
            reasons += check(action, model, found, by, created)
    if reasons:
        raise Refused("You may not make these changes.", reasons)


def _before_writing(action: Action, model: Any, found: Any, by: Any, _: Any) -> Iterable[str]:
    if action is Action.CREATE:
        refused = not can_add(by, model)
        return [f"you may not add {model._meta.verbose_name_plural}"] if refused else []
    if action is Action.DELETE:
        return _outside(model, model.objects.deletable_by(by), found, {})
    return _outside(model, model.objects.editable_by(by), found, {})


def _after_writing(action: Action, model: Any, found: Any, by: Any, created: Any) -> Iterable[str]:
    """A row as written must stand on a site of its writer's, whoever's it was before."""
    if action is Action.DELETE or not getattr(model, "SITE_PATH", None):
        return []
    if action is Action.CREATE and holds_everywhere(by, "add", model):
        return []
    return _outside(model, model.objects.editable_by(by), found, created)


def _outside(model: Any, allowed: Any, found: Any, created: dict[int, int]) -> Iterable[str]:
    keys = {created.get(operation.ref, operation.ref): operation for operation in found}
    mine: set[int] = set()
    for chunk in chunks(keys):
        mine.update(allowed.filter(pk__in=chunk).values_list("pk", flat=True))
    return [
        f"{model._meta.verbose_name} “{operation.label}” belongs to a site you may not change"
        for key, operation in keys.items()
        if key not in mine
    ]


# ---------------------------------------------------------------- the audit trail


def _events(operations: list[Operation], created: dict[int, int], by: Any) -> Iterable[AuditEvent]:
    context = current_context()
    now = timezone.now()
    for operation in operations:
        model = apps.get_model(operation.model)
        before, after = operation.before or None, resolved(operation.after, created, model) or None
        key = created.get(operation.ref, operation.ref)
        if operation.action is Action.CREATE:
            after = {"id": key, **(after or {})}
        yield AuditEvent(
            at=now,
            actor=by if getattr(by, "pk", None) else None,
            actor_name=by.get_username() if by is not None else "",
            via=context.via,
            request_id=context.id,
            action=f"{model._meta.app_label}.{model._meta.model_name}.{_WORDS[operation.action]}",
            object_type=model._meta.label_lower,
            object_id=str(key),
            object_label=operation.label[:250],
            before=before,
            after=after,
            publishable=bool(getattr(model, "PUBLISHED", False)),
        )
