"""An estate that can be published, and a directory of publications of each test's own."""

from pathlib import Path
from typing import Any

import pytest

from locations.models import ERL
from tests import factories


@pytest.fixture(autouse=True)
def estate(publications: Path, ny1: Any) -> ERL:
    """A mapped subnet, and a way out."""
    erl = factories.make_erl(name="A", site=ny1, loc="A")
    factories.make_verdict(address=erl.civic_address)
    factories.make_erl(name="B", site=ny1, civic_address=erl.civic_address, loc="B")
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=erl)
    factories.make_trunk(last_resort=1)
    return erl
