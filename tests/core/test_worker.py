"""`manage.py worker` as a process: killed or frozen in the middle of a job, it is done once."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.core.management import call_command

from e911portal.core import jobs
from e911portal.core.models import Job
from locations.models import NetworkRegion
from tests.running import PATIENCE, python, running

STEPS = 8

Start = Callable[[str], int]


@pytest.fixture
def start_worker(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """A function that starts a worker under a name and returns its process id."""
    environment = {"DATABASE_URL": database_url, "STATE_DIR": str(tmp_path)}
    with ExitStack() as stack:

        def start(name: str) -> int:
            command = python("-m", "tests.core.counting_worker", name)
            log = tmp_path / f"{name}.log"
            return stack.enter_context(running(command, env=environment, log=log)).pid

        yield start


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for a condition; raises ``TimeoutError`` with the jobs as they are."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(list(Job.objects.values()))
        time.sleep(0.05)


def progress() -> int:
    return Job.objects.get().progress


def finished() -> bool:
    return Job.objects.get().is_finished


def effects() -> list[tuple[str, str]]:
    return list(NetworkRegion.objects.order_by("pk").values_list("name", "description"))


def test_worker_finds_and_does_a_job(start_worker: Start) -> None:
    start_worker("first")

    jobs.enqueue("test.slow", total=2)

    until(finished)
    assert (Job.objects.get().state, Job.objects.get().attempt) == (Job.State.DONE, 1)
    assert effects() == [("region 0", "first"), ("region 1", "first")]


def test_job_of_a_killed_worker_is_done_once(start_worker: Start) -> None:
    jobs.enqueue("test.slow", total=STEPS)
    victim = start_worker("first")
    until(lambda: progress() >= 2)

    os.kill(victim, signal.SIGKILL)
    start_worker("second")

    until(finished)
    job = Job.objects.get()
    assert (job.state, job.attempt, job.progress) == (Job.State.DONE, 2, STEPS)
    assert [name for name, _ in effects()] == [f"region {number}" for number in range(STEPS)]
    assert {by for _, by in effects()} == {"first", "second"}


def test_frozen_worker_that_wakes_up_late_writes_nothing(start_worker: Start) -> None:
    jobs.enqueue("test.slow", total=STEPS)
    frozen = start_worker("first")
    until(lambda: progress() >= 2)

    os.kill(frozen, signal.SIGSTOP)
    try:
        # Had it been frozen inside a transaction, SQLite's other writers would wait for it.
        start_worker("second")
        until(finished)
    finally:
        os.kill(frozen, signal.SIGCONT)
    time.sleep(2)

    job = Job.objects.get()
    assert (job.state, job.attempt, job.progress) == (Job.State.DONE, 2, STEPS)
    assert [name for name, _ in effects()] == [f"region {number}" for number in range(STEPS)]


def test_worker_help_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("worker", "--help")

    assert "Do the background jobs" in capsys.readouterr().out
