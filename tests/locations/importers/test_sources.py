"""Files: encodings, delimiters, line numbers, and what is refused unread."""

import io
import zipfile
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.importers import sources
from locations.importers.sources import read, table
from locations.importers.troubles import Unreadable


@pytest.mark.parametrize(
    ("data", "header", "rows"),
    [
        (b"a,b\n1,2\n", ("a", "b"), ((2, ("1", "2")),)),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n", ("a", "b"), ((2, ("1", "2")),)),
        ("a,b\n1,Zürich\n".encode("cp1252"), ("a", "b"), ((2, ("1", "Zürich")),)),
        ("a,b\n1,Zürich\n".encode("utf-16"), ("a", "b"), ((2, ("1", "Zürich")),)),
        (b"a;b\n1;2,3\n", ("a", "b"), ((2, ("1", "2,3")),)),
        (b"a\tb\n1\t2\n", ("a", "b"), ((2, ("1", "2")),)),
        (b"a|b\n1|2\n", ("a", "b"), ((2, ("1", "2")),)),
        (b'#TYPE System.Object\n"a","b"\n"1","2"\n', ("a", "b"), ((3, ("1", "2")),)),
        (b'a,b\n"two\nlines",2\n3,4\n', ("a", "b"), ((2, ("two\nlines", "2")), (4, ("3", "4")))),
        (b"\n\na,b\n\n1,2\n", ("a", "b"), ((5, ("1", "2")),)),
        (b"a, b\n1, 2\n", ("a", "b"), ((2, ("1", "2")),)),
        (b"", (), ()),
    ],
    ids=["plain", "bom", "cp1252", "utf-16", "semicolon", "tab", "pipe", "type", "multiline",
         "blank lines", "blanks", "empty"],
)  # fmt: skip
def test_tables_are_read_from_every_common_form(data: bytes, header: tuple, rows: tuple) -> None:
    sheet = table(read("x.csv", data))

    assert (sheet.header, sheet.rows) == (header, rows)


def workbook(**sheets: list[list[object]]) -> bytes:
    """Return an XLSX file with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_workbook_gives_a_sheet_per_table_in_texts() -> None:
    data = workbook(
        regions=[["name"], ["North"]], sites=[["name", "n"], ["NY1", 7.0], ["LA1", None]]
    )

    regions, sites = read("book.xlsx", data).sheets

    assert (regions.title, regions.header, regions.rows) == (
        "regions",
        ("name",),
        ((2, ("North",)),),
    )
    assert sites.rows == ((2, ("NY1", "7")), (3, ("LA1",)))


def test_cells_of_a_workbook_become_the_texts_that_people_see() -> None:
    values = [7, 7.5, True, None, datetime(2026, 11, 21, tzinfo=None), " two ", "x" * 3]

    (sheet,) = read("book.xlsx", workbook(a=[list("abcdefg"), values])).sheets

    assert sheet.rows == ((2, ("7", "7.5", "yes", "", "2026-11-21T00:00:00", "two", "xxx")),)


def archive(**parts: bytes) -> bytes:
    """Return a ZIP archive with these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in parts.items():
            zipped.writestr(name.replace("__", "/") + ".xml", data)
    return content.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x00\x01\x02binary", "neither text nor XLSX"),
        (b"\xd0\xcf\x11\xe0old", "old or encrypted Excel"),
        (b"PK\x03\x04 not really", "not a readable XLSX"),
        (archive(xl__bomb=b"<a>" + b" " * (513 * 1024 * 1024)), "refused unread"),
        (archive(**{f"part{n}": b"<a/>" for n in range(1001)}), "refused unread"),
        (archive(xl__workbook=b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'), "no spreadsheet program"),
        (archive(xl__workbook="<!DOCTYPE x>".encode("utf-16")), "no spreadsheet program"),
        (archive(hello=b"<a/>"), "not a readable XLSX"),
    ],
    ids=["binary", "xls", "broken", "bomb", "parts", "entity", "utf-16 entity", "other zip"],
)
def test_files_that_would_do_harm_are_refused(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read("file", data)


def test_file_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 10)

    with pytest.raises(Unreadable, match=r"x\.csv is larger"):
        read("x.csv", b"a,b\n1,2\n3,4\n")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"a\n" + b"x" * 40_000, "more than 32767 characters"),
        (b"a\n" + b"," * 300, "301 columns"),
        (b"a\n" + b"1\n" * 30, "more than"),
    ],
    ids=["cell", "columns", "rows"],
)
def test_table_beyond_the_limits_is_refused(
    data: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_ROWS", 20)

    with pytest.raises(Unreadable, match=why):
        table(read("x.csv", data))


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_quote_that_is_never_closed_is_told_with_its_line(end: str) -> None:
    whole = table(read("x.csv", f'a,b\n1,"two, \nlines"{end}'.encode()))
    assert whole.rows == ((2, ("1", "two, \nlines")),)

    with pytest.raises(Unreadable, match=r"x\.csv ends within quotes that the row of line 3 opens"):
        table(read("x.csv", f'a,b\n1,2\n3,"four\n5,6{end}'.encode()))


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        document = read("x", data)
        sheets = document.sheets or (table(document),)
    except Unreadable:
        return
    assert all(len(sheet.rows) <= len(data) for sheet in sheets)
