"""A name server that is there and says nothing, in a name space of the edge's own."""

import os
import shutil
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from routing.edge import installation
from tests.callpath.portal import Portal
from tests.interop.programs import require
from tests.interop.sip import estate
from tests.interop.sip.world import World, eventually

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root, for its own port 53"
    ),
]
#: Three, as /etc/resolv.conf may name; nobody else listens there.
SERVERS = ("127.0.9.53", "127.0.9.54", "127.0.9.55")
#: Linux's, which Python does not name.
SO_TIMESTAMPNS = 35
MOUNT = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'


@pytest.fixture
def asked() -> Iterator[list[socket.socket]]:
    """The silent servers."""
    with ExitStack() as stack:
        servers = []
        for address in SERVERS:
            server = stack.enter_context(stamped())
            server.bind((address, 53))
            server.setblocking(False)
            servers.append(server)
        yield servers


@pytest.fixture
def world(
    tmp_path: Path, sip_portal: Portal, pytestconfig: pytest.Config, asked: list[socket.socket]
) -> Iterator[World]:
    """A world whose edge asks them."""
    require("kamailio", pytestconfig)
    configuration = tmp_path / "resolv.conf"
    configuration.write_text("".join(f"nameserver {address}\n" for address in SERVERS))
    world = World(tmp_path, sip_portal)
    world.edge.command = [
        "unshare", "--mount", "sh", "-c", MOUNT, str(configuration), *world.edge.command,
    ]  # fmt: skip
    world.start()
    try:
        yield world
    finally:
        world.stop()


def stamped() -> socket.socket:
    """Return a socket whose datagrams bear the moment when the kernel took them."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    return made


def arrivals(taker: socket.socket, text: bytes) -> list[tuple[int, int]]:
    """Return when datagrams came that hold ``text``: seconds and nanoseconds."""
    moments = []
    while True:
        try:
            data, [(_, _, moment)], *_ = taker.recvmsg(65535, 256)
        except BlockingIOError:
            return moments
        if text in data:
            moments.append(struct.unpack("qq", moment))


def test_silent_name_server_holds_up_neither_call_nor_other_desks(
    world: World, asked: list[socket.socket]
) -> None:
    with stamped() as desk:
        desk.bind(("127.0.0.1", world.desk_port))
        desk.setblocking(False)

        call = world.phone(estate.LA_PHONE, "luis.ortega").call("911")
        assert call.ends() == 200
        world.told(call.call_id, "desk_not_notified")
        messages = arrivals(desk, b"EMERGENCY CALL")

    questions = [arrivals(server, b"nobody") for server in asked]
    assert messages[0] < questions[0][0], "the desk that needs no name is told first"
    assert call.hang_up() == 200
    eventually(
        lambda: {478, 408} <= {e["code"] for e in world.events(call_id=call.call_id) if "desk" in e}
    )
    questions = [
        [*early, *arrivals(server, b"nobody")]
        for early, server in zip(questions, asked, strict=True)
    ]
    assert [len(times) for times in questions] == [2, 2, 0]  # SRV and A, of the first two servers


@pytest.fixture
def named(world: World) -> World:
    """The same world, published anew: New York's provider is a name, Los Angeles has gateways."""
    provider = replace(world.table.trunks["provider"], host="trunk.nobody.example")
    routes = tuple(
        replace(route, trunks=tuple(name for name in route.trunks if name != "provider"))
        if route.name == "E911(LA)"
        else route
        for route in world.table.routes
    )
    world.table = replace(
        world.table, trunks={**world.table.trunks, "provider": provider}, routes=routes
    )
    estate.publish(world.state, 2, world.table)
    world.write()
    world.callpath.end()
    world.callpath.start()
    installation.reload(world.settings)
    return world


def test_trunk_that_is_a_name_costs_one_question_to_each_of_two_silent_servers(
    named: World, asked: list[socket.socket]
) -> None:
    forget_names(named, asked)

    call = named.phone(estate.NY_PHONE, "anna.rossi").call("911")

    assert call.ends() == 200
    answered = named.told(call.call_id, "call_answered")[-1]
    [attempt] = answered["attempts"]
    assert (answered["target"], attempt["target"]) == ("ny-gateway", "provider")
    assert attempt["reason"] == "cannot send"
    # Each waits for a second and is asked once: that is what bounds the time.
    assert [len(arrivals(server, b"trunk")) for server in asked] == [1, 1, 0]


def test_call_that_waits_for_a_name_server_holds_up_no_other(
    named: World, asked: list[socket.socket]
) -> None:
    def overtaken() -> bool:
        forget_names(named, asked)
        waits = named.phone(estate.NY_PHONE, "anna.rossi")
        call = waits.call("911")
        eventually(lambda: any(arrivals(server, b"trunk") for server in asked))
        assert named.phone(estate.LA_PHONE, "luis.ortega").call("911").ends() == 200
        with pytest.raises(AssertionError, match=r"no .* within"):  # not yet
            call.ends(0.05)
        assert call.ends() == 200
        return True

    def tried() -> bool:
        """A machine that is busy for two seconds proves nothing."""
        with suppress(pytest.fail.Exception):
            return overtaken()
        return False

    assert any(tried() for _ in range(5))


def forget_names(world: World, asked: list[socket.socket]) -> None:
    """Have the edge ask again, and forget what it asked."""
    installation.call(world.settings, "dns.delete_all_force")
    for server in asked:
        arrivals(server, b"")
