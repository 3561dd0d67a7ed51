"""XLSX for people: a sheet per table, its header frozen and filterable; read back like own CSV."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Rows that a sheet can hold, its header included.
MAX_ROWS = 1_048_576
WIDEST = 60


class TooManyRows(Exception):
    """A table has more rows than a sheet holds."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: cells are texts that no spreadsheet program runs as formulas."""

    title: str
    header: Sequence[str]
    rows: Iterable[Sequence[str]]


def write(path: Path, sheets: Iterable[Sheet]) -> None:
    """Write the workbook row by row. Raises ``TooManyRows``."""
    # Here, because it is a tenth of the start of every process, and few write a workbook.
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook(write_only=True)
    bold = Font(bold=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        page.freeze_panes = "A2"
        for number, heading in enumerate(sheet.header, start=1):
            width = min(WIDEST, max(12, len(heading) + 4))
            page.column_dimensions[get_column_letter(number)].width = width
        cells = [WriteOnlyCell(page, value=heading) for heading in sheet.header]
        for cell in cells:
            cell.font = bold
        page.append(cells)
        count = 1
        for row in sheet.rows:
            count += 1
            if count > MAX_ROWS:
                raise TooManyRows(
                    f"{sheet.title} has more than {MAX_ROWS:,} rows, which is all a sheet holds. "
                    "Export CSV instead."
                )
            page.append([ILLEGAL_CHARACTERS_RE.sub("", text) for text in row])
        page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.header))}{count}"
    book.save(path)
