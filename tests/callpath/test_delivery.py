"""From the spool to the portal: in order, each event once, however often the portal fails."""

import itertools
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest

from e911portal.callpath.delivery import Delivery
from e911portal.callpath.portal import Portal as Sender
from e911portal.callpath.portal import Refused
from e911portal.core.spool import Spool
from tests.callpath.conftest import eventually
from tests.callpath.portal import Portal, takes_all


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "events.sqlite3")


def fill(spool: Spool, number: int) -> list[str]:
    ids = [f"e{position:03}" for position in range(number)]
    for event_id in ids:
        spool.append(event_id, {"id": event_id, "event": "call_ended"})
    return ids


@pytest.fixture
def deliver(spool: Spool) -> Iterator[Callable[[str], Delivery]]:
    started: list[Delivery] = []

    def start(url: str) -> Delivery:
        started.append(Delivery(spool, Sender(url, lambda: "secret")))
        started[-1].start()
        return started[-1]

    yield start
    for delivery in started:
        delivery.stop()


def test_everything_arrives_in_order_and_is_forgotten(
    spool: Spool, deliver: Callable[[str], Delivery]
) -> None:
    ids = fill(spool, 250)

    with Portal(takes_all).listening() as portal:
        delivery = deliver(portal.url)
        assert eventually(lambda: delivery.spooled.waiting == 0 and len(portal.ids) == 250)

    assert (portal.ids, portal.tokens) == (ids, {"Token secret"})
    assert [len(batch) for batch in portal.batches] == [100, 100, 50]
    assert spool.pending() == []


@pytest.mark.parametrize("failure", [None, 301, 400, 401, 500, 503])
def test_failing_portal_gets_them_again_and_nothing_is_lost(
    spool: Spool, deliver: Callable[[str], Delivery], failure: int | None
) -> None:
    ids = fill(spool, 3)
    replies = itertools.chain([failure, failure], itertools.repeat(200))

    with Portal(lambda _: next(replies)).listening() as portal:
        delivery = deliver(portal.url)
        assert eventually(lambda: bool(delivery.fault))
        assert eventually(lambda: portal.ids == ids)

    assert portal.attempts == 3
    assert eventually(lambda: delivery.fault == "")


def test_batch_that_is_too_large_is_halved(
    spool: Spool, deliver: Callable[[str], Delivery]
) -> None:
    ids = fill(spool, 100)

    def at_most_30(events: list[dict[str, Any]]) -> int:
        return 200 if len(events) <= 30 else 413

    with Portal(at_most_30).listening() as portal:
        deliver(portal.url)
        assert eventually(lambda: len(portal.ids) == 100)

    assert portal.ids == ids


def test_new_event_arrives_at_once(spool: Spool, deliver: Callable[[str], Delivery]) -> None:
    arrived = threading.Event()

    def take(_: list[dict[str, Any]]) -> int:
        arrived.set()
        return 200

    with Portal(take).listening() as portal:
        delivery = deliver(portal.url)
        fill(spool, 1)
        delivery.wake()
        assert arrived.wait(1.0)


def test_only_one_of_two_siblings_delivers(
    tmp_path: Path, spool: Spool, deliver: Callable[[str], Delivery]
) -> None:
    with Portal(takes_all).listening() as portal, spool.delivering() as mine:
        assert mine
        delivery = deliver(portal.url)
        fill(spool, 1)
        assert eventually(lambda: delivery.spooled.waiting == 1)
        during = portal.attempts
    with Portal(takes_all).listening(int(portal.url.rpartition(":")[2])) as portal:
        assert eventually(lambda: portal.ids == ["e000"])

    assert during == 0


def test_disk_that_fails_for_a_while_does_not_end_the_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("e911portal.callpath.delivery.LONGEST_PAUSE", 0.05)
    blocked = tmp_path / "spool"
    blocked.write_text("in the way")
    spool = Spool(blocked / "events.sqlite3")
    with Portal(takes_all).listening() as portal:
        delivery = Delivery(spool, Sender(portal.url, lambda: "secret"))
        delivery.start()
        blocked.unlink()
        ids = fill(spool, 1)
        assert eventually(lambda: portal.ids == ids)
        delivery.stop()


@pytest.mark.parametrize("url", ["", "portal:8000", "ftp://portal", "https://"])
def test_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not the address of a portal"):
        Sender(url, lambda: "")


def test_without_a_token_nothing_is_sent() -> None:
    with Portal(takes_all).listening() as portal:
        with pytest.raises(ConnectionError, match="no token"):
            Sender(portal.url, lambda: "").post([])

        assert portal.attempts == 0


def test_path_of_the_portal_is_kept() -> None:
    with Portal(takes_all).listening() as portal, pytest.raises(Refused, match="404"):
        Sender(f"{portal.url}/e911/", lambda: "t").post([])


def test_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", str(key), "-out", str(certificate), "-subj", "/CN=127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(("127.0.0.1", 0), lambda *_: None) as server:  # type: ignore[arg-type]
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.handle_request)
        thread.start()

        with pytest.raises(ssl.SSLCertVerificationError):
            Sender(f"https://127.0.0.1:{server.server_port}", lambda: "t").post([])

        thread.join()
