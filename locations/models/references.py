"""How rows point at each other, for whoever writes or removes many of them at once."""

from collections.abc import Iterable, Iterator
from typing import Any

#: Keys in one condition: what every engine takes.
CHUNK = 900


def chunks(items: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """Yield ``items`` in lists of ``size``: what one statement takes on every engine."""
    pending = list(items)
    for start in range(0, len(pending), size):
        yield pending[start : start + size]


def relations(model: Any) -> Iterator[Any]:
    """Yield the relations by which rows of any model point at rows of ``model``."""
    for relation in model._meta.get_fields(include_hidden=True):
        backward = relation.auto_created and not relation.concrete
        if backward and (relation.one_to_many or relation.one_to_one):
            yield relation
