"""How a table of our own CSV and XLSX files maps to a model: columns, natural key, rules.

One definition serves the importer (``read``) and the exporters (``write``), so that what is
exported can be imported again.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from locations.importers.troubles import Mistake, harmless, neutral
from locations.models.imports import plain

if TYPE_CHECKING:
    from locations.importers.draft import Draft
    from locations.importers.held import Entry

Values = dict[str, Any]
#: A condition on a row that must hold, the field to show it at, and what to say otherwise.
Rule = tuple[Callable[["Draft", "Entry"], bool], str, str]


@functools.cache
def _model(label: str) -> Any:
    return apps.get_model(label)


@functools.cache
def _noun(label: str) -> str:
    return str(_model(label)._meta.verbose_name)


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of row.

    ``key`` are the fields by which a row is the same row; ``owner`` names the field of the row that
    it is part of; ``unique`` are further fields that no two rows may share (``scope=global``: that
    value of the field); ``needs`` are the headings without which a row of a file means nothing, by
    default the first column's.  ``identify`` computes a key that is not spelt out; ``spelling`` are
    the fields it is computed from, kept as typed first.
    """

    name: str
    model: str
    key: tuple[str, ...]
    columns: tuple["Column", ...] = ()
    owner: str = ""
    unique: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    label: tuple[str, ...] | Callable[[Values], str] = ("name",)
    identify: Callable[[Values], Any] | None = None
    spelling: tuple[str, ...] = ()
    needs: str = ""

    @property
    def model_class(self) -> Any:
        """Return the model."""
        return _model(self.model)

    def key_of(self, values: Values) -> Any:
        """Return the key of a row with these values."""
        if self.identify:
            return self.identify(values)
        key = tuple(values[name] for name in self.key)
        return key if len(key) > 1 else key[0]

    @property
    def noun(self) -> str:
        """Return the model's name for people."""
        return _noun(self.model)

    @property
    def headings(self) -> tuple[str, ...]:
        """Return the columns of the file, in order."""
        return tuple(heading for column in self.columns for heading in column.headings)

    @property
    def needed(self) -> tuple[str, ...]:
        """Return the headings without which a row of the file means nothing."""
        return tuple(self.needs.split()) or self.headings[:1]


class Column:
    """One or several columns of a file; ``late`` ones point ahead and are read at the end."""

    late = False
    headings: tuple[str, ...] = ()

    def read(self, draft: "Draft", cells: Sequence[str]) -> Values:
        """Return the fields that ``cells`` (one per heading) set. Raises ``Mistake``."""
        raise NotImplementedError

    def settle(self, draft: "Draft", entry: "Entry", cells: Sequence[str]) -> None:
        """Bring rows that belong to ``entry`` in line with ``cells``; most columns have none."""

    def write(self, draft: "Draft", ref: int, values: Values) -> tuple[str, ...]:
        """Return the cells (one per heading) of a row."""
        raise NotImplementedError


class Scalar(Column):
    """A field that stands in one cell.  ``numeric`` ones may begin with + or -."""

    def __init__(
        self, heading: str, field: str = "", *, numeric: bool = False, separator: str = ""
    ) -> None:
        self.headings = (heading,)
        self.field = field or heading
        self.numeric = numeric
        self.separator = separator

    def read(self, draft: "Draft", cells: Sequence[str]) -> Values:
        text = cells[0]
        model_field = draft.field(self, self.field)
        memo = (model_field.model._meta.label, self.field, text)
        if memo not in draft.memo:
            draft.memo[memo] = self._parse(model_field, text)
        return {self.field: draft.memo[memo]}

    def _parse(self, model_field: Any, text: str) -> Any:
        if not self.numeric:
            text = harmless(text, self.headings[0])
        return cleaned(model_field, text, self.headings[0], separator=self.separator)

    def write(self, draft: "Draft", ref: int, values: Values) -> tuple[str, ...]:
        text = as_text(values[self.field], self.separator)
        return (text if self.numeric else neutral(text),)


class Reference(Column):
    """A foreign key, written as the name of the row it points at."""

    def __init__(self, heading: str, field: str, table: str, *, late: bool = False) -> None:
        self.headings = (heading,)
        self.field = field
        self.table = table
        self.late = late

    def read(self, draft: "Draft", cells: Sequence[str]) -> Values:
        text = harmless(cells[0], self.headings[0])
        if not text:
            if draft.field(self, self.field).null:
                return {self.field: None}
            raise Mistake("This column may not be empty.", field=self.headings[0])
        return {self.field: draft.named(self.table, text, field=self.headings[0]).ref}

    def write(self, draft: "Draft", ref: int, values: Values) -> tuple[str, ...]:
        target = values[self.field]
        return ("" if target is None else neutral(draft.label(self.table, target)),)


class Members(Column):
    """Rows of a child table that belong to the row, written as a list; the list is complete.

    ``field`` holds what is listed: a value of its own (a chassis id), or with ``table`` a foreign
    key (a usage of a route), in order if ``position`` names the field that keeps it.
    """

    def __init__(
        self, heading: str, child: str, field: str, *, table: str = "", position: str = ""
    ) -> None:
        self.headings = (heading,)
        self.child = child
        self.field = field
        self.table = table
        self.position = position

    def read(self, draft: "Draft", cells: Sequence[str]) -> Values:
        for text in split(cells[0]):
            self._member(draft, text)
        return {}

    def _member(self, draft: "Draft", text: str) -> Any:
        if self.table:
            return draft.named(self.table, text, field=self.headings[0]).ref
        model_field = draft.tables[self.child].model_class._meta.get_field(self.field)
        return cleaned(model_field, harmless(text, self.headings[0]), self.headings[0])

    def settle(self, draft: "Draft", entry: "Entry", cells: Sequence[str]) -> None:
        child = draft.tables[self.child]
        kept = set()
        for position, text in enumerate(split(cells[0])):
            member = self._member(draft, text)
            key = (entry.ref, member) if child.key == (child.owner, self.field) else member
            said = {child.owner: entry.ref}
            if self.position:
                said[self.position] = position
            draft.put(self.child, key, said, field=self.headings[0])
            kept.add(key)
        for other in draft.owned(self.child, entry.ref):
            if other.key not in kept:
                draft.remove(other)

    def write(self, draft: "Draft", ref: int, values: Values) -> tuple[str, ...]:
        members = [entry.values for entry in draft.owned(self.child, ref)]
        members.sort(key=lambda row: row[self.position] if self.position else row[self.field])
        texts = (row[self.field] for row in members)
        named = (draft.label(self.table, text) if self.table else text for text in texts)
        return (neutral(join(named)),)


def cleaned(model_field: Any, text: str, heading: str, *, separator: str = "") -> Any:
    """Return the JSON value that ``text`` stands for in a model's field. Raises ``Mistake``."""
    if isinstance(model_field, models.BooleanField):
        return _truth(model_field, text, heading)
    value: Any = [part.strip() for part in text.split(separator)] if separator else text
    if text == "" and not separator:
        if model_field.null:
            return None
        if model_field.has_default() and not model_field.blank:
            return plain(model_field.get_default())
    try:
        return _canonical(model_field, model_field.clean(value, None))
    except ValidationError as error:
        labels = {str(label): key for key, label in model_field.flatchoices}
        if text in labels:
            return labels[text]
        message = " ".join(error.messages)
        remedy = ""
        if model_field.flatchoices:
            remedy = f"Write one of {', '.join(str(key) for key, _ in model_field.flatchoices)}."
        raise Mistake(message, field=heading, value=text, remedy=remedy) from error


def _canonical(model_field: Any, value: Any) -> Any:
    if isinstance(model_field, models.DecimalField) and value is not None:
        return f"{value:.{model_field.decimal_places}f}"
    return value


def _truth(model_field: Any, text: str, heading: str) -> bool | None:
    word = text.lower().lstrip("$")
    if word in ("yes", "true", "1", "on", "y"):
        return True
    if word in ("no", "false", "0", "off", "n"):
        return False
    if not word:
        return None if model_field.null else plain(model_field.get_default()) or False
    raise Mistake(
        f"“{text}” is neither yes nor no.", field=heading, value=text, remedy="Write yes or no."
    )


def as_text(value: Any, separator: str = "") -> str:
    """Return a JSON value as a cell holds it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return f"{separator} ".join(value) if separator else ", ".join(map(str, value))
    return str(value)


def split(text: str) -> list[str]:
    r"""Return the items of a list written ``a; b``; a semicolon of an item is written ``\;``."""
    items = [""]
    characters: Iterator[str] = iter(text)
    for character in characters:
        if character == "\\":
            items[-1] += next(characters, "\\")
        elif character == ";":
            items.append("")
        else:
            items[-1] += character
    return [item.strip() for item in items if item.strip()]


def join(items: Any) -> str:
    """Return a list as ``split`` reads it."""
    return "; ".join(item.replace("\\", "\\\\").replace(";", "\\;") for item in items)
