"""Files as they are uploaded: bytes to text lines or sheets of cells, with every size capped.

Line numbers are those that a person sees in an editor or a spreadsheet program.
"""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Any

from locations.importers.troubles import Unreadable

MAX_BYTES = 64 * 1024 * 1024
#: Of an XLSX file, which is a ZIP archive: what it may be when unpacked, and how many parts it has.
MAX_UNPACKED = 512 * 1024 * 1024
MAX_PARTS = 1_000
MAX_ROWS = 1_000_000
MAX_CELLS = 20_000_000
MAX_COLUMNS = 256
#: Longer than any field; the limit of spreadsheet programs.
MAX_CELL = 32_767
DELIMITERS = ",;\t|"
_END = "\x1eend of file"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of texts: the header, and below it rows with their line numbers."""

    file: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    header_line: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read.  ``text`` is empty for XLSX; ``sheets`` are filled for XLSX only."""

    name: str
    sha256: str
    text: str = ""
    sheets: tuple[Sheet, ...] = field(default=())


def read(name: str, data: bytes) -> Document:
    """Return the content of a file. Raises ``Unreadable``."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"{name} is larger than {MAX_BYTES // 1024**2} MB. Split it.")
    digest = hashlib.sha256(data).hexdigest()
    if data.startswith(b"PK\x03\x04"):
        return Document(name, digest, sheets=tuple(_sheets(name, data)))
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(f"{name} is an old or encrypted Excel file. Save it as .xlsx or CSV.")
    return Document(name, digest, _text(name, data))


def _text(name: str, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise Unreadable(f"{name} is neither text nor XLSX.")
    return text


def table(document: Document) -> Sheet:
    """Return the text of a document as one CSV table; the delimiter is the one of its header."""
    text = document.text
    skipped = 0
    while text.startswith("#TYPE"):  # Export-Csv of Windows PowerShell writes it
        _, _, text = text.partition("\n")
        skipped += 1
    first = text[: 4 * MAX_CELL].lstrip().partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    # A quote left open would swallow all rows behind it in silence. csv notices it only in its
    # strict mode, which refuses harmless blanks too; the line put behind is swallowed as well.
    lines = chain(io.StringIO(text, newline=""), (_END,))
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    line = skipped + 1
    try:
        for cells in reader:
            if cells == [_END]:
                break
            rows.append((line, _row(document.name, line, cells)))
            line = skipped + reader.line_num + 1
            _cap(document.name, len(rows), len(rows) * len(rows[0][1]))
        else:
            raise Unreadable(
                f"{document.name} ends within quotes that the row of line {rows[-1][0]} opens. "
                "Close them there, or fetch the file again: it may be cut off."
            )
    except csv.Error as error:
        raise Unreadable(f"{document.name} line {line} is not CSV: {error}.") from error
    return _sheet(document.name, "", rows)


def _row(name: str, line: int, cells: Iterable[Any]) -> tuple[str, ...]:
    row = tuple([_cell(cell) for cell in cells])
    if len(row) > MAX_COLUMNS:
        raise Unreadable(f"{name} line {line} has {len(row)} columns.")
    if max(map(len, row), default=0) > MAX_CELL:
        raise Unreadable(f"{name} line {line} has a cell of more than {MAX_CELL} characters.")
    return row


def _cell(value: Any) -> str:
    # Carriage returns and tabs inside are kept: at the beginning they are refused as formulas.
    if isinstance(value, str):
        return value.strip(" \n\u00a0")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _cap(name: str, rows: int, cells: int) -> None:
    if rows > MAX_ROWS or cells > MAX_CELLS:
        raise Unreadable(
            f"{name} has more than {MAX_ROWS:,} rows or {MAX_CELLS:,} cells. Split it."
        )


def _sheet(name: str, title: str, rows: list[tuple[int, tuple[str, ...]]]) -> Sheet:
    filled = [(line, cells) for line, cells in rows if any(cells)]
    if not filled:
        return Sheet(name, title, (), ())
    line, header = filled[0]
    while header and not header[-1]:
        header = header[:-1]
    return Sheet(name, title, tuple(cell.strip() for cell in header), tuple(filled[1:]), line)


def _sheets(name: str, data: bytes) -> Iterator[Sheet]:
    import openpyxl  # here: a tenth of the start of every process, and few read a workbook

    _unpackable(name, data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise Unreadable(f"{name} is not a readable XLSX file: {error}.") from error
    cells = 0
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # what the file claims its size is need not be so
        rows: list[tuple[int, tuple[str, ...]]] = []
        try:
            for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                cells += len(values) + 1
                _cap(name, line, cells)
                if any(value is not None for value in values):
                    rows.append((line, _row(name, line, values)))
        except (Unreadable, MemoryError):
            raise
        except Exception as error:
            raise Unreadable(f"{name}, sheet {sheet.title}: {error}.") from error
        found = _sheet(f"{name} [{sheet.title}]", sheet.title, rows)
        if found.header:
            yield found


def _unpackable(name: str, data: bytes) -> None:
    """Refuse an archive that would fill the memory, or whose XML could (entities)."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise Unreadable(
                f"{name} unpacks to more than {MAX_UNPACKED // 1024**2} MB: refused unread."
            )
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels")):
                with archive.open(part) as content:
                    head = content.read(4096)
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head or b"\0" in head:
                    raise Unreadable(f"{name} has XML that no spreadsheet program writes: refused.")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Unreadable(f"{name} is not a readable XLSX file: {error}.") from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise Unreadable(f"{name} is not a readable XLSX file: {error}.") from error
