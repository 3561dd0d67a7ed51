"""Exporting, for pages and commands: the draft as files that this and other products read.

What does not fit a product is written as it is, where it can be, and becomes a finding.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from e911portal import importing
from e911portal.core.consistent import consistent_read
from e911portal.core.findings import Finding, Severity
from locations.exporters import ali, lync, lync_powershell, teams_powershell, workbook
from locations.exporters.files import File, csv_lines
from locations.importers import own
from routing.exporters import ali_lines
from routing.exporters import lync_powershell as lync_routing
from routing.exporters import teams_powershell as teams_routing

#: The oldest time that an archive can give its files: the same content makes the same archive.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Context:
    """What an export needs besides the draft: the day it is of, and who delivers it."""

    day: date
    sender: ali.Sender


@dataclass(frozen=True, slots=True)
class Export:
    """What was written, and what does not fit the product it is for."""

    files: list[Path]
    findings: list[Finding]


Files = Callable[[list[Finding], Context], Iterable[File]]


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of export: words for people, and its files; ``single`` ones are one file."""

    words: str
    files: Files
    single: bool = True


class Unwritable(Exception):
    """The export cannot be written as asked; says why."""


def export(name: str, out: Path, context: Context) -> Export:
    """Write the draft in the format ``name`` (a key of ``FORMATS``, or ``xlsx``) to ``out``.

    ``out`` is the file; a format of several files makes it a directory, or an archive if it ends in
    ``.zip``.  Nothing is left half written.  Raises ``Unwritable``, or ``OSError``.
    """
    findings: list[Finding] = []
    with consistent_read():
        if name == XLSX:
            written = _workbook(out)
        elif FORMATS[name].single:
            (file,) = FORMATS[name].files(findings, context)
            written = [_write(out / file.name if out.is_dir() else out, file)]
        elif out.suffix == ".zip":
            written = [_archive(out, FORMATS[name].files(findings, context))]
        else:
            if out.exists() and not out.is_dir():
                raise Unwritable(
                    f"{out} is a file. Name a directory, or an archive that ends in .zip."
                )
            out.mkdir(parents=True, exist_ok=True)
            written = [
                _write(out / file.name, file) for file in FORMATS[name].files(findings, context)
            ]
    order = list(Severity)
    findings.sort(key=lambda entry: (order.index(entry.severity), entry.code))
    return Export(written, findings)


# ---------------------------------------------------------------- the formats


def _own(findings: list[Finding], context: Context) -> Iterator[File]:
    return (File(f"{sheet.title}.csv", csv_lines(sheet.header, sheet.rows)) for sheet in _tables())


def _tables() -> Iterator[workbook.Sheet]:
    """Yield our own tables, as an import reads them, the rows of each in order of their text."""
    draft = importing.draft()
    for table in importing.TABLES.values():
        if table.columns:
            rows = sorted(own.written(draft, table))
            yield workbook.Sheet(table.name, table.headings, rows)


def _lync_csv(findings: list[Finding], context: Context) -> Iterator[File]:
    return lync.csv_files(findings)


def _lync_script(findings: list[Finding], context: Context) -> Iterator[File]:
    yield File("lync.ps1", _lync_lines(findings))


def _lync_lines(findings: list[Finding]) -> Iterator[str]:
    yield from lync_powershell.network_lines()
    yield from lync_routing.lines(findings)
    yield from lync_powershell.lis_lines(findings)


def _teams_script(findings: list[Finding], context: Context) -> Iterator[File]:
    yield File("teams.ps1", _teams_lines(findings))


def _teams_lines(findings: list[Finding]) -> Iterator[str]:
    yield from teams_powershell.network_lines()
    yield from teams_routing.lines(findings)
    yield from teams_powershell.lis_lines(findings)


def _nena(findings: list[Finding], context: Context) -> Iterator[File]:
    lines = ali_lines.file_lines(findings, context.sender, context.day)
    yield File("ali.txt", lines, encoding="ascii")


XLSX = "xlsx"
FORMATS: dict[str, Format] = {
    "own": Format("our own CSV, one file per table", _own, single=False),
    "lync-csv": Format("Lync Server CSV for Set-CsLis…", _lync_csv, single=False),
    "lync-ps": Format("Lync Server PowerShell", _lync_script),
    "teams-ps": Format("Microsoft Teams PowerShell", _teams_script),
    "nena": Format("NENA 02-010 version 2.1 ALI records", _nena),
}
#: Names of all formats, with words for people.
WORDS = {
    **{name: entry.words for name, entry in FORMATS.items()},
    XLSX: "XLSX, one sheet per table",
}


# ---------------------------------------------------------------- writing


def _write(path: Path, file: File) -> Path:
    aside = path.with_name(f"{path.name}.partial")
    try:
        with aside.open("w", encoding=file.encoding, newline="") as stream:
            stream.writelines(file.lines)
        return aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _archive(path: Path, files: Iterable[File]) -> Path:
    aside = path.with_name(f"{path.name}.partial")
    try:
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                entry = zipfile.ZipInfo(file.name, _NO_TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(entry, "w", force_zip64=True) as stream:
                    stream.write("".encode(file.encoding))
                    for line in file.lines:
                        stream.write(line.encode(file.encoding.removesuffix("-sig")))
        return aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _workbook(out: Path) -> list[Path]:
    path = out / "estate.xlsx" if out.is_dir() else out
    aside = path.with_name(f"{path.name}.partial")
    try:
        workbook.write(aside, _tables())
        return [aside.replace(path)]
    except workbook.TooManyRows as error:
        raise Unwritable(str(error)) from error
    finally:
        aside.unlink(missing_ok=True)
