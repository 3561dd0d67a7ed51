"""Wake-up over a real Redis, and life without it."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifications import wakeup
from tests.running import PATIENCE, free_port, running


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis of its own."""
    server = shutil.which("redis-server")
    if not server:
        pytest.skip("Redis is not installed")
    port = free_port()
    command = [server, "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with running(command, port=port, log=tmp_path / "redis.log"):
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeup, "_publisher", wakeup._Publisher())


@pytest.mark.interop
def test_announce_wakes_a_listener(redis_url: str, settings: Any) -> None:
    settings.CELERY_BROKER_URL = redis_url

    async def scenario() -> bool:
        wake = asyncio.Event()
        listener = asyncio.create_task(wakeup.listen(wake))
        try:
            async with asyncio.timeout(5):
                while not wake.is_set():  # until the subscription stands
                    await asyncio.to_thread(wakeup.announce, 7)
                    await asyncio.sleep(0.02)
        finally:
            listener.cancel()
        return wake.is_set()

    assert asyncio.run(scenario())


@pytest.mark.interop
def test_listener_ends_whenever_it_is_cancelled(redis_url: str, settings: Any) -> None:
    settings.CELERY_BROKER_URL = redis_url

    async def ends(steps: int) -> bool:
        listener = asyncio.create_task(wakeup.listen(asyncio.Event()))
        for _ in range(steps):
            await asyncio.sleep(0)
        listener.cancel()
        done, _ = await asyncio.wait({listener}, timeout=PATIENCE)
        if not done:
            listener.cancel()
        return bool(done)

    assert next((steps for steps in range(400) if not asyncio.run(ends(steps))), None) is None


def test_announce_without_redis_costs_next_to_nothing(settings: Any) -> None:
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"
    began = time.monotonic()

    for number in range(1000):
        wakeup.announce(number)

    assert time.monotonic() - began < 2


def test_announce_with_the_embedded_worker_does_nothing(settings: Any) -> None:
    settings.CELERY_BROKER_URL = ""

    wakeup.announce(7)

    assert not wakeup.is_available()
