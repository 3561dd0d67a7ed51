"""The store follows the pointer and always answers from a good publication, whatever happens to the
writer."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from e911portal.core.snapshot import (
    SnapshotStore,
    activate,
    digest,
)
from tests.core.snapshots import damage, publish, word, write


def test_store_without_a_publication_answers_none(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path / "absent")

    assert store.current() is None
    assert store.fault == "Nothing has been published yet."


def test_store_follows_the_pointer_between_two_calls(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    publish(tmp_path, 1)
    first = store.current()
    publish(tmp_path, 2)
    second = store.current()
    activate(tmp_path, 1, "1.sqlite3", digest(tmp_path / "1.sqlite3"))
    third = store.current()

    assert [first and first.number, second and second.number, third and third.number] == [1, 2, 1]
    assert store.fault == ""


def test_store_returns_the_same_snapshot_until_the_pointer_moves(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    store = SnapshotStore(tmp_path)

    assert store.current() is store.current()


def test_a_request_keeps_its_snapshot_after_the_file_is_gone(tmp_path: Path) -> None:
    publish(tmp_path, 1, "one")
    store = SnapshotStore(tmp_path)
    held_by_a_request = store.current()
    publish(tmp_path, 2)
    store.current()
    (tmp_path / "1.sqlite3").unlink()

    assert word(held_by_a_request) == "one"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to count open files")
def test_an_old_snapshot_is_closed_with_its_last_reference(tmp_path: Path) -> None:
    def open_files() -> int:
        targets = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
        return targets.count(str(tmp_path / "1.sqlite3"))

    publish(tmp_path, 1)
    store = SnapshotStore(tmp_path)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: word(store.current()), range(10)))
        word(store.current())
        opened = open_files()
        publish(tmp_path, 2)
        word(store.current())
        left = open_files()

    assert opened >= 2
    assert left == 0


@pytest.mark.parametrize("background", [False, True], ids=["foreground", "background"])
def test_store_keeps_the_last_good_publication_when_the_new_one_is_damaged(
    tmp_path: Path, background: bool
) -> None:
    publish(tmp_path, 1, "one")
    store = SnapshotStore(tmp_path, background=background)
    store.current()
    path, sha256 = write(tmp_path, 2)
    damage(path)
    activate(tmp_path, 2, path.name, sha256)

    deadline = time.monotonic() + 10
    while not store.fault and time.monotonic() < deadline:
        store.current()

    assert word(store.current()) == "one"
    assert store.fault.startswith("2.sqlite3 has SHA-256 ")


def test_store_accepts_a_damaged_file_once_it_is_repaired(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    store = SnapshotStore(tmp_path)
    store.current()
    path, sha256 = write(tmp_path, 2, "two")
    good = path.read_bytes()
    damage(path)
    activate(tmp_path, 2, path.name, sha256)
    store.current()
    path.write_bytes(good)

    assert word(store.current()) == "two"
    assert store.fault == ""


def test_store_does_not_hash_a_refused_file_again(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    store = SnapshotStore(tmp_path)
    store.current()
    path, sha256 = write(tmp_path, 2)
    damage(path)
    activate(tmp_path, 2, path.name, sha256)
    store.current()
    path.chmod(0o644)
    accessed = 1
    os.utime(path, ns=(accessed, path.stat().st_mtime_ns))

    for _ in range(5):
        store.current()

    assert path.stat().st_atime_ns == accessed


@pytest.mark.parametrize(
    "pointer",
    ["", "{", "[]", '{"number": 2}', '{"number": 2, "file": "../x", "sha256": ""}'],
    ids=["empty", "half", "list", "incomplete", "outside"],
)
def test_store_keeps_the_last_good_publication_when_the_pointer_is_nonsense(
    tmp_path: Path, pointer: str
) -> None:
    publish(tmp_path, 1, "one")
    store = SnapshotStore(tmp_path)
    store.current()
    (tmp_path / "CURRENT").write_text(pointer)

    assert word(store.current()) == "one"
    assert store.fault.startswith("The pointer CURRENT ")


def test_store_keeps_the_last_good_publication_when_the_pointer_is_deleted(tmp_path: Path) -> None:
    publish(tmp_path, 1, "one")
    store = SnapshotStore(tmp_path)
    store.current()
    (tmp_path / "CURRENT").unlink()

    assert word(store.current()) == "one"
    assert store.fault == "The pointer CURRENT is missing or cannot be read."


def test_store_refuses_a_file_with_the_number_of_another_publication(tmp_path: Path) -> None:
    publish(tmp_path, 1, "one")
    store = SnapshotStore(tmp_path)
    store.current()
    path, sha256 = write(tmp_path, 2)
    activate(tmp_path, 3, path.name, sha256)

    assert word(store.current()) == "one"
    assert store.fault == "2.sqlite3 holds publication 2, not 3."


def test_store_that_starts_beside_a_damaged_file_answers_from_the_previous_one(
    tmp_path: Path,
) -> None:
    publish(tmp_path, 1, "one")
    publish(tmp_path, 2, "two")
    damage(tmp_path / "2.sqlite3")

    store = SnapshotStore(tmp_path)

    assert word(store.current()) == "one"
    assert store.fault.startswith("2.sqlite3 has SHA-256 ")


def test_store_in_the_background_answers_from_the_old_file_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, 1)
    store = SnapshotStore(tmp_path, background=True)
    store.current()
    publish(tmp_path, 2)
    hashed, file_digest = threading.Event(), hashlib.file_digest

    def slow_digest(*arguments: Any) -> Any:
        hashed.wait(10)
        return file_digest(*arguments)

    monkeypatch.setattr(hashlib, "file_digest", slow_digest)
    meanwhile = [store.current().number for _ in range(3)]
    hashed.set()
    deadline = time.monotonic() + 10
    while store.current().number == 1 and time.monotonic() < deadline:
        time.sleep(0.01)

    assert meanwhile == [1, 1, 1]
    assert store.current().number == 2


def test_store_tries_again_when_the_file_could_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, 1, "one")
    store = SnapshotStore(tmp_path)
    store.current()
    publish(tmp_path, 2, "two")
    (tmp_path / "2.sqlite3").rename(tmp_path / "away")
    during = word(store.current()), store.fault[:44]
    (tmp_path / "away").rename(tmp_path / "2.sqlite3")
    at_once = word(store.current())
    monkeypatch.setattr(time, "monotonic", lambda: float("inf"))

    assert during == ("one", "The active publication cannot be read now: [")
    assert at_once == "one"
    assert word(store.current()) == "two"


def test_store_verifies_in_the_foreground_when_there_is_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    publish(tmp_path, 1)
    store = SnapshotStore(tmp_path, background=True)
    store.current()
    publish(tmp_path, 2, "two")
    monkeypatch.setattr(threading.Thread, "start", refuse)

    assert word(store.current()) == "two"


def test_store_beside_nothing_but_damage_answers_none_and_says_so(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    damage(tmp_path / "1.sqlite3")
    store = SnapshotStore(tmp_path)

    assert store.current() is None
    assert store.fault.endswith("There is no previous publication to answer from either.")


PUBLISHER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from e911portal.core.snapshot import SnapshotWriter, activate, read_pointer
directory = Path(sys.argv[1])
while True:
    number = read_pointer(directory).number + 1
    with SnapshotWriter(directory, number) as writer:
        writer.table("word", "CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT)")
        writer.rows("word", ((i, f"text of {number}") for i in range(2000)))
        writer.meta(created_at=datetime.now(UTC))
        path, sha256 = writer.finish()
    activate(directory, number, path.name, sha256)
    print(number, flush=True)
"""


def test_killing_the_publisher_at_any_moment_leaves_a_good_publication(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    moments = random.Random(911)
    store = SnapshotStore(tmp_path)
    floor = 1
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            text=True,
        )
        assert process.stdout is not None
        floor = int(process.stdout.readline())
        time.sleep(moments.uniform(0, 0.05))
        os.kill(process.pid, signal.SIGKILL)
        floor = max([floor, *(int(line) for line in process.stdout.read().split())])
        process.wait()
        process.stdout.close()

        for reader in (store, SnapshotStore(tmp_path)):
            snapshot = reader.current()
            assert snapshot is not None
            assert reader.fault == ""
            assert snapshot.number >= floor
            assert word(snapshot) == f"text of {snapshot.number}"
