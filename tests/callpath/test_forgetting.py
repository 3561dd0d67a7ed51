"""What is over is erased from time to time, whatever one of the stores does."""

import threading
from datetime import datetime

import pytest

from e911portal.callpath import forgetting
from e911portal.callpath.forgetting import Forgetting
from tests.callpath import sample


def test_every_store_is_told_the_time_again_and_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(forgetting, "EVERY_SECONDS", 0.01)
    told: list[datetime] = []
    enough = threading.Event()

    def fails(_: datetime) -> None:
        raise OSError("no disk")

    def erases(now: datetime) -> None:
        told.append(now)
        if len(told) == 3:
            enough.set()

    thread = Forgetting([fails, erases], clock=lambda: sample.AT)
    thread.start()

    assert enough.wait(20)
    thread.stop()
    assert set(told) == {sample.AT}
    assert {record.getMessage() for record in caplog.records} == {"not erased"}


def test_stop_before_start_is_harmless() -> None:
    Forgetting([], clock=lambda: sample.AT).stop()
