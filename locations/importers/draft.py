"""The estate as it would be after an import: rows of the database, and what the file says of them.

Tables are read in bulk, once, when they are first needed; nothing is written.  What one row of the
file says can be taken back as a whole, and a row that contradicts another one of the same import is
told apart from a row that changes the database.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from locations.importers.held import Entry, Held
from locations.importers.rights import Rights
from locations.importers.tables import Column, Table, Values, as_text
from locations.importers.troubles import Conflict, Mistake


class Draft:
    """All tables of an import.  ``options`` are what the importer said for the whole of it."""

    def __init__(self, tables: Mapping[str, Table], rights: Rights, **options: str) -> None:
        self.tables = tables
        self.options = options
        self.shelf: dict[str, Any] = {}  # indexes that interpreters build for themselves
        self.memo: dict[tuple[str, str, Any], Any] = {}  # texts that were checked already
        self.row = 0
        self.remarks: list[str] = []
        self.journal: list[tuple[Entry, str, Any, bool]] = []
        self._rights = rights
        self._names = {table.model: name for name, table in tables.items()}
        self._owners = {id(column): table for table in tables.values() for column in table.columns}
        self._columns: dict[tuple[str, str], tuple[str, str, dict[Any, str]]] = {}
        self._labels: dict[tuple[str, int], str] = {}
        self._held: dict[str, Held] = {}
        self._new: dict[int, Entry] = {}

    # ------------------------------------------------------------ reading

    def held(self, name: str) -> Held:
        """Return a table without reading it."""
        found = self._held.get(name)
        if found is None:
            found = self._held[name] = Held(self.tables[name])
        return found

    def whole(self, name: str) -> Held:
        """Return a table with its rows read."""
        found = self.held(name)
        found.load()
        return found

    def touched(self) -> Iterator[Entry]:
        """Yield all entries, tables in the order in which they depend on each other."""
        for name in self.tables:
            if name in self._held:
                yield from self._held[name].entries.values()

    def find(self, name: str, key: Any) -> Entry | None:
        """Return the row with that key; None when there is none, or the import removes it."""
        entry = self._entry(name, key)
        return None if entry is None or entry.removed_by is not None else entry

    def _entry(self, name: str, key: Any) -> Entry | None:
        held = self._held.get(name)
        if held is None or not held.is_read:
            held = self.whole(name)
        entry = held.entries.get(key)
        if entry is None:
            row = held.stored.get(key)
            if row is None:
                return None
            values = held.as_values(row)
            entry = held.entries[key] = Entry(held.table, key, row[0], values, dict(values))
        return entry

    def named(self, name: str, key: str, *, field: str) -> Entry:
        """Return the row that a cell names. Raises ``Mistake``."""
        entry = self.find(name, key)
        if entry is None:
            noun = self.tables[name].noun
            raise Mistake(
                f"There is no {noun} “{key}”.",
                field=field,
                value=key,
                remedy=f"Correct the name, or import the {noun} first or together with this file.",
            )
        return entry

    def by_ref(self, name: str, ref: int) -> Entry | None:
        """Return the row with that reference; None when the import removes it."""
        if ref < 0:
            return self.find(name, self._new[ref].key)
        return self.find(name, self.whole(name).keys[ref])

    def values(self, name: str, ref: int) -> Values:
        """Return the values of the row with that reference."""
        if ref < 0:
            return self._new[ref].values
        held = self.whole(name)
        key = held.keys[ref]
        entry = held.entries.get(key)
        return entry.values if entry else held.as_values(held.stored[key])

    def owned(self, name: str, owner: int) -> list[Entry]:
        """Return the rows of a table that belong to ``owner``."""
        held = self.whole(name)
        found: dict[Any, Entry] = {}
        for key in held.owned(owner):
            entry = self.find(name, key)
            if entry is not None and entry.values[held.table.owner] == owner:
                found[key] = entry
        return list(found.values())

    def field(self, column: Column, attname: str) -> Any:
        """Return the model field behind a column of a table."""
        return self._owners[id(column)].model_class._meta.get_field(attname)

    def label(self, name: str, ref: int) -> str:
        """Return what people call a row; its name is its key, so it stays what it is."""
        found = self._labels.get((name, ref))
        if found is None:
            found = self.label_of(self.tables[name], self.values(name, ref))
            self._labels[name, ref] = found
        return found

    def label_of(self, table: Table, values: Values) -> str:
        """Return what people call a row with these values."""
        if callable(table.label):
            return str(table.label(values))
        return " / ".join(self.text(table, name, values[name]) for name in table.label)

    def text(self, table: Table, attname: str, value: Any) -> str:
        """Return a value in words for people."""
        if value is None:
            return ""
        _, related, choices = self._column(table, attname)
        if related:
            return self.label(related, value)
        return (choices and choices.get(value)) or as_text(value)

    def heading(self, table: Table, attname: str) -> str:
        """Return what people call a field."""
        return self._column(table, attname)[0]

    def _column(self, table: Table, attname: str) -> tuple[str, str, dict[Any, str]]:
        found = self._columns.get((table.name, attname))
        if found is None:
            column = table.model_class._meta.get_field(attname)
            related = (
                self._names[column.related_model._meta.label_lower] if column.is_relation else ""
            )
            choices = {key: str(words) for key, words in column.flatchoices}
            found = self._columns[table.name, attname] = (
                str(column.verbose_name), related, choices
            )  # fmt: skip
        return found

    def opened(self, name: str) -> Held | None:
        """Return a table if the import has looked at it."""
        return self._held.get(name)

    # ------------------------------------------------------------ saying

    def put(
        self, name: str, key: Any, said: Values, *, birth: Values | None = None, field: str = ""
    ) -> Entry:
        """Say that the row with ``key`` has the values ``said``; ``birth`` is for a new one only.

        ``field`` names the column for a trouble.  Raises ``Conflict`` when another row of the
        import said otherwise, or when the importer has no right to the row.
        """
        entry = self._entry(name, key)
        if entry is None:
            entry = self._born(name, key, {**(birth or {}), **said})
            self._allow(entry, "add", entry.values)
        elif entry.removed_by is not None:
            self.journal.append((entry, "", entry.removed_by, False))
            entry.removed_by = None
        for attname, value in said.items():
            earlier = entry.said.get(attname)
            if earlier is not None and earlier[0] != value:
                raise self._contradiction(entry, attname, earlier, value, field)
            was = entry.values[attname]
            if was != value and entry.ref > 0:
                self._allow(entry, "change", entry.values)
            self.journal.append((entry, attname, was, earlier is None))
            if earlier is None:
                entry.said[attname] = (value, self.row)
            if was != value:
                entry.values[attname] = value
                if attname == entry.table.owner:
                    self._held[name].arrivals.setdefault(value, []).append(key)
                if entry.ref > 0:
                    self._allow(entry, "change", entry.values)
        return entry

    def _born(self, name: str, key: Any, values: Values) -> Entry:
        held = self._held[name]
        identity = dict(
            zip(held.table.key, key if len(held.table.key) > 1 else (key,), strict=True)
        )
        ref = -(len(self._new) + 1)
        entry = Entry(held.table, key, ref, None, {**held.defaults, **identity, **values})
        held.entries[key] = self._new[ref] = entry
        if held.table.owner:
            held.arrivals.setdefault(entry.values[held.table.owner], []).append(key)
        self.journal.append((entry, "*", None, False))
        return entry

    def remove(self, entry: Entry) -> None:
        """Say that the row goes."""
        self._allow(entry, "delete", entry.values)
        self.journal.append((entry, "", None, False))
        entry.removed_by = self.row

    def _contradiction(
        self, entry: Entry, attname: str, earlier: tuple[Any, int], value: Any, field: str
    ) -> Conflict:
        table = entry.table
        label = self.heading(table, attname)
        conflict = Conflict(
            f"Another row of the import says that {label} of {table.noun} "
            f"“{self.label_of(table, entry.values)}” is “{self.text(table, attname, earlier[0])}”, "
            f"this one “{self.text(table, attname, value)}”.",
            field=field or attname,
            value=self.text(table, attname, value),
            remedy="Keep one of the two rows.",
        )
        conflict.other = earlier[1]
        return conflict

    def _allow(self, entry: Entry, action: str, values: Values) -> None:
        if self._rights.is_unlimited:
            return
        site = self.site_of(entry, values)
        if not self._rights.may(entry.table.model_class, action, site):
            if not self._rights.sees(entry.table.model_class, site):
                raise Conflict(
                    f"You may not {action} this {entry.table.noun}: it is of a site that you have "
                    "no right to, if there is one.",
                    remedy="Leave the row out, or ask who administers all sites.",
                )
            where = f" of site {self.label('sites', site)}" if site else ""
            raise Conflict(
                f"You may not {action} {entry.table.noun} “{self.label_of(entry.table, values)}”"
                f"{where}.",
                remedy="Leave the row out, or ask who administers it.",
            )

    def site_of(self, entry: Entry, values: Values) -> int | None:
        """Return the site on which a row stands, by the path that its model names."""
        path = getattr(entry.table.model_class, "SITE_PATH", None)
        if path is None or path == "pk":
            return entry.ref if path else None
        model, row = entry.table.model_class, values
        *steps, last = path.split("__")
        for step in steps:
            column = model._meta.get_field(step)
            row = self.values(
                self._names[column.related_model._meta.label_lower], row[column.attname]
            )
            model = column.related_model
        return row[model._meta.get_field(last).attname]

    # ------------------------------------------------------------ taking back

    def begin(self, row: int) -> None:
        """Start a row of the file: what is said from now on is said by it."""
        self.row = row
        self.journal = []
        self.remarks = []

    def take_back(self) -> None:
        """Forget what the row that is being read has said."""
        for entry, attname, was, first in reversed(self.journal):
            if attname == "*":
                del self._held[self._names[entry.table.model]].entries[entry.key]
            elif attname == "":
                entry.removed_by = was
            else:
                entry.values[attname] = was
                if first:
                    del entry.said[attname]
        self.journal = []
