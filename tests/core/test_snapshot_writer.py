"""The snapshot file is written aside, and the pointer moves only to a whole one."""

import json
import sqlite3
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from e911portal.core.snapshot import (
    Snapshot,
    SnapshotError,
    SnapshotStore,
    SnapshotWriter,
    activate,
    digest,
    read_pointer,
)
from tests.core.snapshots import AT, WORD, publish, word, write


def test_writer_gives_the_file_its_name_only_when_finished(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 7) as writer:
        writer.table("word", WORD)
        writer.rows("word", [(1, "a")])
        writer.meta(created_at=AT)
        before = sorted(p.name for p in tmp_path.iterdir())
        path, sha256 = writer.finish()

    assert before == ["7.sqlite3.partial"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["7.sqlite3"]
    assert (path, sha256) == (tmp_path / "7.sqlite3", digest(path))


def test_writer_leaves_nothing_behind_when_it_is_given_up(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 7) as writer:
        writer.table("word", WORD)
        with pytest.raises(sqlite3.IntegrityError):
            writer.rows("word", [(1, "a"), (1, "b")])

    assert list(tmp_path.iterdir()) == []


def test_writer_refuses_ddl_of_another_table(tmp_path: Path) -> None:
    with (
        SnapshotWriter(tmp_path, 7) as writer,
        pytest.raises(SnapshotError, match="creates another table"),
    ):
        writer.table("words", WORD)


def test_writer_refuses_a_table_name_that_is_none(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 7) as writer, pytest.raises(SnapshotError, match="not a name"):
        writer.table("a b", WORD)


def test_writer_refuses_to_replace_the_active_publication(tmp_path: Path) -> None:
    publish(tmp_path, 7, "seven")

    with pytest.raises(SnapshotError, match="never rewritten"):
        write(tmp_path, 7, "other")

    assert word(SnapshotStore(tmp_path).current()) == "seven"


def test_writer_replaces_the_leftovers_of_a_publication_that_was_never_activated(
    tmp_path: Path,
) -> None:
    write(tmp_path, 7, "abandoned")
    (tmp_path / "7.sqlite3.partial").write_bytes(b"half a file")

    publish(tmp_path, 7, "seven")

    assert word(SnapshotStore(tmp_path).current()) == "seven"


def test_meta_says_number_time_in_utc_author_comment_and_counts(tmp_path: Path) -> None:
    with SnapshotWriter(tmp_path, 7) as writer:
        writer.table("word", WORD)
        writer.rows("word", [(1, "a"), (2, "b")])
        in_new_york = AT.astimezone(timezone(timedelta(hours=-5)))
        writer.meta(created_at=in_new_york, author="anna", comment="first")
        path, _ = writer.finish()

    snapshot = Snapshot(path)

    assert snapshot.number == 7
    assert snapshot.meta == {
        "number": "7",
        "created_at": "2026-11-21T10:30:00Z",
        "author": "anna",
        "comment": "first",
        "audit_head": "",
        "format_version": "1",
        "counts": json.dumps({"word": 2}),
    }


def test_activate_writes_the_pointer_and_keeps_what_it_said_before(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    publish(tmp_path, 2)

    assert read_pointer(tmp_path).number == 2
    assert read_pointer(tmp_path, "PREVIOUS").number == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "1.sqlite3",
        "2.sqlite3",
        "CURRENT",
        "PREVIOUS",
    ]


def test_activate_repairs_a_damaged_pointer(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    (tmp_path / "CURRENT").write_text("{")

    publish(tmp_path, 2)

    assert read_pointer(tmp_path).number == 2


@pytest.mark.parametrize("file", ["2.sqlite3", "../1.sqlite3", ""], ids=["missing", "outside", "-"])
def test_activate_refuses_a_file_that_is_not_in_the_directory(tmp_path: Path, file: str) -> None:
    directory = tmp_path / "publications"
    publish(directory, 1)
    write(tmp_path, 1)

    with pytest.raises(SnapshotError, match="There is no file"):
        activate(directory, 2, file, "0" * 64)

    assert read_pointer(directory).number == 1
