"""A node over the sample publication, in this process and as a server of its own."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e911portal.callpath.app import CallPath
from e911portal.callpath.node import Node, Settings
from tests.callpath import sample
from tests.running import PATIENCE

DEVICES, EDGE, PROXY = ("10.0.0.0/8", "devices"), ("192.0.2.50/32", "edge"), ("192.0.2.60", "proxy")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with the sample as publication 42; no portal listens at its address."""
    sample.publish(tmp_path / "publications", 42, networks=[DEVICES, EDGE, PROXY])
    return tmp_path


@pytest.fixture
def make_app(tmp_path: Path) -> Callable[..., CallPath]:
    """Make the application over a state directory; its threads are not started."""

    def make(state: Path = tmp_path, **settings: object) -> CallPath:
        options = {"portal_url": "http://127.0.0.1:9", "portal_token": "t", **settings}
        return CallPath(Node(Settings(state, **options), clock=lambda: sample.AT))  # type: ignore[arg-type]

    return make


@pytest.fixture
def app(state: Path, make_app: Callable[..., CallPath]) -> CallPath:
    """The application over the sample, at the moment of its publication."""
    return make_app(state)


@pytest.fixture
def live(app: CallPath) -> Iterator[CallPath]:
    """The application with its threads running: it keeps events and tries to deliver them."""
    app.node.start()
    yield app
    app.node.stop()


def eventually(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Return whether ``condition`` becomes true in time; looks every 10 ms."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
