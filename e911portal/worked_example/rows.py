"""Rows of the example, each made once."""

from typing import Any, TypeVar

from django.db import models, transaction

from e911portal.core import audit

Row = TypeVar("Row", bound=models.Model)


def ensure(model: type[Row], by: Any, *, key: dict[str, Any], **values: Any) -> Row:
    """Return the row that ``key`` identifies, made with ``values`` if it is not there yet.

    What exists is left as it is: somebody may have worked on it.
    """
    found = model._default_manager.filter(**key).first()
    if found is not None:
        return found
    row = model(**key, **values)
    with transaction.atomic():
        audit.create(row, by=by)
    return row
