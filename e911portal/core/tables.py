"""List tables: dense, sortable by URL; state is an icon, a word and a colour."""

from typing import Any, ClassVar

import django_tables2
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tables2.data import TableQuerysetData

from e911portal.core.icons import icon

#: Every state word of every model: its icon, its colour and, where it is not the word itself, its
#: text.
STATES: dict[str, tuple[str, str]] = {
    "valid": ("check", "green"),
    "adjusted": ("pencil", "yellow"),
    "candidates": ("list", "yellow"),
    "csz_only": ("map", "yellow"),
    "invalid": ("x", "red"),
    "unreachable": ("cloud-off", "secondary"),
    "stale": ("clock", "yellow"),
    "none": ("minus", "secondary"),
    "queued": ("clock", "secondary"),
    "running": ("refresh", "blue"),
    "done": ("check", "green"),
    "failed": ("x", "red"),
    "building": ("refresh", "blue"),
    "ready": ("check", "secondary"),
    "active": ("broadcast", "green"),
    "superseded": ("history", "secondary"),
    "routing": ("phone", "blue"),
    "ringing": ("phone", "yellow"),
    "answered": ("phone", "green"),
    "ended": ("phone-off", "secondary"),
    "cancelled": ("phone-off", "yellow"),
    "error": ("x", "red"),
    "warning": ("alert", "yellow"),
    "info": ("info", "blue"),
    "validated": ("check", "green"),
    "unvalidated": ("alert", "yellow"),
    "manual": ("user", "yellow"),
    "yes": ("check", "green"),
    "no": ("minus", "secondary"),
    "pending": ("clock", "secondary"),
    "sent": ("check", "blue"),
    "delivered": ("check", "green"),
    "add": ("plus", "green"),
    "change": ("pencil", "blue"),
    "delete": ("trash", "red"),
    "unchanged": ("minus", "secondary"),
    "conflict": ("alert", "red"),
    "planned": ("list", "secondary"),
    "applied": ("check", "green"),
    "undone": ("back", "secondary"),
    "refused": ("x", "red"),
}


def url_of(obj: models.Model | None, role: str = "detail") -> str:
    """Return the URL of a row's page, or "" where its model has none."""
    if obj is None:
        return ""
    meta = obj._meta
    try:
        return reverse(f"{meta.app_label}:{meta.model_name}-{role}", args=[obj.pk])
    except NoReverseMatch:
        return ""


def state_badge(state: str, word: str = "") -> SafeString:
    """Return a state as icon, word and colour."""
    symbol, colour = STATES.get(state, ("circle", "secondary"))
    return format_html(
        '<span class="state state-{}">{}<span>{}</span></span>',
        colour,
        icon(symbol),
        word or state.replace("_", " ").capitalize(),
    )


class PageRows(TableQuerysetData):
    """The rows of a list, of which a page is read in two steps: its keys, then these rows.

    Sorting all of 500,000 rows with everything that is joined to them takes twice as long as
    sorting their keys.  ``every`` is the rows before they were filtered: it would be done again for
    those whose keys are known.  ``length`` is their number where it is known.
    """

    def __init__(
        self, data: models.QuerySet[Any], every: models.QuerySet[Any], length: int | None = None
    ) -> None:
        super().__init__(data)
        self._every = every
        self._length = length

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, slice):
            return super().__getitem__(key)
        keys = list(self.data.values_list("pk", flat=True)[key])
        rows = {row.pk: row for row in self._every.filter(pk__in=keys)}
        return [rows[key] for key in keys if key in rows]


class Table(django_tables2.Table):
    """Base of all list tables. ``default_order`` is that of a list whose URL names none."""

    default_order: ClassVar[tuple[str, ...]] = ("pk",)
    #: Whether there are more rows than a search was ready to find (``core.filters.ENOUGH``).
    is_cut = False

    class Meta:
        template_name = "core/table.html"
        attrs = {"class": "table table-sm table-vcenter table-hover card-table"}
        empty_text = "Nothing here."


class LinkColumn(django_tables2.Column):
    """The row's name, leading to its page."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"linkify": lambda record: url_of(record) or None, **kwargs})


class RelatedColumn(django_tables2.Column):
    """Another row, leading to its page."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"linkify": lambda value: url_of(value) or None, **kwargs})


class MonoColumn(django_tables2.Column):
    """An address, identifier or number, in a fixed-width face."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"attrs": {"td": {"class": "font-monospace"}}, **kwargs})


class MonoLinkColumn(LinkColumn):
    """The row's name where that is an address or number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"attrs": {"td": {"class": "font-monospace"}}, **kwargs})


class CountColumn(django_tables2.Column):
    """An annotated number; zero is quiet."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"td": {"class": "text-end"}, "th": {"class": "text-end"}}
        super().__init__(**{"attrs": attrs, **kwargs})

    def render(self, value: int) -> Any:
        return f"{value:,}" if value else format_html('<span class="text-secondary">{}</span>', 0)


class StateColumn(django_tables2.Column):
    """A choice or a word shown as a state."""

    empty_values = ()

    def __init__(self, *, missing: str = "none", **kwargs: Any) -> None:
        self.missing = missing
        super().__init__(**kwargs)

    def render(self, value: Any, record: Any, bound_column: Any) -> SafeString:
        raw = getattr(record, bound_column.accessor, None) or self.missing
        word = str(value) if value and value != raw else ""
        return state_badge(str(raw), word)


class FlagColumn(django_tables2.Column):
    """Yes or no, told by word and icon."""

    def __init__(self, *, yes: str = "Yes", no: str = "No", **kwargs: Any) -> None:
        self.words = {True: yes, False: no}
        super().__init__(**{"empty_values": (None,), **kwargs})

    def render(self, value: bool) -> SafeString:
        return state_badge("yes" if value else "no", self.words[bool(value)])


class WhenColumn(django_tables2.DateTimeColumn):
    """A time to the second, in a fixed-width face."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"td": {"class": "font-monospace text-nowrap"}}
        super().__init__(**{"format": "Y-m-d H:i:s", "attrs": attrs, **kwargs})


class WhenLinkColumn(WhenColumn):
    """A time that names the row, leading to its page."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"linkify": lambda record: url_of(record) or None, **kwargs})


class ERLColumn(RelatedColumn):
    """The ERL of an element; without one it says so."""

    def __init__(self, **kwargs: Any) -> None:
        # Called per row: a static file's name is not known while classes are defined.
        super().__init__(
            **{
                "verbose_name": "ERL",
                "default": lambda: state_badge("none", "No location"),
                **kwargs,
            }
        )
