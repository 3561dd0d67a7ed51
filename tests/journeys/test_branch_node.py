"""A branch office: its node fetches publications from the real portal, outlives it and itself, and
delivers what happened meanwhile once."""

import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from e911portal.core.snapshot import SnapshotStore
from tests.callpath.conftest import eventually
from tests.callpath.server import serving
from tests.journeys.test_portal_gone import ANNA_IN_LOS_ANGELES, Portal, answers

#: The token of the worked example delivers events; a branch fetches publications as well.
MAY_FETCH = (
    "from django.contrib.auth.models import Permission, User; "
    "User.objects.get(username='callpath').user_permissions.add("
    "Permission.objects.get(codename='fetch_snapshot'))"
)


#: An access point that nobody has mapped.
UNMAPPED = "02-00-00-00-00-09"


def seen(portal: Portal) -> list[tuple[str, int]]:
    """Return what devices reported and nobody mapped, as the portal counted it."""
    with sqlite3.connect(f"{portal.database.as_uri()}?mode=ro", uri=True) as database:
        return database.execute(
            "SELECT key, count FROM locations_seenelement WHERE kind = 'bssid'"
        ).fetchall()


@pytest.fixture
def portal(tmp_path: Path, copied_example: Callable[[Path], None]) -> Portal:
    copied_example(tmp_path / "portal")
    portal = Portal(tmp_path / "portal")
    portal.manage("shell", "-c", MAY_FETCH)
    return portal


def test_branch_answers_without_its_portal_and_tells_it_once(
    tmp_path: Path, portal: Portal
) -> None:
    branch = tmp_path / "branch"
    branch.mkdir()
    token = (portal.state / "keys" / "callpath_token").read_text().strip()
    options = ["--pull", portal.url, f"--token={token}"]
    process: subprocess.Popen[bytes]
    with serving(branch, *options) as server:
        with portal.running() as process:
            fetched = eventually(lambda: server.ask("/readyz")[0] == 200)
            process.kill()
        before = answers(server, "before")
        assert eventually(lambda: server.json("/readyz")["spool_depth"] == 1)
        server.kill()
    with serving(branch, *options) as server:
        after = answers(server, "after")
        for _ in range(3):
            server.ask(f"/v1/location?bssid={UNMAPPED}")
    # Ended politely and started again, still with no portal: what was counted waits on the disk.
    with serving(branch, *options) as server:
        server.json("/v1/sip/route", {**ANNA_IN_LOS_ANGELES, "call_ref": "third"})
        waiting = eventually(lambda: server.json("/readyz")["spool_depth"] == 4)
        with portal.running():
            story = [(ref, "call_routed") for ref in ("before", "after", "third")]
            told = eventually(lambda: portal.knows(*story))
            emptied = eventually(lambda: server.json("/readyz")["spool_depth"] == 0)
    counted = seen(portal)

    central = SnapshotStore(portal.state / "publications").current()
    local = SnapshotStore(branch / "publications").current()
    assert central
    assert local
    assert (local.number, local.meta) == (central.number, central.meta)
    assert (fetched, waiting, told, emptied, after) == (True, True, True, True, before)
    assert counted == [(UNMAPPED, 3)]
