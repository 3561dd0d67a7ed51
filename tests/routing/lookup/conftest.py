"""The guide's publication, open."""

import pytest

from e911portal.core.snapshot import Snapshot
from tests.routing.lookup.guide import write


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return write(tmp_path_factory.mktemp("publications"))
