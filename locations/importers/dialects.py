"""Which dialect a file is written in, by its header or first lines, and its rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from locations.importers import intrado, lync, own, powershell, teams
from locations.importers.lync import Cmdlet
from locations.importers.rows import Row
from locations.importers.sources import Document, Sheet, table
from locations.importers.tables import Table
from locations.importers.troubles import Unreadable

OWN = "own"
POWERSHELL = "powershell"


@dataclass(frozen=True, slots=True)
class Dialect:
    """A way of writing tables: how its header is known, and how its rows are read."""

    name: str
    words: str
    kind_of: Callable[[tuple[str, ...]], str]
    rows: Callable[[Sheet], Iterator[Row]]


#: Dialects of tables besides our own, in the order in which they are tried.
TABULAR = (
    Dialect("lync", "Lync Server CSV", lync.kind_of, lync.rows),
    Dialect("teams", "Microsoft Teams CSV", teams.kind_of, teams.rows),
    Dialect("intrado", "Intrado EGW CSV", intrado.kind_of, intrado.rows),
)
#: What may be asked for by name; the words are for people.
NAMES: dict[str, str] = {
    OWN: "our own CSV or XLSX",
    **{dialect.name: dialect.words for dialect in TABULAR},
    POWERSHELL: "Lync or Teams PowerShell",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of a file and the dialect they were written in; ``tables`` are our own in it."""

    dialect: str
    rows: list[Row]
    tables: tuple[Table, ...] = ()


def read(
    document: Document,
    *,
    tables: Mapping[str, Table],
    cmdlets: Mapping[str, Cmdlet],
    dialect: str = "",
) -> Reading:
    """Return the rows of a file. Raises ``Unreadable`` when no dialect fits."""
    if document.sheets:
        return _joined([_tabular(sheet, tables, dialect) for sheet in document.sheets])
    if dialect == POWERSHELL or (not dialect and powershell.looks_like(document.text)):
        commands = powershell.parse(document.text)
        rows = list(lync.read_commands(commands, document.name, cmdlets))
        return Reading(POWERSHELL, rows)
    return _tabular(table(document), tables, dialect)


def _tabular(sheet: Sheet, tables: Mapping[str, Table], wanted: str) -> Reading:
    if not sheet.header:
        raise Unreadable(f"{sheet.file} is empty.")
    if wanted in ("", OWN):
        ours = own.table_of(sheet, tables)
        if ours is not None:
            _no_double(sheet)
            return Reading(OWN, list(own.rows(sheet, ours)), (ours,))
    for dialect in TABULAR:
        if wanted in ("", dialect.name) and dialect.kind_of(sheet.header):
            _no_double(sheet)
            return Reading(dialect.name, list(dialect.rows(sheet)))
    shown = ", ".join(sheet.header[:12])
    hint = own.nearest(sheet, tables) if wanted in ("", OWN) else ""
    raise Unreadable(
        f"{sheet.file} line {sheet.header_line}: the columns {shown} are not those of "
        f"{NAMES.get(wanted, 'any known dialect')}. "
        + (hint or "See docs/import.md for the columns.")
    )


def _no_double(sheet: Sheet) -> None:
    names = [name.lower() for name in sheet.header if name]
    double = {name for name in names if names.count(name) > 1}
    if double:
        raise Unreadable(f"{sheet.file} has the column {', '.join(sorted(double))} twice.")


def _joined(readings: list[Reading]) -> Reading:
    if not readings:
        raise Unreadable("The workbook is empty.")
    rows = [row for reading in readings for row in reading.rows]
    tables = tuple(table for reading in readings for table in reading.tables)
    return Reading(readings[0].dialect, rows, tables)
