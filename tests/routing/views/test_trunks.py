"""The pages of trunks tell what the edge's probes find, and do not wait for an edge."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from routing.edge import reachability
from routing.edge.reachability import Reachability
from routing.models import Trunk
from tests import factories as make
from tests.running import PATIENCE

STATES = {"sip:192.0.2.1:5060;transport=tcp": "AP", "sip:192.0.2.2:5060;transport=udp": "IP"}


class _Edge(BaseHTTPRequestHandler):
    """Answers ``dispatcher.list`` as Kamailio 5.6 does."""

    asked = 0

    def do_POST(self) -> None:
        type(self).asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        targets = [{"DEST": {"URI": uri, "FLAGS": flags}} for uri, flags in STATES.items()]
        reply = {"RECORDS": [{"SET": {"ID": 1, "TARGETS": targets}}]}
        body = json.dumps({"jsonrpc": "2.0", "result": reply, "id": 1}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def edge() -> Iterator[int]:
    """Run an edge's RPC until the block ends; gives its port."""
    _Edge.asked = 0
    server = HTTPServer(("127.0.0.1", 0), _Edge)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def looked_at_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No page has looked yet, and an edge with trunks is installed."""
    (tmp_path / "kamailio").mkdir()
    (tmp_path / "kamailio" / "dispatcher.list").write_text("1 sip:192.0.2.1:5060 0 0\n")
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    monkeypatch.setattr(reachability, "EDGE", Reachability())
    # However slow this machine is, an answer stays fresh for one test.
    monkeypatch.setattr(reachability, "FRESH_SECONDS", 10 * PATIENCE)


@pytest.fixture
def trunks(db: None) -> list[Trunk]:
    return [
        make.make_trunk(name="a", host="192.0.2.1", transport="tcp"),
        make.make_trunk(name="b", host="192.0.2.2", transport="udp"),
        make.make_trunk(name="c", host="192.0.2.3", transport="udp"),
    ]


def told(page: str) -> list[str]:
    """Return the states of a page in their order."""
    words = ("Answers", "No answer", "Not known")
    found = {page.find(f"<span>{word}</span>"): word for word in words}
    return [word for place, word in sorted(found.items()) if place >= 0]


def test_pages_tell_what_the_probes_found(
    client: Client, admin_user: User, trunks: list[Trunk], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(admin_user)
    monkeypatch.setattr(reachability, "PATIENCE_SECONDS", PATIENCE)
    with edge() as port:
        monkeypatch.setenv("SIP_RPC_ADDR", f"127.0.0.1:{port}")

        listed = client.get("/routing/trunks/").content.decode()
        pages = [client.get(trunk.get_absolute_url()).content.decode() for trunk in trunks]

    assert told(listed) == ["Answers", "No answer", "Not known"]
    assert [told(page) for page in pages] == [["Answers"], ["No answer"], ["Not known"]]
    assert _Edge.asked == 1


def test_nothing_is_known_without_an_edge(
    client: Client, admin_user: User, trunks: list[Trunk], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(admin_user)
    monkeypatch.setenv("SIP_RPC_ADDR", "127.0.0.1:9")

    assert told(client.get("/routing/trunks/").content.decode()) == ["Not known"]


class _Waits(threading.Event):
    """Keeps how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout)
        return super().wait(timeout)


def test_silent_edge_delays_a_list_once_and_not_for_long(
    client: Client, admin_user: User, trunks: list[Trunk], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(admin_user)
    reachability.EDGE._answered = waits = _Waits()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("SIP_RPC_ADDR", f"127.0.0.1:{silent.getsockname()[1]}")

        states = told(client.get("/routing/trunks/").content.decode())

    assert states == ["Not known"]
    assert waits.seconds == [0.5]  # not once for each row


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("provider", None, "Yes, by its kind"), ("gateway", None, "No, by its kind"),
        ("gateway", True, "Yes"), ("provider", False, "No"),
    ],
)  # fmt: skip
def test_page_says_whether_the_location_is_sent(
    client: Client, admin: User, kind: str, value: bool | None, words: str
) -> None:
    trunk = make.make_trunk(kind=kind, send_pidf_lo=value)
    client.force_login(admin)

    page = client.get(trunk.get_absolute_url()).content.decode()

    row = re.search(r"Send PIDF-LO.*?<dd>(.*?)</dd>", page, re.S)
    assert row is not None
    assert row[1] == words
