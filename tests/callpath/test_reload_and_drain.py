"""SIGHUP replaces and SIGTERM ends without a failed answer; no client can hold that up."""

import random
import signal
import socket
import threading
from pathlib import Path

import pytest

from tests.callpath import sample
from tests.callpath.conftest import eventually
from tests.callpath.server import Server, serving

BODY = b'{"ruri": "sip:911@x", "src_ip": "10.1.1.20"}'
HEAD = (
    b"POST /v1/sip/route HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    % len(BODY)
)


@pytest.mark.parametrize("workers", [1, 2])
def test_reload_under_load_fails_no_answer(state: Path, workers: int) -> None:
    failures: list[object] = []
    ended = threading.Event()

    def ask(server: Server) -> None:
        while not ended.is_set():
            try:
                status, body = server.ask("/v1/sip/route", BODY)
                if status != 200 or b'"provider"' not in body:
                    failures.append((status, body))
            except OSError as error:
                failures.append(error)

    done = " started " if workers > 1 else " reloaded "
    with serving(state, "--workers", str(workers)) as server:
        before = server.log.read_text().count(done)
        threads = [threading.Thread(target=ask, args=(server,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        sample.publish(state / "publications", 43)
        server.process.send_signal(signal.SIGHUP)
        reloaded = eventually(
            lambda: server.log.read_text().count(done) == before + workers, seconds=60
        )
        newest = eventually(lambda: server.json("/readyz")["publication"] == 43)
        ended.set()
        for thread in threads:
            thread.join()

    assert (failures, reloaded, newest) == ([], True, True)


@pytest.mark.parametrize("sent", [0, 10, len(HEAD) + 10], ids=["connected", "head", "body"])
def test_request_under_way_is_answered_after_sigterm(state: Path, sent: int) -> None:
    request = HEAD + BODY
    with serving(state) as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        client.settimeout(20)
        client.sendall(request[:sent])
        assert eventually(lambda: server.ask("/healthz")[0] == 200)
        server.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: _is_closed(server.port))
        client.sendall(request[sent:])
        answer = b"".join(iter(lambda: client.recv(65536), b""))
        code = server.process.wait(20)

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"targets":[{' in answer
    assert code == 0


def test_client_that_does_nothing_does_not_hold_up_the_end(state: Path) -> None:
    with serving(state) as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(HEAD + BODY[:10])
        assert eventually(lambda: server.ask("/healthz")[0] == 200)
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(30)

    assert code == 0
    assert " stopped " in server.log.read_text()


def _is_closed(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False


def test_any_bytes_at_the_socket_end_in_an_answer_or_the_connection(state: Path) -> None:
    chance = random.Random(911)
    beginnings = [
        b"",
        HEAD,
        HEAD + BODY,
        b"POST /held HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /v1/location?",
        b"GET /held/l/",
        b"OPTIONS * HTTP/1.1\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
    ]
    with serving(state) as server:
        for turn in range(150):
            given = beginnings[turn % len(beginnings)] + chance.randbytes(chance.randrange(200))
            with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
                client.sendall(given)
                client.shutdown(socket.SHUT_WR)
                try:
                    answer = b"".join(iter(lambda: client.recv(65536), b""))
                except ConnectionResetError:
                    answer = b""
            assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
            assert b"Traceback" not in answer
        alive = server.ask("/v1/sip/route", BODY)[0]
        log = server.log.read_text()

    assert alive == 200
    assert [word for word in (" fault ", "Exception", "Traceback") if word in log] == []
