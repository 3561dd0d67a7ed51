"""Writing the operations of an import: many rows of many models in few statements, no signals.

Everything here runs inside the caller's transaction.  Foreign keys are deferred constraints on both
engines, so the order of deletions does not matter before the commit.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Value
from django.db.models.functions import Cast, Concat

from locations.domain.imports import Action, Operation
from locations.models.imports import plain
from locations.models.references import chunks, relations

Progress = Callable[[str, int, int], None]


def by_model(operations: Iterable[Operation], *actions: Action) -> dict[Any, list[Operation]]:
    """Return the operations with one of ``actions``, by model, in the order of the plan."""
    found: dict[Any, list[Operation]] = defaultdict(list)
    for operation in operations:
        if operation.action in actions:
            found[apps.get_model(operation.model)].append(operation)
    return found


def current(model: Any, keys: Iterable[int], names: Iterable[str]) -> dict[int, dict[str, Any]]:
    """Return the values that the rows with ``keys`` have now; a row that is gone is missing."""
    wanted = tuple(names)
    found = {}
    for chunk in chunks(keys):
        rows = model._base_manager.filter(pk__in=chunk).values_list("pk", *wanted)
        for key, *values in rows:
            found[key] = dict(zip(wanted, map(plain, values), strict=True))
    return found


def write(operations: list[Operation], *, progress: Progress | None = None) -> dict[int, int]:
    """Execute ``operations``; return the key of each created row by its reference in the plan."""
    for model, deleted in by_model(operations, Action.DELETE).items():
        for chunk in chunks(operation.ref for operation in deleted):
            model._base_manager.filter(pk__in=chunk)._raw_delete(model._base_manager.db)
    updates = by_model(operations, Action.UPDATE)
    for model, changed in updates.items():
        _free_unique(model, changed)
    created: dict[int, int] = {}
    late: list[Operation] = []
    for model, added in by_model(operations, Action.CREATE).items():
        late += _create(model, added, created)
        if progress:
            progress(str(model._meta.verbose_name_plural), len(created), len(operations))
    for model, changed in by_model(late, Action.UPDATE).items():
        _update(model, changed, created)
    for model, changed in updates.items():
        _update(model, changed, created)
        if progress:
            progress(str(model._meta.verbose_name_plural), len(changed), len(operations))
    return created


def resolved(values: dict[str, Any], created: dict[int, int], model: Any) -> dict[str, Any]:
    """Return ``values`` with the keys of rows that the same plan created in place of references."""
    references = _references(model)
    return {
        name: created.get(value, value) if name in references and value is not None else value
        for name, value in values.items()
    }


def _references(model: Any) -> set[str]:
    return {field.attname for field in model._meta.concrete_fields if field.is_relation}


def _create(model: Any, added: list[Operation], created: dict[int, int]) -> list[Operation]:
    """Insert rows; return updates for references to rows of models whose turn is still to come."""
    references = _references(model)
    rows, late = [], []
    for operation in added:
        values = {}
        for name, value in operation.after.items():
            if name in references and isinstance(value, int) and value < 0:
                if value in created:
                    value = created[value]
                else:
                    late.append(
                        Operation(
                            Action.UPDATE, operation.model, operation.ref, "", {}, {name: value}
                        )
                    )
                    value = None
            values[name] = value
        if operation.ref > 0:
            values[model._meta.pk.attname] = operation.ref
        rows.append(model(**values))
    model._base_manager.bulk_create(rows, batch_size=1000)
    for operation, row in zip(added, rows, strict=True):
        created[operation.ref] = row.pk
    return late


def _free_unique(model: Any, changed: list[Operation]) -> None:
    """Put a placeholder into unique columns about to change, so that two rows may swap values."""
    aside = Concat(Value("~"), Cast("pk", models.CharField()))
    for field in model._meta.concrete_fields:
        if field.unique and field.null and isinstance(field, models.CharField):
            keys = [operation.ref for operation in changed if field.attname in operation.after]
            for chunk in chunks(keys):
                model._base_manager.filter(pk__in=chunk).update(**{field.attname: aside})


def _update(model: Any, changed: list[Operation], created: dict[int, int]) -> None:
    groups: dict[tuple[str, ...], list[Operation]] = defaultdict(list)
    for operation in changed:
        groups[tuple(operation.after)].append(operation)
    quote = connection.ops.quote_name
    for names, members in groups.items():
        fields = [model._meta.get_field(name) for name in names]
        columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
        statement = (
            f"UPDATE {quote(model._meta.db_table)} SET {columns} "  # noqa: S608  our own names
            f"WHERE {quote(model._meta.pk.column)} = %s"
        )
        parameters = []
        for operation in members:
            values = resolved(operation.after, created, model)
            row = [
                field.get_db_prep_save(values[name], connection)
                for name, field in zip(names, fields, strict=True)
            ]
            parameters.append([*row, created.get(operation.ref, operation.ref)])
        with connection.cursor() as cursor:
            cursor.executemany(statement, parameters)


def dependents(operations: list[Operation]) -> Iterator[models.Model]:
    """Yield rows that point at a row to be deleted, neither go too nor are pointed elsewhere."""
    leaving = {
        model: {operation.ref for operation in found}
        for model, found in by_model(operations, Action.DELETE).items()
    }
    turned: dict[Any, dict[int, set[str]]] = {
        model: {operation.ref: set(operation.after) for operation in found}
        for model, found in by_model(operations, Action.UPDATE).items()
    }
    for model, keys in leaving.items():
        for relation in relations(model):
            owner, field = relation.related_model, relation.field
            gone, elsewhere = leaving.get(owner, set()), turned.get(owner, {})
            for chunk in chunks(keys):
                for row in owner._base_manager.filter(**{f"{field.name}__in": chunk}):
                    if row.pk not in gone and field.attname not in elsewhere.get(row.pk, ()):
                        yield row
