"""The spool: nothing accepted is lost, one process delivers at a time, the disk is not filled."""

import contextlib
import fcntl
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from e911portal.core.spool import Entry, Spool, SpoolError, SpoolState


def ids(spool: Spool) -> list[str]:
    return [entry.id for entry in spool.pending(1_000_000)]


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "var" / "events.sqlite3")


def test_pending_returns_events_in_the_order_of_arrival(spool: Spool) -> None:
    spool.append("b", {"event": "call_answered", "caller": "Zoë"})
    spool.append("a", {"event": "call_ended"})

    assert spool.pending() == [
        Entry("b", {"event": "call_answered", "caller": "Zoë"}),
        Entry("a", {"event": "call_ended"}),
    ]


def test_pending_stays_until_acknowledged(spool: Spool) -> None:
    for event_id in ("a", "b", "c"):
        spool.append(event_id, {})

    before = [entry.id for entry in spool.pending(limit=2)]
    spool.acknowledge([*before, "unknown"])

    assert before == ["a", "b"]
    assert ids(spool) == ["c"]


def test_event_whose_id_already_waits_is_kept_as_it_is(spool: Spool) -> None:
    spool.append("a", {"n": 1})
    spool.append("a", {"n": 2})

    assert spool.pending() == [Entry("a", {"n": 1})]


def test_events_survive_a_restart_under_another_process_id(spool: Spool) -> None:
    program = (
        "import sys; from pathlib import Path; from e911portal.core.spool import Spool;"
        "Spool(Path(sys.argv[1])).append('from-before', {'n': 1})"
    )
    subprocess.run([sys.executable, "-c", program, str(spool.path)], check=True, cwd=ROOT)

    assert spool.pending() == [Entry("from-before", {"n": 1})]


def test_oldest_are_dropped_and_counted_when_the_limit_is_passed(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "events.sqlite3", limit_bytes=100)
    for number in range(10):
        spool.append(str(number), {"text": "é" * 7})  # 1 + 25 bytes each

    assert ids(spool) == ["7", "8", "9"]
    assert spool.state() == SpoolState(waiting=3, bytes=78, dropped=7)


def test_newest_event_is_kept_even_if_it_is_larger_than_the_limit(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "events.sqlite3", limit_bytes=10)
    spool.append("a", {})
    spool.append("b", {"text": "x" * 100})

    assert ids(spool) == ["b"]


def test_bytes_return_to_nothing_when_all_is_acknowledged(spool: Spool) -> None:
    spool.append("ä", {"text": "é"})
    spool.acknowledge(["ä"])

    assert spool.state() == SpoolState(waiting=0, bytes=0, dropped=0)


def test_threads_append_through_one_spool(spool: Spool) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: spool.append(str(n), {"n": n}), range(64)))

    assert sorted(map(int, ids(spool))) == list(range(64))


def test_only_one_may_deliver_at_a_time(spool: Spool) -> None:
    with (
        spool.delivering() as first,
        Spool(spool.path).delivering() as second,
        Spool(spool.path).delivering() as third,
    ):
        during = (first, second, third)
    with Spool(spool.path).delivering() as afterwards:
        pass

    assert during == (True, False, False)
    assert afterwards is True


def test_right_to_deliver_ends_with_the_process_that_has_it(spool: Spool) -> None:
    program = (
        "import sys, time; from pathlib import Path; from e911portal.core.spool import Spool\n"
        "with Spool(Path(sys.argv[1])).delivering() as mine:\n"
        "    print(mine, flush=True); time.sleep(60)"
    )
    with started(program, str(spool.path)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        with spool.delivering() as while_it_lives:
            pass
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    with spool.delivering() as after_its_death:
        pass

    assert (while_it_lives, after_its_death) == (False, True)


def test_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite3"
    path.write_text("not a database" * 100)
    path.with_name("events.sqlite3-journal").write_text("of that file")
    spool = Spool(path)

    spool.append("a", {})

    assert ids(spool) == ["a"]
    assert path.with_name("events.sqlite3.damaged").read_text() == "not a database" * 100


def test_file_damaged_meanwhile_is_set_aside_and_siblings_follow(tmp_path: Path) -> None:
    spool, sibling = Spool(tmp_path / "events.sqlite3"), Spool(tmp_path / "events.sqlite3")
    for number in range(300):
        spool.append(f"e{number}", {"text": "x" * 100})
    assert len(sibling.pending(300)) == 300
    content = bytearray(spool.path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    spool.path.write_bytes(content)  # the same file, which both have open

    for each, event_id in itertools.product((spool, sibling), ("first", "again", "last")):
        with contextlib.suppress(SpoolError):  # who meets the damage is told, and tries again
            each.append(event_id, {})

    assert ids(spool)[-1] == "last"
    assert ids(sibling) == ids(spool)
    assert spool.path.with_name("events.sqlite3.damaged").exists()


def test_file_that_was_removed_is_begun_anew(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "events.sqlite3")
    spool.append("a", {})

    spool.path.unlink()
    spool.append("b", {})

    assert ids(spool) == ["b"]


def test_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SpoolError, match="cannot be used"):
        Spool(tmp_path / "file" / "events.sqlite3").append("a", {})


def test_wait_for_another_process_ends_in_an_error(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("e911portal.core.spool.BUSY_SECONDS", 0.05)
    spool.append("a", {})
    with spool.path.with_name("events.sqlite3.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SpoolError, match="has kept it"):
            spool.append("b", {})

    spool.append("c", {})
    assert ids(spool) == ["a", "c"]


def test_closed_spool_opens_again_when_it_is_needed(spool: Spool) -> None:
    spool.append("a", {})
    spool.close()

    assert ids(spool) == ["a"]


def test_failed_transaction_leaves_no_trace(spool: Spool) -> None:
    spool.append("a", {})
    with pytest.raises(SpoolError):
        spool.acknowledge(["a", object()])  # type: ignore[list-item]

    assert ids(spool) == ["a"]


def test_event_that_is_not_json_is_refused_and_the_spool_goes_on(spool: Spool) -> None:
    with pytest.raises(TypeError):
        spool.append("a", {"path": Path()})

    spool.append("b", {})
    assert ids(spool) == ["b"]


ROOT = Path(__file__).parents[2]
APPENDER = """
import itertools, sys
from pathlib import Path
from e911portal.core.spool import Spool
spool = Spool(Path(sys.argv[1]))
for n in itertools.count():
    spool.append(f"{sys.argv[2]}-{n}", {"n": n, "text": "x" * 500})
    print(n, flush=True)
"""


def started(program: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)


def test_nothing_accepted_is_lost_when_several_processes_are_killed(spool: Spool) -> None:
    moments = random.Random(911)
    accepted: list[str] = []
    for round_ in range(5):
        names = [f"{round_}{letter}" for letter in "ab"]
        processes = [started(APPENDER, str(spool.path), name) for name in names]
        firsts = [process.stdout.readline() for process in processes if process.stdout]
        time.sleep(moments.uniform(0, 0.1))
        for process in processes:
            os.kill(process.pid, signal.SIGKILL)
        for name, first, process in zip(names, firsts, processes, strict=True):
            lines, _ = process.communicate()
            accepted += [f"{name}-{n}" for n in (first + lines).split()]

    waiting = ids(spool)

    assert len(accepted) >= 10
    assert set(accepted) - set(waiting) == set()
    assert len(waiting) == len(set(waiting))
    assert spool.state().bytes == sum(
        len(entry.id) + len('{"n":,"text":""}') + len(str(entry.event["n"])) + 500
        for entry in spool.pending(1_000_000)
    )
