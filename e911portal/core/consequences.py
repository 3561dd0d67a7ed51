"""What deleting a row would take along, refuse or loosen: counted in the database, not loaded."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from e911portal.core.permissions import ScopedQuerySet

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Effect:
    """Rows of one model that point at the row to be deleted: how many, the first few that the
    person may see, how many located."""

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
        """Return how many rows are not among the examples, those of other sites included."""
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


def of(obj: models.Model, *, seen_by: Any) -> Consequences:
    """Return the consequences of deleting ``obj``, cascades of cascades included.

    All are counted; named are those that the person ``seen_by`` may see.
    """
    return of_all(type(obj)._default_manager.filter(pk=obj.pk), seen_by=seen_by)


def of_all(rows: models.QuerySet[Any], *, seen_by: Any) -> Consequences:
    """Return the consequences of deleting all of ``rows``."""
    result = Consequences()
    lists = {
        models.CASCADE: result.deleted,
        models.PROTECT: result.protecting,
        models.SET_NULL: result.loosened,
    }
    for found, relation in affected(rows):
        # Rights granted on a site go with it; a person is not told of that bookkeeping.
        if relation.on_delete in lists and relation.field.name != "content_object":
            lists[relation.on_delete].append(_effect(found, relation.field, seen_by))
    return result


def affected(
    targets: models.QuerySet[Any], *, depth: int = 0
) -> Iterator[tuple[models.QuerySet[Any], Any]]:
    """Yield rows that point at ``targets`` and the relation by which they do (``on_delete``,
    ``field``); after rows that are deleted along come those that point at them."""
    for relation in targets.model._meta.related_objects:
        if not (relation.one_to_many or relation.one_to_one):
            continue
        rows = relation.related_model._base_manager.filter(
            **{f"{relation.field.name}__in": targets.values("pk")}
        )
        if not rows.exists():
            continue
        yield rows, relation
        if relation.on_delete is models.CASCADE and depth < 4:
            yield from affected(rows, depth=depth + 1)


def _effect(rows: models.QuerySet[Any], column: Any, seen_by: Any) -> Effect:
    names = {field.name for field in rows.model._meta.concrete_fields}
    foreign = [
        field.name
        for field in rows.model._meta.concrete_fields
        if field.is_relation and not field.null
    ]
    located = rows.filter(erl__isnull=False).count() if "erl" in names else 0
    named: Any = rows
    manager = rows.model._default_manager.all()
    if isinstance(manager, ScopedQuerySet):
        named = rows.filter(pk__in=manager.visible_to(seen_by).values("pk"))
    examples = tuple(named.select_related(*foreign).order_by("pk")[:EXAMPLES])
    return Effect(rows, rows.count(), examples, located, str(column.verbose_name))
