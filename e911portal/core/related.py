"""Rows shown on the page of the row that they belong to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from e911portal.core.permissions import ScopedQuerySet, can_add
from e911portal.core.tables import Table

SHOWN = 15


@dataclass(frozen=True, slots=True)
class Related:
    """A table on a detail page.

    ``rows`` gets the row whose page it is and returns the others, with what their table needs.
    ``filter`` is the parameter that stands for that row in the others' own list and form.
    """

    title: str
    rows: Callable[[Any], models.QuerySet[Any]]
    table: type[Table]
    exclude: tuple[str, ...] = ()
    filter: str = ""

    def shown(self, obj: models.Model, request: HttpRequest) -> dict[str, Any]:
        """Return what the template shows of it: the first rows, how many there are, and ways on."""
        rows = self.rows(obj)
        if isinstance(rows, ScopedQuerySet):
            rows = rows.visible_to(request.user)
        count = rows.count()
        first = rows.order_by(*self.table.default_order)[:SHOWN]
        table = self.table(first, orderable=False, exclude=self.exclude)
        return {
            "title": self.title,
            "table": table,
            "count": count,
            "more": count - SHOWN,
            "list_url": self._url("list", rows.model, obj),
            "create_url": (
                self._url("create", rows.model, obj) if can_add(request.user, rows.model) else ""
            ),
        }

    def _url(self, role: str, model: type[models.Model], obj: models.Model) -> str:
        if not self.filter:
            return ""
        try:
            base = reverse(f"{model._meta.app_label}:{model._meta.model_name}-{role}")
        except NoReverseMatch:
            return ""
        return f"{base}?{urlencode({self.filter: obj.pk})}"
