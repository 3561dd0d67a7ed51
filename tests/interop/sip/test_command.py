"""`manage.py sip_edge`, as systemd and supervisor start it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from routing.edge import installation
from tests.callpath.portal import Portal
from tests.interop.programs import require
from tests.interop.sip import estate
from tests.interop.sip.world import Process, World, eventually
from tests.running import ROOT

pytestmark = pytest.mark.interop


def environment(world: World) -> dict[str, str]:
    """Return the environment that describes the edge of a world."""
    edge = world.settings
    return {
        "STATE_DIR": str(world.state),
        "SIP_ADDR": f"{edge.host}:{edge.port}",
        "SIP_RPC_ADDR": f"{edge.rpc_host}:{edge.rpc_port}",
        "SIP_CALLPATH_URLS": edge.callpath_urls[0],
        "SIP_PROBE_SECONDS": "1",
    }


def sip_edge(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end."""
    command = [sys.executable, "manage.py", "sip_edge", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def commanded(
    tmp_path_factory: pytest.TempPathFactory, sip_portal: Portal, pytestconfig: pytest.Config
) -> Iterator[World]:
    """A world whose edge is run by the command, and watched by another."""
    require("kamailio", pytestconfig)
    world = World(tmp_path_factory.mktemp("command"), sip_portal)
    run = [sys.executable, "deploy/kamailio/run.py"]
    log = world.state / "run.log"
    world.edge = Process(run, world.settings.rpc_port, log, **environment(world))
    watch = [sys.executable, "manage.py", "sip_edge", "--watch"]
    watcher = Process(watch, world.settings.rpc_port, world.state / "watch.log")
    watcher.environment = environment(world)
    try:
        world.start()
        watcher.start()
        yield world
    finally:
        watcher.end()
        world.stop()


def test_edge_run_by_the_command_takes_calls(commanded: World) -> None:
    assert commanded.phone(estate.NY_PHONE, "anna.rossi").call("911").ends() == 200


def test_publication_reaches_the_edge_by_itself(commanded: World) -> None:
    def published() -> bool:
        row = installation.call(commanded.settings, "htable.get", "decisions", "default")
        return '"publication": 9' in str(row)

    estate.publish(commanded.state, 9, commanded.table)

    eventually(published, 20)


def test_trunks_are_shown_with_what_their_probes_say(commanded: World) -> None:
    commanded.trunks["la-elin"].do("close")
    dead = commanded.table.trunks["la-elin"].dst

    eventually(lambda: not installation.trunks(commanded.settings)[dead], 15)
    shown = sip_edge("--trunks", "--json", **environment(commanded))

    states = json.loads(shown.stdout)
    assert {hop for hop, answers in states.items() if not answers} == {dead}
    assert len(states) == len(commanded.table.trunks)


def test_files_that_kamailio_refuses_replace_nothing(tmp_path: Path) -> None:
    target = tmp_path / "edge"
    good = sip_edge("--write-config", str(target), "--check", STATE_DIR=str(tmp_path))
    before = (target / "local.cfg").read_bytes()

    bad = sip_edge(
        "--write-config", str(target), STATE_DIR=str(tmp_path), SIP_PROXY='sip:x" broken'
    )

    assert (good.returncode, bad.returncode) == (0, 1)
    assert "version: kamailio" in good.stdout
    assert (target / "local.cfg").read_bytes() == before


def test_check_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "kamailio").mkdir()
    (tmp_path / "kamailio" / "kamailio.cfg").write_text("this is no configuration\n")

    checked = sip_edge("--check", STATE_DIR=str(tmp_path))

    assert checked.returncode == 1
    assert "parse error in config file" in checked.stderr


def test_nothing_asked_for_is_an_error() -> None:
    assert sip_edge().returncode == 1
