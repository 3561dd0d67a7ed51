"""Our own CSV and XLSX: rows of the tables in ``columns``, and the same rows written out."""

from collections.abc import Iterator, Mapping

from locations.importers.draft import Draft
from locations.importers.held import Entry
from locations.importers.rows import OwnRow, Row, Source, TroubleRow
from locations.importers.sources import Sheet
from locations.importers.tables import Column, Table, Values
from locations.importers.troubles import Mistake

#: So many columns in common make a table worth naming.
_ALIKE = 2


def table_of(sheet: Sheet, tables: Mapping[str, Table]) -> Table | None:
    """Return the table whose columns the header names; the name of file or sheet decides a tie."""
    headings = {heading.lower() for heading in sheet.header}
    fitting = [
        table
        for table in tables.values()
        if table.columns and headings <= set(table.headings) and set(table.needed) <= headings
    ]
    if len(fitting) <= 1:
        return fitting[0] if fitting else None
    stem = (sheet.title or sheet.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]).lower()
    named = [table for table in fitting if table.name in stem]
    return max(named, key=lambda table: len(table.name), default=None)


def nearest(sheet: Sheet, tables: Mapping[str, Table]) -> str:
    """Return what keeps a header from being that of the table it is most like; "" for none."""
    headings = [heading.lower() for heading in sheet.header if heading]
    alike = [(len(set(headings) & set(table.headings)), name) for name, table in tables.items()]
    shared, name = max(alike, default=(0, ""))
    if shared < _ALIKE:
        return ""
    table = tables[name]
    foreign = [heading for heading in headings if heading not in table.headings]
    lacking = [heading for heading in table.needed if heading not in headings]
    if not foreign and not lacking:
        return f"Several of our own tables have them: name the file as its table, {name}.csv."
    faults = [
        *([f"does not have {', '.join(foreign)}"] if foreign else []),
        *([f"needs {', '.join(lacking)}"] if lacking else []),
    ]
    return f"Our own table “{name}”, which is most like it, {' and '.join(faults)}."


def rows(sheet: Sheet, table: Table) -> Iterator[Row]:
    """Yield the rows of a sheet."""
    header = tuple(heading.lower() for heading in sheet.header)
    columns = {heading: heading for heading in header}
    for line, cells in sheet.rows:
        source = Source(sheet.file, line, columns)
        if len(cells) > len(header) and any(cells[len(header) :]):
            message = f"The row has {len(cells)} cells, the header {len(header)}."
            yield TroubleRow(source, message, "Put cells that contain the delimiter into quotes.")
            continue
        padded = (*cells, *[""] * (len(header) - len(cells)))
        yield OwnRow(source, table, dict(zip(header, padded, strict=False)))


def interpret(draft: Draft, row: OwnRow) -> Entry:
    """Say in the draft what ``row`` says, but for its late columns; return its entry."""
    table = row.table
    values: Values = {}
    for column, cells in _columns(row, late=False):
        values |= column.read(draft, cells)
    meta = table.model_class._meta
    spelling = table.spelling or table.key
    for attname in spelling:
        if attname not in values:
            values[attname] = draft.held(table.name).defaults[attname]
            if values[attname] is None and not meta.get_field(attname).null:
                raise Mistake(f"The column {attname} is needed.", field=attname)
    key = table.key_of(values)
    birth = {name: values.pop(name) for name in spelling}
    if draft.find(table.name, key) is None:
        site = draft.options.get("site", "")
        if site and "site_id" not in values and "site_id" in draft.held(table.name).names:
            birth["site_id"] = draft.named("sites", site, field="site").ref
        _complete(table, {**birth, **values})
    entry = draft.put(table.name, key, values, birth=birth)
    draft.shelf.setdefault("keys", {})[id(row)] = key
    for column, cells in _columns(row, late=False):
        column.settle(draft, entry, cells)
    return entry


def interpret_late(draft: Draft, row: OwnRow, entry: Entry) -> None:
    """Say what the columns of ``row`` that point ahead say."""
    values: Values = {}
    for column, cells in _columns(row, late=True):
        values |= column.read(draft, cells)
    if values:
        draft.put(row.table.name, entry.key, values)


def _columns(row: OwnRow, *, late: bool) -> Iterator[tuple[Column, tuple[str, ...]]]:
    for column in row.table.columns:
        if column.late is late and any(heading in row.cells for heading in column.headings):
            yield column, tuple(row.cells.get(heading, "") for heading in column.headings)


def _complete(table: Table, values: Values) -> None:
    """Refuse a new row without what every row must have."""
    for column in table.model_class._meta.concrete_fields:
        optional = column.null or column.blank or column.has_default()
        if optional or column.primary_key or not column.editable:
            continue
        if values.get(column.attname) in (None, ""):
            raise Mistake(
                f"A new {table.noun} needs {column.verbose_name}.",
                field=column.name,
                remedy=f"Add the column {column.name} and fill it in.",
            )


def written(draft: Draft, table: Table) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a table as cells in the order of ``table.headings``, as ``rows`` reads."""
    held = draft.whole(table.name)
    for column in table.columns:
        if hasattr(column, "child"):
            draft.whole(column.child)
    for key, stored in held.stored.items():
        values = held.as_values(stored)
        ref = held.stored[key][0]
        yield tuple(cell for column in table.columns for cell in column.write(draft, ref, values))
