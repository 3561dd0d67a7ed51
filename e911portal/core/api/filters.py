"""Filters of lists: by column, by the name of what a row belongs to, by words; and their order."""

from typing import Any

import django_filters
from django import forms
from django.db import models
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend, OrderingFilter
from rest_framework.request import Request

from e911portal.core.filters import YesNoFilter, first_keys, matching

_EVERY_LIST = {"limit", "offset", "ordering", "q"}


class KeyFilter(django_filters.NumberFilter):
    """An id: a whole number of a size that a database can compare with one."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        largest = models.BigAutoField.MAX_BIGINT
        super().__init__(*args, min_value=0, max_value=largest, **kwargs)


class ScopedFilterSet(FilterSet):
    """A filter set whose foreign keys are plain numbers.

    An id that one may not see matches nothing, as an id does that does not exist.
    """

    FILTER_DEFAULTS = {
        **FilterSet.FILTER_DEFAULTS,
        models.ForeignKey: {"filter_class": KeyFilter},
        models.OneToOneField: {"filter_class": KeyFilter},
        models.BooleanField: {"filter_class": YesNoFilter},
    }


def filterset(
    model: type[models.Model],
    *columns: str,
    paths: dict[str, str] | None = None,
    **related: str,
) -> type[FilterSet]:
    """Return the filter set of a list.

    ``columns`` are exact matches on the model's own columns. ``site="name"`` adds ``?site=`` (an
    id) and ``?site_name=``. ``paths`` adds a parameter for any other look-up, such as
    ``{"chassis_id": "chassis_ids__value"}``. Identifiers match in any spelling.
    """
    named = {f"{key}_name": f"{key}__{natural}" for key, natural in related.items()}
    body: dict[str, Any] = {
        name: _filter_for(model, path) for name, path in {**named, **(paths or {})}.items()
    }
    body["Meta"] = type("Meta", (), {"model": model, "fields": [*columns, *related]})
    return type(f"{model.__name__}Filter", (ScopedFilterSet,), body)


def _filter_for(model: type[models.Model], path: str) -> django_filters.Filter:
    if path.endswith(("__gte", "__lt")):
        name, _, lookup = path.rpartition("__")
        return django_filters.IsoDateTimeFilter(field_name=name, lookup_expr=lookup)
    return django_filters.CharFilter(field_name=path)


class StrictFilterBackend(DjangoFilterBackend):
    """A misspelt parameter is an error: ignoring it would quietly answer with all rows."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Return the matching rows. Raises ``ValidationError`` for an unknown parameter."""
        chosen = self.get_filterset_class(view, queryset)
        known = _EVERY_LIST | set(chosen.base_filters if chosen else ())
        unknown = sorted(set(request.query_params) - known)
        if unknown and view.action == "list":
            hint = f"There is no such parameter. Choose from: {', '.join(sorted(known))}."
            raise ValidationError({name: hint for name in unknown})
        return super().filter_queryset(request, queryset, view)


class WordSearch(BaseFilterBackend):
    """``?q=``: every word must occur in one of ``search_fields``, as in the pages' search box.

    Like there, a search ends when it has found enough; ``view.is_cut`` tells the pagination.
    """

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Return the matching rows, each once."""
        words = request.query_params.get("q", "").replace("\0", " ").strip()
        if not words or not view.search_fields:
            return queryset
        keys, view.is_cut = first_keys(matching(queryset, words, view.search_fields))
        return queryset.filter(pk__among=keys)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameter for the OpenAPI description."""
        if not view.search_fields:
            return []
        return [
            {
                "name": "q",
                "required": False,
                "in": "query",
                "description": f"Words to find in {', '.join(view.search_fields)}.",
                "schema": {"type": "string"},
            }
        ]


class ColumnOrdering(OrderingFilter):
    """``?ordering=name,-id`` by columns of the model; equal rows keep a fixed order."""

    def get_valid_fields(
        self, queryset: Any, view: Any, context: Any = None
    ) -> list[tuple[str, str]]:
        """Return the columns, secrets left out: their order would tell about their content."""
        return [
            (field.name, str(field.verbose_name))
            for field in queryset.model._meta.concrete_fields
            if not getattr(field, "is_secret", False)
        ]

    def remove_invalid_fields(
        self, queryset: Any, fields: list[str], view: Any, request: Request
    ) -> list[str]:
        """Return ``fields``. Raises ``ValidationError`` for one that is not a column."""
        valid = [name for name, _ in self.get_valid_fields(queryset, view)]
        for field in fields:
            if field.removeprefix("-") not in valid:
                hint = f"“{field}” is not a column. Choose from: {', '.join(valid)}."
                raise ValidationError({"ordering": hint})
        return fields

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Return the rows in the order asked for, then by key."""
        ordering = self.get_ordering(request, queryset, view) or ()
        return queryset.order_by(*ordering, "pk")
