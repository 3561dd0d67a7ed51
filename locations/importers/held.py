"""The rows of one table during an import: stored ones as tuples, touched ones as entries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from e911portal.core.fields import DerivedCharField
from locations.importers.tables import Table, Values
from locations.models.imports import plain

#: Columns of these kinds hold what JSON holds.
_PLAIN = (models.CharField, models.TextField, models.IntegerField, models.BooleanField)
#: More owners than this are not worth asking one by one.
WHOLE = 5_000


@dataclass(slots=True)
class Entry:
    """One row that the import touches.  ``base`` is the row as stored, None for a new one; ``said``
    has what rows of the file said of each field, and which of them said it first."""

    table: Table
    key: Any
    ref: int
    base: Values | None
    values: Values
    said: dict[str, tuple[Any, int]] = field(default_factory=dict)
    removed_by: int | None = None

    def changes(self) -> Values:
        """Return the fields that differ from the stored row."""
        base = self.base or {}
        return {name: value for name, value in self.values.items() if value != base.get(name)}


class Held:
    """The rows of one table: stored ones as tuples, touched ones as entries."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.model = table.model_class
        columns = [
            column
            for column in self.model._meta.concrete_fields
            if not column.primary_key
            and (not isinstance(column, DerivedCharField) or column.attname in table.key)
        ]
        self.names = tuple(column.attname for column in columns)
        self._odd = [
            column.attname
            for column in columns
            if not isinstance(getattr(column, "target_field", column), _PLAIN)
        ]
        self.defaults = {column.attname: plain(column.get_default()) for column in columns}
        self._places = [self.names.index(name) + 1 for name in table.key]
        self.stored: dict[Any, tuple[Any, ...]] = {}
        self.keys: dict[int, Any] = {}
        self.entries: dict[Any, Entry] = {}
        self.is_read = self.is_whole = False
        self._asked: set[int] = set()
        self._by_owner: dict[Any, list[Any]] | None = None
        self.arrivals: dict[Any, list[Any]] = {}

    def load(self, owners: Iterable[int] | None = None) -> None:
        """Read the table, or of one with half a million rows only those of ``owners``."""
        if self.is_whole or (owners is None and self._asked):
            return
        missing = sorted({key for key in owners or () if key > 0} - self._asked)
        self.is_read = True
        if owners is None or len(missing) > WHOLE:
            self.is_whole = True
            self._read(self.model._base_manager.all())
            return
        self._asked.update(missing, [0])
        for start in range(0, len(missing), 900):
            chunk = missing[start : start + 900]
            self._read(self.model._base_manager.filter(**{f"{self.table.owner}__in": chunk}))

    def _read(self, rows: Any) -> None:
        self._by_owner = None
        single = self._places[0] if len(self._places) == 1 else 0
        for row in rows.values_list("pk", *self.names).iterator(chunk_size=5000):
            key = row[single] if single else tuple(row[place] for place in self._places)
            self.stored[key] = row
            self.keys[row[0]] = key

    def owned(self, owner: int) -> list[Any]:
        """Return the keys of rows that belong, or were moved, to ``owner``."""
        if self._by_owner is None:
            place = self.names.index(self.table.owner) + 1
            self._by_owner = {}
            for key, row in self.stored.items():
                self._by_owner.setdefault(row[place], []).append(key)
        return [*self._by_owner.get(owner, ()), *self.arrivals.get(owner, ())]

    def as_values(self, row: tuple[Any, ...]) -> Values:
        """Return a stored row by field, in JSON types."""
        values = dict(zip(self.names, row[1:], strict=True))
        for name in self._odd:
            values[name] = plain(values[name])
        return values
