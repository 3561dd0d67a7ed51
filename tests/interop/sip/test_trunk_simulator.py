"""The commands that a person tries the edge with: trunk_simulator and place_call, real Kamailio."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from routing.edge import by_value
from tests.callpath import sample
from tests.callpath.portal import Portal
from tests.interop.sip import estate
from tests.interop.sip.phone import Phone
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


def place(
    world: World, *arguments: str, address: str = estate.NY_PHONE
) -> "subprocess.CompletedProcess[str]":
    """Place a call and return what the command said."""
    phone = f"{address}:{free_port()}"
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


ALBANY = "country=US;A1=NY;A3=Albany;RD=State;STS=St;HNO=1"
MAPPED = f"chassis={sample.CHASSIS};port=7"


def decided(world: World, portal: Portal, caller: str) -> dict[str, Any]:
    """Return the decision of the last call of somebody, once it has ended."""

    def told() -> dict[str, Any] | None:
        events = [event for batch in list(portal.batches) for event in batch]
        mine = [e for e in events if e.get("request", {}).get("from_uri") == caller]
        over = {e["call_ref"] for e in events if e["event"] == "call_ended"}
        return mine[-1] if mine and mine[-1]["call_ref"] in over else None

    return dict(eventually(told))


def test_typed_location_is_judged_sent_shown_and_recorded_as_typed(
    world: World, simulated: Process, sip_portal: Portal, desk: Phone
) -> None:
    caller = "sip:typed@unplugthepbx.com"
    arguments = ("911", "--hold", "0.2", "--from", caller, "--civic", ALBANY)

    placed = place(world, *arguments, address=estate.VPN_PHONE)

    assert placed.returncode == 0, placed.stderr
    read = simulated.log.read_text()
    assert "-> ECRC: nobody has verified the location (method Manual)" in read
    assert "provider:   country US, A1 NY, A3 Albany, RD State, STS St, HNO 1" in read
    message = desk.wait(lambda m: caller in m.header("Call-Info"))
    desk.answer(message, 200)
    assert {"Location: typed by the caller (manual)", "A3: Albany", "RD: State"} <= set(
        message.body.decode().splitlines()
    )
    decision = decided(world, sip_portal, caller)["decision"]
    location = decision["location"]
    assert (location["tier"], decision["confidence"]) == ("client", "manual")
    assert location["civic"]["A3"] == "Albany"
    assert any("typed, or from elsewhere" in reason for reason in decision["reasons"])


def test_typed_location_loses_against_the_port_of_the_phone(
    world: World, simulated: Process, sip_portal: Portal
) -> None:
    caller = "sip:plugged@unplugthepbx.com"
    arguments = ("911", "--hold", "0.2", "--from", caller, "--civic", ALBANY, "--location", MAPPED)

    placed = place(world, *arguments)

    assert placed.returncode == 0, placed.stderr
    assert "LOC New York Wired" in simulated.log.read_text()
    assert "Albany" not in simulated.log.read_text()
    decision = decided(world, sip_portal, caller)["decision"]
    assert (decision["location"]["tier"], decision["confidence"]) == ("port", "validated")


def test_file_that_equals_a_validated_location_is_believed(
    world: World, simulated: Process, sip_portal: Portal, tmp_path: Path
) -> None:
    """Somebody of no known subnet, whose client got its location from us."""
    caller = "sip:kept@unplugthepbx.com"
    place_ = sample.erls()[0]
    document = by_value.typed(place_.record["civic"], caller=caller, now=datetime.now(UTC))
    (tmp_path / "mine.xml").write_bytes(document)
    arguments = ("911", "--hold", "0.2", "--from", caller, "--pidf-lo", str(tmp_path / "mine.xml"))

    placed = place(world, *arguments, address="127.0.77.20")

    assert placed.returncode == 0, placed.stderr
    decision = decided(world, sip_portal, caller)["decision"]
    assert (decision["location"]["tier"], decision["confidence"]) == ("client", "validated")
    assert decision["location"]["erl"]["name"] == place_.name


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--civic", "country=US;city=Albany"), "“city” (“Albany”) is no civic element"),
        (("--pidf-lo", "/nowhere/at/all.xml"), "/nowhere/at/all.xml: No such file or directory"),
        (("--civic", ALBANY, "--pidf-lo", "x.xml"), "not allowed with argument --civic"),
    ],
)
def test_place_that_is_none_is_refused_before_anything_is_sent(
    world: World, arguments: tuple[str, ...], said: str
) -> None:
    placed = place(world, "911", *arguments)

    assert (placed.returncode, placed.stdout) == (2, "")
    assert said in placed.stderr
    assert world.trunks["provider"].received("INVITE") == []


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
