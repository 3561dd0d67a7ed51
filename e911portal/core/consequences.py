"""What deleting a row would take along, refuse or loosen: counted in the database, not loaded."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Effect:
    """Rows of one model that point at the row to be deleted: how many, the first few, how many
    located."""

    rows: models.QuerySet[Any]
    count: int
    examples: tuple[models.Model, ...]
    located: int
    column: str

    @property
    def noun(self) -> str:
        """Return the model's name in the right number."""
        meta = self.rows.model._meta
        return str(meta.verbose_name if self.count == 1 else meta.verbose_name_plural)

    @property
    def more(self) -> int:
        """Return how many rows are not among the examples."""
        return self.count - len(self.examples)


@dataclass(frozen=True, slots=True)
class Consequences:
    """What is deleted along, what forbids it, and what only loses its reference."""

    deleted: list[Effect] = field(default_factory=list)
    protecting: list[Effect] = field(default_factory=list)
    loosened: list[Effect] = field(default_factory=list)

    @property
    def losing_location(self) -> int:
        """Return how many located elements disappear with the row."""
        return sum(effect.located for effect in self.deleted)


def of(obj: models.Model) -> Consequences:
    """Return the consequences of deleting ``obj``, cascades of cascades included."""
    return of_all(type(obj)._default_manager.filter(pk=obj.pk))


def of_all(rows: models.QuerySet[Any]) -> Consequences:
    """Return the consequences of deleting all of ``rows``."""
    result = Consequences()
    _collect(rows.model, rows, result, depth=0)
    return result


def _collect(
    model: type[models.Model], targets: models.QuerySet[Any], result: Consequences, depth: int
) -> None:
    lists = {
        models.CASCADE: result.deleted,
        models.PROTECT: result.protecting,
        models.SET_NULL: result.loosened,
    }
    for relation in _relations(model):
        rows = relation.related_model._base_manager.filter(
            **{f"{relation.field.name}__in": targets.values("pk")}
        )
        count = rows.count()
        effects = lists.get(relation.on_delete)
        if not count or effects is None:
            continue
        effects.append(_effect(rows, count, relation.field))
        if relation.on_delete is models.CASCADE and depth < 4:
            _collect(relation.related_model, rows, result, depth + 1)


def _relations(model: type[models.Model]) -> Iterator[Any]:
    for relation in model._meta.related_objects:
        # Rights granted on a site go with it; a person is not told of that bookkeeping.
        points_here = relation.one_to_many or relation.one_to_one
        if points_here and relation.field.name != "content_object":
            yield relation


def _effect(rows: models.QuerySet[Any], count: int, column: Any) -> Effect:
    names = {field.name for field in rows.model._meta.concrete_fields}
    foreign = [
        field.name
        for field in rows.model._meta.concrete_fields
        if field.is_relation and not field.null
    ]
    located = rows.filter(erl__isnull=False).count() if "erl" in names else 0
    examples = tuple(rows.select_related(*foreign).order_by("pk")[:EXAMPLES])
    return Effect(rows, count, examples, located, str(column.verbose_name))
