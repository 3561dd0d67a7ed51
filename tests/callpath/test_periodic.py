"""What is done from time to time is done again and again, whatever one of the works does."""

import threading

import pytest

from e911portal.callpath.periodic import Periodic


def test_every_work_is_done_again_and_again(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    enough = threading.Event()

    def fails() -> None:
        done.append("fails")
        raise OSError("no disk at sip:anna@example.com")

    def works() -> None:
        done.append("works")
        if len(done) >= 6:
            enough.set()

    thread = Periodic("forgetting", 0.01, fails, works)
    thread.start()

    assert enough.wait(20)
    thread.stop()
    assert done[:6] == ["fails", "works"] * 3
    assert {(record.getMessage(), str(record.fields)) for record in caplog.records} == {
        ("not done, tried again", "{'what': 'forgetting', 'why': 'OSError'}")
    }


def test_stop_before_start_is_harmless() -> None:
    Periodic("forgetting", 1.0).stop()
