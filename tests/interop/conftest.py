"""The real programs: found, or the test is skipped by name (failed under --require-programs)."""

from collections.abc import Iterator

import pytest

from tests.interop import servers
from tests.interop.programs import require


@pytest.fixture(scope="session")
def postgresql_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """DATABASE_URL of a PostgreSQL cluster of this run."""
    with servers.postgresql(require("postgres", pytestconfig)) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """URL of a Redis of this run."""
    with servers.redis(require("redis", pytestconfig)) as url:
        yield url
