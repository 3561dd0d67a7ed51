"""Workers that share their jobs over a real Redis, also when it dies in between."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis as redis_client

from e911portal.core.models import Job
from locations.models import NetworkRegion
from tests import factories
from tests.interop import servers
from tests.interop.programs import require
from tests.running import PATIENCE, free_port, python, running

pytestmark = pytest.mark.interop

Start = Callable[[str, str], None]


@pytest.fixture
def start_worker(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """A function that starts a worker under a name, at a broker; all share one queue."""
    queue = f"test-{free_port()}"
    with ExitStack() as stack:

        def start(name: str, broker: str) -> None:
            environment = {
                "DATABASE_URL": database_url,
                "STATE_DIR": str(tmp_path),
                "CELERY_BROKER_URL": broker,
                "CELERY_QUEUE": queue,
            }
            command = python("-m", "tests.core.counting_worker", name)
            stack.enter_context(running(command, env=environment, log=tmp_path / f"{name}.log"))

        yield start


def until_done(seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while Job.objects.exclude(state=Job.State.DONE).exists():
        if time.monotonic() > end:
            raise TimeoutError(list(Job.objects.values()))
        time.sleep(0.1)


def test_job_travels_over_redis(redis_url: str, start_worker: Start) -> None:
    start_worker("first", redis_url)
    factories.make_job(kind="test.slow", total=2)

    until_done()

    assert Job.objects.get().attempt == 1
    assert NetworkRegion.objects.count() == 2
    with redis_client.Redis.from_url(redis_url) as broker:
        assert len(broker.client_list()) > 1


def test_two_workers_do_each_job_once(redis_url: str, start_worker: Start) -> None:
    start_worker("first", redis_url)
    start_worker("second", redis_url)
    for number in range(6):
        factories.make_job(kind="test.single", payload={"name": f"job {number}"})

    until_done()

    assert set(Job.objects.values_list("attempt", flat=True)) == {1}
    assert NetworkRegion.objects.count() == 6


def test_job_is_done_once_although_redis_dies(
    start_worker: Start, pytestconfig: pytest.Config
) -> None:
    program, port = require("redis", pytestconfig), free_port()
    with servers.redis(program, port) as url:
        start_worker("first", url)
        factories.make_job(kind="test.slow", total=6)
        while Job.objects.get().progress < 2:
            time.sleep(0.05)
    # Redis is gone, with every message in it.
    factories.make_job(kind="test.single", payload={"name": "meanwhile"})

    with servers.redis(program, port):
        until_done()

    assert sorted(Job.objects.values_list("kind", "attempt")) == [
        ("test.single", 1),
        ("test.slow", 1),
    ]
    assert NetworkRegion.objects.count() == 7
