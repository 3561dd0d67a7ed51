"""Clean-up: rows that nothing uses any more, removed together."""

from collections.abc import Collection
from typing import Any

from django.db import models, transaction

from e911portal.core import audit
from locations import queries


def removable(model: type[models.Model], keys: Collection[int], by: Any) -> models.QuerySet[Any]:
    """Return those of the named rows that nothing uses and that ``by`` may delete."""
    rows: Any = model._default_manager.all()
    allowed = rows.deletable_by(by).values("pk")
    return queries.orphans(model).filter(pk__in=allowed).filter(pk__in=keys)


@transaction.atomic
def remove(model: type[models.Model], keys: Collection[int], *, by: Any) -> int:
    """Delete the named rows that are still orphans, and what goes along, each with its audit row.

    Returns how many of them were deleted.
    """
    doomed = list(removable(model, keys, by).order_by("pk"))
    for row in doomed:
        audit.delete(row, by=by)
    return len(doomed)
