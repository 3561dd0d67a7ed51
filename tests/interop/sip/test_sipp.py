"""Calls of SIPp, which is not ours: whole dialogs over UDP and TCP, the trunk down half way."""

import subprocess
from pathlib import Path

import pytest

from tests.interop.programs import require
from tests.interop.sip import estate
from tests.interop.sip.world import World, eventually

pytestmark = pytest.mark.interop

SCENARIO = Path(__file__).with_name("caller.xml")


def place(world: World, sipp: str, transport: str, calls: int) -> "subprocess.Popen[str]":
    """Start SIPp with ``calls`` calls, 50 a second; it ends with 0 when all went well."""
    host, port = world.address
    command = [
        sipp, f"{host}:{port}", "-sf", str(SCENARIO), "-i", estate.NY_PHONE, "-t", transport,
        "-m", str(calls), "-r", "50", "-timeout", "30", "-nostdin",
    ]  # fmt: skip
    return subprocess.Popen(
        command, cwd=world.state, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def unhurried_gateway(world: World) -> None:
    """Have the gateway answer a while after it rings: over UDP, 180 and 200 that follow each other
    at once may change places on their way, which SIPp takes for a fault."""
    world.trunks["ny-gateway"].behave(100, 180, 200, pause=0.2)


def ended(world: World) -> list[int]:
    """Return how many calls ended on the provider and on the gateway.

    SIPp may end while its last BYE is still on its way.
    """
    return [len(world.trunks[name].received("BYE")) for name in ("provider", "ny-gateway")]


@pytest.mark.parametrize("transport", ["u1", "t1"])
def test_every_call_of_a_stranger_completes(
    world: World, pytestconfig: pytest.Config, transport: str
) -> None:
    unhurried_gateway(world)
    sipp = place(world, require("sipp", pytestconfig), transport, 100)

    output, _ = sipp.communicate(timeout=60)

    assert sipp.returncode == 0, output[-2000:]
    eventually(lambda: sum(ended(world)) == 100)


def test_trunk_that_fails_half_way_loses_no_call(world: World, pytestconfig: pytest.Config) -> None:
    unhurried_gateway(world)
    sipp = place(world, require("sipp", pytestconfig), "u1", 100)
    provider = world.trunks["provider"]
    provider.wait("INVITE", 20)
    provider.behave(503)

    output, _ = sipp.communicate(timeout=60)

    assert sipp.returncode == 0, output[-2000:]
    eventually(lambda: sum(ended(world)) == 100)
    assert min(ended(world)) > 0
