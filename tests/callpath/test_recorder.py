"""Events become durable in order, beside the answers and never before them."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from e911portal.callpath import recorder as module
from e911portal.callpath.exchange import Event
from e911portal.callpath.memory import Memory
from e911portal.callpath.recorder import Recorder
from e911portal.core.spool import Spool
from tests.callpath.conftest import eventually
from tests.callpath.sample import AT


class Counted:
    """What a recorder said to its neighbours."""

    def __init__(self) -> None:
        self.kept, self.lost = 0, 0

    def keep(self) -> None:
        self.kept += 1

    def lose(self, number: int) -> None:
        self.lost += number


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool" / "events.sqlite3")


@pytest.fixture
def recorder(tmp_path: Path, spool: Spool, counted: Counted) -> Iterator[Recorder]:
    memory = Memory(tmp_path / "callpath.sqlite3")
    recorder = Recorder(spool, memory, clock=lambda: AT, on_kept=counted.keep, on_lost=counted.lose)
    yield recorder
    recorder.stop()


def ids(spool: Spool) -> list[str]:
    return [entry.id for entry in spool.pending(2000)]


def test_submitted_events_are_kept_in_order(
    recorder: Recorder, spool: Spool, counted: Counted
) -> None:
    recorder.start()
    for number in range(50):
        recorder.submit(({"id": f"e{number}"},))

    recorder.stop()

    assert ids(spool) == [f"e{number}" for number in range(50)]
    assert (counted.kept > 0, counted.lost) == (True, 0)


def test_events_that_wait_are_written_together(
    recorder: Recorder, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    append_all = spool.append_all

    def count(events: Iterable[tuple[str, Event]]) -> None:
        together = list(events)
        written.append(len(together))
        append_all(together)

    monkeypatch.setattr(spool, "append_all", count)
    for number in range(module.BATCHES_AT_ONCE + 50):
        recorder.submit(({"id": f"e{number}"},))
    recorder.start()

    recorder.stop()

    assert written == [module.BATCHES_AT_ONCE, 50]
    assert ids(spool) == [f"e{number}" for number in range(module.BATCHES_AT_ONCE + 50)]


def test_recorded_event_is_on_disk_when_that_is_said(
    recorder: Recorder, spool: Spool, tmp_path: Path
) -> None:
    recorder.start()

    kept = asyncio.run(recorder.record(({"id": "a"}, {"id": "b"})))

    with sqlite3.connect(spool.path) as db:
        stored = [row[0] for row in db.execute("SELECT id FROM event ORDER BY position")]
    assert (kept, stored) == (True, ["a", "b"])


def test_event_of_an_answer_waits_for_a_disk_that_fails(
    recorder: Recorder, spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.2)
    (tmp_path / "spool").write_text("in the way")
    recorder.start()

    promised = asyncio.run(recorder.record(({"id": "asked"},)))
    recorder.submit(({"id": "answered"},))
    time.sleep(0.2)
    (tmp_path / "spool").unlink()

    assert promised is False
    assert eventually(lambda: ids(spool) == ["answered"])


def test_nobody_waits_longer_than_the_edge_does(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)

    assert asyncio.run(recorder.record(({"id": "never taken: the thread does not run"},))) is False


def test_full_queue_loses_and_says_so(
    recorder: Recorder, counted: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    recorder._queue.maxsize = 2

    with caplog.at_level(logging.ERROR):
        for number in range(5):
            recorder.submit(({"id": f"e{number}"},))

    assert counted.lost == 3
    assert [record.getMessage() for record in caplog.records] == ["events lost"] * 3


def test_event_that_cannot_be_stored_does_not_hold_up_the_next(
    recorder: Recorder, spool: Spool, counted: Counted
) -> None:
    recorder.submit(({"id": "bad", "value": object()},))
    recorder.submit(({"id": "good"},))
    recorder.start()

    recorder.stop()

    assert (ids(spool), counted.lost) == (["good"], 1)


def test_stop_ends_although_the_disk_fails(
    recorder: Recorder, tmp_path: Path, counted: Counted
) -> None:
    (tmp_path / "spool").write_text("in the way")
    recorder.start()
    recorder.submit(({"id": "a"},))
    started = time.monotonic()

    recorder.stop()

    assert (counted.lost, time.monotonic() - started < 4) == (1, True)


def test_stop_before_start_is_harmless(make_app: Callable[..., object]) -> None:
    make_app().node.stop()  # type: ignore[attr-defined]
