"""An import whose process is killed at any moment leaves everything or nothing behind."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from django.db import connection

from e911portal import importing
from e911portal.core import audit
from e911portal.core.models import AuditEvent
from locations.models import NetworkSite, SwitchPort
from tests import factories
from tests.locations.importers.estates import state
from tests.running import ROOT, python

PROGRAM = """
import sys
import django
django.setup()
from e911portal import importing
print("ready", flush=True)
sys.stdin.readline()
plan = importing.plan([("switch_ports.csv", open(sys.argv[1], "rb").read())])
importing.apply(batch=importing.store(plan, by=None), by=None)
"""
ROWS = 1_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Switch ports of sw-1: half of them new, half changed."""
    path = tmp_path / "switch_ports.csv"
    lines = (f"sw-1,{number},Changed" for number in range(ROWS))
    path.write_text("\n".join(("switch,port_id,description", *lines)))
    return path


def kill_after(seconds: float | None, file: Path, environment: dict[str, str]) -> float:
    """Import in a process of its own and kill it after ``seconds``; return how long it ran."""
    process = subprocess.Popen(
        python("-c", PROGRAM, str(file)),
        env=environment,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    process.stdout.readline()
    started = time.monotonic()
    process.stdin.write(b"\n")
    process.stdin.flush()
    if seconds is not None:
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()
    return time.monotonic() - started


def test_killed_import_is_whole_or_absent(
    transactional_db: None, database_url: str, file: Path, settings
) -> None:
    site = factories.make_site(name="NY1")
    switch = factories.make_switch(name="sw-1", site=site)
    SwitchPort.objects.bulk_create(
        SwitchPort(switch=switch, port_id=str(number)) for number in range(ROWS // 2)
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "e911portal.settings",
        "DATABASE_URL": database_url,
        "STATE_DIR": str(settings.STATE_DIR),
        "PYTHONPATH": str(ROOT),
    }
    before = state()
    whole = kill_after(None, file, environment)
    after = {row["port_id"]: row["description"] for row in state()["switch_ports"]}
    assert set(after.values()) == {"Changed"}
    importing.undo(batch=importing.ImportBatch.objects.get(), by=None)
    assert state() == before

    outcomes = set()
    chance = random.Random(911)
    for _ in range(8):
        moment = chance.uniform(0.05, 1.05) * whole
        events = AuditEvent.objects.count()
        kill_after(moment, file, environment)

        found = state()
        outcomes.add(found == before)
        if found == before:
            assert AuditEvent.objects.count() == events
            continue
        # What took longer before, beside other tests, is done by now: look for the moment earlier.
        whole = min(whole, moment)
        assert {row["port_id"]: row["description"] for row in found["switch_ports"]} == after
        assert AuditEvent.objects.count() == events + ROWS + 1
        applied = importing.ImportBatch.objects.filter(state="applied").get()
        importing.undo(batch=applied, by=None)
        assert state() == before
    assert True in outcomes
    assert audit.broken_link() is None
    assert NetworkSite.objects.count() == 1
    connection.close()
