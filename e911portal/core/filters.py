"""List filters: by URL, limited to what the person may see, with one search box for all."""

import ipaddress
import re
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db import models
from django.db.models import Q

from e911portal.core.rowforms import limit_choices
from e911portal.core.widgets import dress

#: A search ends when it has found so many rows.
ENOUGH = 5_000
#: Up to so many rows of another table are looked up beforehand.
_FEW = 500
_HEX = re.compile(r"[0-9a-f]{2}([-:. ]?[0-9a-f]{2}){1,7}[-:. ]?[0-9a-f]?", re.IGNORECASE)


def spellings(word: str) -> list[str]:
    """Return ``word`` and the stored spelling it may stand for: 00:19:5B is kept as 00-19-5b.

    >>> spellings("0019.5b7f")
    ['0019.5b7f', '00-19-5b-7f']
    """
    found = [word]
    if _HEX.fullmatch(word) and not word.isdigit():
        digits = re.sub(r"[^0-9a-f]", "", word.lower())
        pairs = "-".join(digits[start : start + 2] for start in range(0, len(digits), 2))
        if pairs != word:
            found.append(pairs)
    return found


def covering_networks(word: str) -> list[str]:
    """Return every network that contains the address ``word``, or nothing when it is no address."""
    try:
        address = ipaddress.ip_address(word)
    except ValueError:
        return []
    return [
        str(ipaddress.ip_network((address, length), strict=False))
        for length in range(address.max_prefixlen + 1)
    ]


def matching(
    queryset: models.QuerySet[Any], text: str, columns: tuple[str, ...]
) -> models.QuerySet[Any]:
    """Return the rows in which every word of ``text`` occurs in one of ``columns``.

    In a column named ``cidr`` an IP address finds the networks that contain it.
    """
    for word in text.split():
        condition = Q(pk__in=[])
        for column in columns:
            for spelling in spellings(word):
                condition |= _occurs(queryset.model, column, spelling)
            if column.split("__")[-1] == "cidr":
                condition |= Q(**{f"{column}__in": covering_networks(word)})
        queryset = queryset.filter(condition)
    return queryset


def _occurs(model: type[models.Model], column: str, text: str) -> Q:
    """Return the condition that ``text`` occurs in ``column``.

    A column of another table is looked up there first, and a row of ours is found once, however
    many of its rows there match.  Where few match, their keys stand in the condition: a database
    with indexes on all columns of a search (``locations`` migration 0007) uses them only if no
    query is left inside of it.
    """
    name, _, beyond = column.partition("__")
    relation: Any = model._meta.get_field(name)  # of one of several classes
    if not beyond or relation.many_to_many:
        return Q(**{f"{column}__icontains": text})
    found = relation.related_model._base_manager.filter(**{f"{beyond}__icontains": text})
    column, ours = (relation.field.attname, "pk") if relation.one_to_many else ("pk", name)
    keys = list(found.order_by().values_list(column, flat=True)[: _FEW + 1])
    return Q(**{f"{ours}__in": keys if len(keys) <= _FEW else found.values(column)})


class FilterSet(django_filters.FilterSet):
    """Base of all list filters. ``search_fields`` are what the search box looks at."""

    search_fields: ClassVar[tuple[str, ...]] = ()
    #: Whether the search found more rows than are shown; known once they were asked for.
    is_cut = False

    q = django_filters.CharFilter(method="search", label="Search")

    def search(self, queryset: Any, name: str, value: str) -> Any:
        """Apply the search box."""
        return matching(queryset, value, self.search_fields)

    def filter_queryset(self, queryset: Any) -> Any:
        """Return the rows that are found.

        A search reads the whole table.  It does so once, for the keys; counting, sorting and paging
        then look at the rows found only.  Whoever finds more than ``ENOUGH`` gets so many of them
        (``is_cut``) and adds a word: nobody reads thousands, and counting them all would take as
        long again, twice.
        """
        found = super().filter_queryset(queryset)
        if not self.form.cleaned_data.get("q"):
            return found
        keys = list(found.order_by().values_list("pk", flat=True)[: ENOUGH + 1])
        self.is_cut = len(keys) > ENOUGH
        return queryset.filter(pk__in=keys[:ENOUGH])

    @property
    def form(self) -> Any:
        """Return the filter form, dressed and with visible choices only."""
        is_new = not hasattr(self, "_form")
        form = super().form
        if is_new:
            form.order_fields(["q"])
            for name, field in form.fields.items():
                limit_choices(field, self.request.user)
                dress(field)
                if isinstance(field, forms.NullBooleanField):
                    field.widget.choices = [("unknown", "Any"), ("true", "Yes"), ("false", "No")]
                if name == "q":
                    field.widget.input_type = "search"
        return form


class LocatedFilter(django_filters.BooleanFilter):
    """Whether an element is mapped to an ERL."""

    def __init__(self, **kwargs: Any) -> None:
        defaults = {
            "field_name": "erl",
            "lookup_expr": "isnull",
            "exclude": True,
            "label": "Has a location",
        }
        super().__init__(**{**defaults, **kwargs})
