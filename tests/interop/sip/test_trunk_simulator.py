"""The commands that a person tries the edge with: trunk_simulator and place_call, real Kamailio."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.interop.sip import estate
from tests.interop.sip.world import Process, World, eventually
from tests.running import ROOT, free_port

pytestmark = pytest.mark.interop


@pytest.fixture
def simulated(world: World) -> Iterator[Process]:
    """The provider's trunk, simulated; it drops each call after a second and rings back."""
    provider = world.trunks["provider"]
    provider.end()
    command = [
        sys.executable, "manage.py", "trunk_simulator", "--drop", "1",
        "--provider", f"127.0.0.1:{provider.sip_port}",
        "--edge", f"127.0.0.1:{world.settings.port}", "--desk", estate.DESK_PHONE,
    ]  # fmt: skip
    log = world.state / f"simulator-{provider.sip_port}.log"
    log.unlink(missing_ok=True)
    environment = {"STATE_DIR": str(world.state), "PYTHONUNBUFFERED": "1"}
    process = Process(command, provider.sip_port, log, **environment)
    process.start()
    try:
        yield process
    finally:
        process.end()


def place(world: World, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Place a call and return what the command said."""
    phone = f"{estate.NY_PHONE}:{free_port()}"
    command = [
        sys.executable, "manage.py", "place_call", *arguments,
        "--edge", f"127.0.0.1:{world.settings.port}", "--phone", phone,
    ]  # fmt: skip
    environment = {**os.environ, "STATE_DIR": str(world.state)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=90
    )


def test_call_is_read_joined_dropped_and_called_back(world: World, simulated: Process) -> None:
    placed = place(world, "911", "--hold", "30", "--stay", "8")

    assert placed.returncode == 0, placed.stderr
    said = placed.stdout.splitlines()
    assert "200 OK" in said
    assert said.index("200 OK") < said.index("the other side has hung up")
    assert any("Priority: psap-callback" in line for line in said)
    read = simulated.log.read_text()
    assert "call to sip:911@127.0.0.1 from +12125550123 -> PSAP" in read
    assert "LOC New York 1st Floor" in read
    assert f"joins {estate.CONFERENCE} (twoway)" in read
    assert "the PSAP calls back +12125550123" in read
    eventually(lambda: f"desk {estate.DESK_PHONE}: answers a call" in simulated.log.read_text())
    eventually(lambda: "has answered" in simulated.log.read_text())


def test_test_call_is_the_default(world: World, simulated: Process) -> None:
    placed = place(world, "--hold", "0.2")

    assert placed.returncode == 0, placed.stderr
    assert "provider: test call to sip:933@127.0.0.1" in simulated.log.read_text()
    eventually(lambda: "has hung up" in simulated.log.read_text())


def test_nobody_answers(world: World) -> None:
    for trunk in world.trunks.values():
        trunk.behave(503)

    placed = place(world, "933")

    assert placed.returncode == 1
    assert "503 No Emergency Trunk" in placed.stdout
    assert "Nobody answered" in placed.stderr


def test_address_that_is_taken_is_named(world: World) -> None:
    taken = f"127.0.0.1:{world.trunks['provider'].sip_port}"
    command = [sys.executable, "manage.py", "trunk_simulator", "--provider", taken]

    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "STATE_DIR": str(world.state)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert (ended.returncode, ended.stdout) == (1, "")
    [line] = ended.stderr.splitlines()
    assert f"{taken} cannot be used: Address already in use" in line
