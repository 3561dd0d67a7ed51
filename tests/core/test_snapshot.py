"""An open snapshot: the file that was published, read only, by any thread."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from e911portal.core.snapshot import (
    Snapshot,
    SnapshotError,
    verify,
)
from tests.core.snapshots import WORD, damage, word, write


def test_verify_refuses_a_changed_file(tmp_path: Path) -> None:
    path, sha256 = write(tmp_path, 1)
    damage(path)

    with pytest.raises(SnapshotError, match=r"1\.sqlite3 has SHA-256"):
        verify(path, sha256)


def test_snapshot_is_read_only(tmp_path: Path) -> None:
    snapshot = Snapshot(write(tmp_path, 1)[0])

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        snapshot.db.execute("DELETE FROM word")


def test_snapshot_refuses_what_is_not_one(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite3"
    with sqlite3.connect(other) as db:
        db.execute(WORD)
    db.close()
    text = tmp_path / "text.sqlite3"
    text.write_text("not a database" * 100)
    later, _ = write(tmp_path, 1)
    with sqlite3.connect(later) as db:
        db.execute("UPDATE meta SET value = '2' WHERE key = 'format_version'")
    db.close()

    refusals = []
    for path in (other, text, later, tmp_path / "missing.sqlite3"):
        with pytest.raises(SnapshotError) as refused:
            Snapshot(path)
        refusals.append(str(refused.value))

    assert refusals == [
        "other.sqlite3 is a database, but not a snapshot.",
        "text.sqlite3 is not a snapshot: file is not a database",
        "1.sqlite3 has format 2; this program reads format 1.",
        f"There is no file {tmp_path / 'missing.sqlite3'}.",
    ]


def test_snapshot_gives_every_thread_its_own_connection(tmp_path: Path) -> None:
    snapshot = Snapshot(write(tmp_path, 1, "one")[0])
    barrier = threading.Barrier(4)

    def read(_: int) -> tuple[int, str | None]:
        barrier.wait()
        return id(snapshot.db), word(snapshot)

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(read, range(4)))

    assert len({connection for connection, _ in seen}) == 4
    assert {text for _, text in seen} == {"one"}


def test_snapshot_memo_is_computed_once(tmp_path: Path) -> None:
    snapshot = Snapshot(write(tmp_path, 1)[0])
    calls = []

    def factory(given: Snapshot) -> str:
        calls.append(given.number)
        return "compiled"

    assert [snapshot.memo(factory) for _ in range(3)] == ["compiled"] * 3
    assert calls == [1]


def test_two_snapshots_can_be_compared_in_one_query(tmp_path: Path) -> None:
    old, new = Snapshot(write(tmp_path, 1)[0]), Snapshot(write(tmp_path, 2)[0])

    db = sqlite3.connect(new.uri, uri=True)
    db.execute("ATTACH ? AS old", (old.uri,))
    changed = db.execute("SELECT text FROM main.word EXCEPT SELECT text FROM old.word").fetchall()
    db.close()

    assert changed == [("text of 2",)]
