"""The portal is killed and its database is gone: devices and calls notice nothing, and the portal
learns afterwards what happened, each thing once."""

import json
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.callpath.conftest import eventually
from tests.callpath.server import Server, serving
from tests.running import ROOT, free_port, python, running

HELD = (
    b'<locationRequest xmlns="urn:ietf:params:xml:ns:geopriv:held">'
    b'<measurements xmlns="urn:ietf:params:xml:ns:geopriv:lm">'
    b'<lldp xmlns="urn:ietf:params:xml:ns:geopriv:lm:lldp"><chassis type="4">3C4A9230EC00</chassis>'
    b'<port type="7">37</port></lldp></measurements></locationRequest>'
)
ANNA_IN_LOS_ANGELES = {
    "ruri": "sip:9911@unplugthepbx.com",
    "from_uri": "sip:anna.rossi@unplugthepbx.com",
    "src_ip": "10.2.1.9",
}


class Portal:
    """The portal of one state directory, as processes."""

    def __init__(self, state: Path) -> None:
        self.state, self.port = state, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = state / "e911portal.sqlite3"
        self.environment = {
            "STATE_DIR": str(state),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "PORTAL_ADDR": f"127.0.0.1:{self.port}",
            "SIMULATOR_ADDR": f"127.0.0.1:{free_port()}",
            "DJANGO_SETTINGS_MODULE": "e911portal.settings",
        }

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            python("manage.py", *arguments),
            cwd=ROOT,
            env={**os.environ, **self.environment},
            check=True,
            capture_output=True,
        )

    @contextmanager
    def running(self) -> Iterator["subprocess.Popen[bytes]"]:
        command = python("-m", "uvicorn", "e911portal.asgi:application", "--port", str(self.port))
        log = self.state / "portal.log"
        with running(command, port=self.port, env=self.environment, log=log) as process:
            yield process

    def reports(self) -> list[tuple[str, str, str]]:
        """Return call reference, kind and id of every event in the database."""
        with sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True) as database:
            return database.execute(
                "SELECT call.call_ref, event.kind, event.event_id FROM routing_callevent event "
                "JOIN routing_emergencycall call ON call.id = event.call_id ORDER BY event.at"
            ).fetchall()

    def knows(self, *expected: tuple[str, str]) -> bool:
        return [(ref, kind) for ref, kind, _ in self.reports()] == list(expected)


def answers(server: Server, ref: str) -> tuple[Any, ...]:
    """Return what devices and calls are told, without what differs from one answer to the next."""
    held = server.ask("/held", HELD)[1].decode()
    civic = held.partition("<ca:civicAddress")[2].partition("</ca:civicAddress>")[0]
    route = server.json("/v1/sip/route", {**ANNA_IN_LOS_ANGELES, "call_ref": ref})
    targets = [{**target, "pidf_lo": ""} for target in route["targets"]]
    fields = ("emergency", "policy", "location", "confidence", "notify", "reasons", "publication")
    location = server.json("/v1/location?bssid=00-19-5b-7f-77-0d")
    return civic, targets, [route[name] for name in fields], location


@pytest.fixture
def portal(tmp_path: Path, copied_example: Callable[[Path], None]) -> Portal:
    copied_example(tmp_path)
    return Portal(tmp_path)


def test_calls_go_on_without_portal_and_database_and_are_told_once_later(portal: Portal) -> None:
    aside = portal.state / "aside"
    aside.mkdir()
    token = (portal.state / "keys" / "callpath_token").read_text().strip()
    with serving(portal.state, portal=portal.url, CALLPATH_PORTAL_TOKEN=token) as server:
        with portal.running() as process:
            before = answers(server, "before")
            known = eventually(lambda: portal.knows(("before", "call_routed")))
            # Killed any sooner, the call path might not have heard that its report was taken.
            eventually(lambda: server.json("/readyz")["spool_depth"] == 0)
            process.kill()
        for file in portal.state.glob("e911portal.sqlite3*"):
            file.rename(aside / file.name)

        during = answers(server, "during")
        ended = {"id": "end-of-during", "event": "call_ended", "call_ref": "during"}
        accepted = server.ask("/v1/sip/events", json.dumps(ended).encode())[0]
        waiting = eventually(lambda: server.json("/readyz")["spool_depth"] == 2)
        server.kill()
    with serving(portal.state, portal=portal.url, CALLPATH_PORTAL_TOKEN=token) as server:
        after_restart = answers(server, "after")

        for file in aside.iterdir():
            file.rename(portal.state / file.name)
        with portal.running():
            story = [
                ("before", "call_routed"),
                ("during", "call_routed"),
                ("during", "call_ended"),
                ("after", "call_routed"),
            ]
            told = eventually(lambda: portal.knows(*story))
            empty = eventually(lambda: server.json("/readyz")["spool_depth"] == 0)
            ids = [event_id for _, _, event_id in portal.reports()]

    assert "<ca:HNO>12345</ca:HNO>" in before[0]
    assert before[1][0]["id"] == "E9-1-1 provider"
    assert (during, after_restart) == (before, before)
    assert (known, accepted, waiting, told, empty) == (True, 202, True, True, True)
    assert len(set(ids)) == len(ids) == 4


def test_portal_made_anew_learns_what_happened_and_takes_nothing_from_devices(
    portal: Portal,
) -> None:
    with serving(portal.state, portal=portal.url, CALLPATH_PORTAL_TOKEN="") as server:
        before = answers(server, "before")
        for file in portal.state.glob("e911portal.sqlite3*"):
            file.unlink()

        portal.manage("migrate", "--verbosity", "0")
        portal.manage("demo")
        swapped = eventually(lambda: server.json("/readyz")["publication"] == 2)
        with portal.running():
            told = eventually(lambda: portal.knows(("before", "call_routed")))
        after = answers(server, "after")

    assert (swapped, told) == (True, True)
    assert (after[0], after[1]) == (before[0], before[1])
    assert sorted(path.name for path in (portal.state / "publications").glob("*.sqlite3")) == [
        "1.sqlite3",
        "2.sqlite3",
    ]
