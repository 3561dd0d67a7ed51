"""One healthy simulator for all tests of a module, and settings that lead to a simulator."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from locations.gateways.base import AddressValidator, ProviderSettings
from locations.gateways.dialects import open_validator
from tests.locations.simulator.program import simulator


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with simulator("--user", "telecom", "--password", "secret") as url:
        yield url


@contextmanager
def opened(url: str, **changes: Any) -> Iterator[AddressValidator]:
    """Open a DASH validator with settings fit for a test."""
    settings = {
        "name": "Example 911",
        "dialect": "dash",
        "url": url,
        "username": "telecom",
        "password": "secret",
        "rate_per_second": 1000.0,
        "connect_timeout_s": 2.0,
        "read_timeout_s": 5.0,
        "networks": ("127.0.0.0/8", "::1/128"),
    }
    with closing(open_validator(ProviderSettings(**(settings | changes)))) as validator:
        yield validator


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
