"""TLS to a trunk: the call leaves encrypted, and not to somebody with a wrong certificate."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from routing.domain.selection import Transport
from tests.callpath.portal import Portal
from tests.interop.certificates import certificate
from tests.interop.programs import require
from tests.interop.sip import estate
from tests.interop.sip import world as worlds
from tests.interop.sip.message import Message
from tests.interop.sip.world import World

pytestmark = pytest.mark.interop


class TLSTrunk:
    """A trunk over TLS that answers every INVITE."""

    def __init__(self, port: int, files: tuple[Path, Path]) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        self.context = context
        self.invites: list[Message] = []
        self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.settimeout(0.1)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while not self.ended.is_set():
            with suppress(OSError, ssl.SSLError):
                plain, _ = self.listener.accept()
                plain.settimeout(2)
                with self.context.wrap_socket(plain, server_side=True) as stream:
                    self._answer(stream)

    def _answer(self, stream: ssl.SSLSocket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += stream.recv(65536)
        while len(Message.parse(data).body) < int(Message.parse(data).header("Content-Length")):
            data += stream.recv(65536)
        invite = Message.parse(data)
        self.invites.append(invite)
        contact = [("Contact", "<sip:psap@127.0.0.1;transport=tls>")]
        stream.sendall(bytes(invite.answer(200, "OK", contact, tag="tls")))
        stream.recv(65536)

    def __enter__(self) -> "TLSTrunk":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()
        self.listener.close()


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Certificates of the edge, of the trunk, and of somebody else."""
    directory = tmp_path_factory.mktemp("pki")
    return {name: certificate(directory, name) for name in ("edge", "trunk", "mallory")}


@pytest.fixture(scope="module")
def encrypted(
    tmp_path_factory: pytest.TempPathFactory,
    sip_portal: Portal,
    pytestconfig: pytest.Config,
    pki: dict[str, tuple[Path, Path]],
) -> Iterator[World]:
    """A world whose provider is reached over TLS, and vouched for by one certificate."""
    require("kamailio", pytestconfig)
    edge = {
        "tls_certificate": str(pki["edge"][0]),
        "tls_key": str(pki["edge"][1]),
        "tls_ca": str(pki["trunk"][0]),
    }
    state = tmp_path_factory.mktemp("tls")
    world = World(state, sip_portal, transport=Transport.TLS, **edge)
    world.trunks.pop("provider")
    yield from worlds.running(world)


@pytest.mark.parametrize(("shown", "encrypts"), [("trunk", True), ("mallory", False)])
def test_call_leaves_over_tls_to_the_right_trunk_only(
    encrypted: World, pki: dict[str, tuple[Path, Path]], shown: str, encrypts: bool
) -> None:
    encrypted.refresh()
    port = encrypted.table.trunks["provider"].port
    phone = encrypted.phone(estate.NY_PHONE, "anna.rossi")

    with TLSTrunk(port, pki[shown]) as trunk:
        assert phone.call("911").ends() == 200

    assert len(trunk.invites) == int(encrypts)
    assert len(encrypted.trunks["ny-gateway"].received("INVITE")) == int(not encrypts)
    if encrypts:
        assert trunk.invites[0].all("Via")[0].startswith("SIP/2.0/TLS ")
        assert "transport=tls" in trunk.invites[0].all("Record-Route")[0]
