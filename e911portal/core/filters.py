"""List filters: by URL, limited to what the person may see, with one search box for all."""

import ipaddress
import re
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db import models
from django.db.models import Q

from e911portal.core import trigrams
from e911portal.core.rowforms import limit_choices
from e911portal.core.widgets import dress

#: A search ends when it has found so many rows.
ENOUGH = 5_000
#: What stands for yes and for no in a URL.
_YES_NO = {
    "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False,
    "2": True, "3": False,  # as older Django's forms wrote them
}  # fmt: skip
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
        found = trigrams.find(queryset, spellings(word), columns, ENOUGH)
        if found is not None:
            condition |= Q(pk__among=found)
        for column in columns:
            if found is not None and column in queryset.model.TRIGRAMS:
                continue
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
    keys = list(found.order_by().values_list(column, flat=True)[: ENOUGH + 1])
    if len(keys) > ENOUGH:
        return Q(**{f"{ours}__in": found.values(column)})
    return Q(**{f"{'pk' if ours == 'pk' else f'{ours}__pk'}__among": keys})


def first_keys(found: models.QuerySet[Any]) -> tuple[list[Any], bool]:
    """Return the keys of the rows that a search found, ``ENOUGH`` at most, and whether there are
    more.

    A search reads the whole table.  It does so once, for the keys; counting, sorting and paging
    then look at the rows found only.  Whoever finds more adds a word: nobody reads thousands, and
    counting them all would take as long again, twice.
    """
    keys = list(found.order_by().values_list("pk", flat=True)[: ENOUGH + 1])
    return keys[:ENOUGH], len(keys) > ENOUGH


class YesNoSelect(forms.NullBooleanSelect):
    """The choice of yes, no or either; what is none of them reaches the field as it was given."""

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.choices = [("unknown", "Any"), ("true", "Yes"), ("false", "No")]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name)

    def format_value(self, value: Any) -> Any:
        return super().format_value(_YES_NO.get(str(value).lower(), value))


class YesNoField(forms.NullBooleanField):
    """Yes, no, or either where nothing is given.

    Django's own field reads a word it does not know as “either”, which would quietly answer with
    all rows.
    """

    widget = YesNoSelect

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]  # as Django does
        if value in (None, "", "unknown"):
            return None
        try:
            return _YES_NO[str(value).lower()]
        except KeyError:
            raise forms.ValidationError(
                f"“{value}” is neither yes nor no. Write true or false."
            ) from None


class YesNoFilter(django_filters.BooleanFilter):
    """A filter by yes or no, for pages and REST."""

    field_class = YesNoField


class FilterSet(django_filters.FilterSet):
    """Base of all list filters. ``search_fields`` are what the search box looks at."""

    FILTER_DEFAULTS = {
        **django_filters.FilterSet.FILTER_DEFAULTS,
        models.BooleanField: {"filter_class": YesNoFilter},
    }
    search_fields: ClassVar[tuple[str, ...]] = ()
    #: Whether the search found more rows than are shown; known once they were asked for.
    is_cut = False
    #: How many rows a search found, ``ENOUGH`` at most; known once they were asked for.
    found: int | None = None

    q = django_filters.CharFilter(method="search", label="Search")

    def search(self, queryset: Any, name: str, value: str) -> Any:
        """Apply the search box."""
        return matching(queryset, value, self.search_fields)

    def filter_queryset(self, queryset: Any) -> Any:
        """Return the rows that are found; of a search, ``ENOUGH`` at most."""
        found = super().filter_queryset(queryset)
        if not self.form.cleaned_data.get("q"):
            return found
        keys, self.is_cut = first_keys(found)
        self.found = len(keys)
        return queryset.filter(pk__among=keys)

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
                if name == "q":
                    field.widget.input_type = "search"
        return form


class LocatedFilter(YesNoFilter):
    """Whether an element is mapped to an ERL."""

    def __init__(self, **kwargs: Any) -> None:
        defaults = {
            "field_name": "erl",
            "lookup_expr": "isnull",
            "exclude": True,
            "label": "Has a location",
        }
        super().__init__(**{**defaults, **kwargs})
