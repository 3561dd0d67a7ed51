"""Files of an export, made line by line, and CSV and PowerShell as other programs read them."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

#: Excel and Windows PowerShell take a file for UTF-8 only if it says so in its first bytes.
MARKED_UTF8 = "utf-8-sig"
#: What ends a quoted text in PowerShell: it takes curly quotes for straight ones.
_SINGLE, _DOUBLE = "'‘’‚‛", '"“”„`$'


@dataclass(frozen=True, slots=True)
class File:
    """One file of an export: its name, and its text in pieces, made while it is written."""

    name: str
    lines: Iterable[str]
    encoding: str = MARKED_UTF8


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield a header and rows as CSV (RFC 4180), each line with its CRLF."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    for row in rows:
        writer.writerow(row)
        if buffer.tell() > 65_536:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def cmdlet(name: str, parameters: Mapping[str, object]) -> str:
    """Return one PowerShell command line; parameters that are None or empty text are left out.

    Text is quoted, numbers are bare, booleans are ``$true`` and ``$false``, and a ``Code`` is
    written as it is.
    """
    parts = [name]
    for key, value in parameters.items():
        if value is None or value == "":
            continue
        parts.append(f"-{key} {literal(value)}")
    return " ".join(parts) + "\r\n"


class Code(str):
    """PowerShell that stands as it is: a variable, a table, a list."""


def literal(value: object) -> str:
    """Return a value as PowerShell writes it; nothing in a text is ever run."""
    if isinstance(value, Code):
        return value
    if isinstance(value, bool):
        return "$true" if value else "$false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if any(character in text for character in _SINGLE[1:] + "\r\n"):
        escaped = re.sub(f"([{re.escape(_DOUBLE)}])", r"`\1", text)
        return '"' + "`n".join(escaped.splitlines()) + '"'
    return "'" + text.replace("'", "''") + "'"


def added(values: Iterable[str]) -> Code:
    """Return the table that adds values to a list: ``@{add='a','b'}``."""
    return Code("@{add=" + ",".join(literal(value) for value in values) + "}")
