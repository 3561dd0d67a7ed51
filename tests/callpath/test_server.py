"""The program as it runs: starting, swapping publications, dying, starting again."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from e911portal.callpath.app import DOORS
from e911portal.callpath.server import MAX_HEAD_BYTES, MAX_HEADERS
from e911portal.core.snapshot import activate
from tests.callpath import sample
from tests.callpath.conftest import eventually
from tests.callpath.portal import Portal, takes_all
from tests.callpath.server import PROGRAM, Server, serving
from tests.running import ROOT, free_port

CALL = {"ruri": "sip:911@x", "from_uri": "sip:anna.rossi@unplugthepbx.com", "src_ip": "10.2.1.9"}


def test_no_module_of_django_is_loaded_after_every_door_was_used(state: Path) -> None:
    program = (
        "import asyncio, json, sys\n"
        "from e911portal.callpath import server\n"
        "from e911portal.callpath.app import DOORS, create\n"
        "from tests.callpath.client import exchange\n"
        "app = create()\n"
        "for path in DOORS:\n"
        "    for method in ('GET', 'POST'):\n"
        '        asyncio.run(exchange(app, method, path, b\'{"ruri": "911", "number": "1"}\'))\n'
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    env = {**os.environ, "STATE_DIR": str(state)}

    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=env, check=True
    )

    loaded = set(json.loads(ended.stdout))
    assert "uvicorn" in loaded
    assert loaded & {"django", "rest_framework", "celery", "zeep", "redis", "psycopg"} == set()


@pytest.mark.parametrize("workers", [1, 2])
def test_answers_and_ends_politely(state: Path, workers: int) -> None:
    with serving(state, "--workers", str(workers)) as server:
        status, body = server.ask("/v1/location?ip=10.1.1.20")
        counted = [server.ask("/v1/location?ip=10.1.1.20")[0] for _ in range(20)]
        line = b'answers_total{door="location",outcome="subnet"} 21.0'
        # An answer is counted once it has left, and another worker may be the one that is asked.
        all_counted = eventually(lambda: line in server.ask("/metrics")[1])
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(10)

    assert (status, json.loads(body)["publication"], set(counted)) == (200, 42, {200})
    assert (all_counted, code) == (True, 0)
    log = server.log.read_text()
    assert (log.count(" stopped "), "Traceback" in log) == (workers, False)


def test_address_that_is_taken_is_said_in_one_line(state: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        ended = subprocess.run(
            [*PROGRAM, "--addr", address, "--state-dir", str(state)],
            capture_output=True,
            text=True,
        )

    assert ended.returncode == 3
    assert "address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--workers", "0"],
        ["--workers", "x"],
        ["--addr", "nowhere"],
        ["--portal-url", "portal:8000"],
    ],
)
def test_wrong_option_is_named(arguments: list[str]) -> None:
    ended = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True)

    assert ended.returncode == 2
    assert arguments[1] in ended.stderr
    assert "Traceback" not in ended.stderr


def test_help_names_every_door_and_variable() -> None:
    sources = ROOT / "e911portal" / "callpath"

    ended = subprocess.run([*PROGRAM, "--help"], capture_output=True, text=True, check=True)

    read = {
        name
        for path in (sources / "node.py", sources / "app.py", sources / "__main__.py")
        for name in re.findall(r'environment\.\w+\(\s*"([A-Z_]+)"', path.read_text())
    }
    assert [path for path in DOORS if path not in ended.stdout] == []
    assert [name for name in read if name not in ended.stdout] == []


def test_publication_is_swapped_under_load_without_a_failed_or_mixed_answer(state: Path) -> None:
    wrong: list[object] = []
    seen: set[int] = set()
    ended = threading.Event()

    def ask(server: Server) -> None:
        while not ended.is_set():
            answer = server.json("/v1/location?ip=10.1.1.20")
            route = server.json("/v1/sip/route", CALL)
            seen.add(answer["publication"])
            for number, place in (
                (answer["publication"], answer["erl"]["name"].removeprefix("New York 1st Floor")),
                (
                    route["publication"],
                    route["location"]["erl"]["name"].removeprefix("Los Angeles 1st Floor"),
                ),
            ):
                if place != ("" if number == 42 else f" of {number}"):
                    wrong.append((number, place))

    with serving(state) as server:
        threads = [threading.Thread(target=ask, args=(server,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(43, 60):
            sample.publish(state / "publications", number, mark=f" of {number}")
            time.sleep(0.05)
        newest = eventually(lambda: server.json("/readyz")["publication"] == 59)
        ended.set()
        for thread in threads:
            thread.join()

    assert (wrong, newest) == ([], True)
    assert len(seen) > 5


def test_damaged_publication_is_refused_and_the_last_good_one_stays(state: Path) -> None:
    publications = state / "publications"
    path, sha256 = sample.write(publications, 43)
    path.write_bytes(path.read_bytes()[:-100])
    with serving(state) as server:
        activate(publications, 43, path.name, sha256)
        refused = eventually(lambda: server.json("/readyz")["status"] == "stale")
        answer = server.json("/v1/location?ip=10.1.1.20")
        (publications / "CURRENT").write_text("not a pointer")
        pointer = eventually(lambda: "CURRENT is not readable" in server.json("/readyz")["fault"])
        after = server.json("/v1/location?ip=10.1.1.20")
        sample.publish(publications, 44)
        repaired = eventually(lambda: server.json("/readyz")["publication"] == 44)

    assert (refused, pointer, repaired) == (True, True, True)
    assert (answer["publication"], after["publication"]) == (42, 42)


def test_restart_beside_a_damaged_publication_answers_from_the_one_before(state: Path) -> None:
    publications = state / "publications"
    sample.publish(publications, 43)
    path = publications / "43.sqlite3"
    path.write_bytes(path.read_bytes()[:-100])

    with serving(state) as server:
        ready = server.json("/readyz")

    assert (ready["status"], ready["publication"]) == ("stale", 42)


def test_publication_appears_beside_a_running_call_path(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        before = server.ask("/readyz")[0]
        route = server.json("/v1/sip/route", CALL)
        sample.publish(tmp_path / "publications", 1)
        after = server.json("/v1/location?ip=10.1.1.20")

    assert (before, route["targets"], after["publication"]) == (503, [], 1)


def test_killed_with_spooled_events_it_delivers_each_once_later(state: Path) -> None:
    event_ids = [f"e{number}" for number in range(120)]
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with serving(state, portal=url) as server:
        for event_id in event_ids:
            status, _ = server.ask("/v1/sip/events", json.dumps({"id": event_id}).encode())
            assert status == 202
        call = server.json("/v1/sip/route", {**CALL, "call_ref": "r1"})
        time.sleep(0.2)
        server.kill()

    failures = iter([503, None, 500])
    with (
        Portal(lambda _: next(failures, 200)).listening(port) as portal,
        serving(state, portal=url) as server,
    ):
        all_there = eventually(lambda: len(portal.ids) > 120)
        empty = eventually(lambda: server.json("/readyz")["spool_depth"] == 0)

    assert (call["call_ref"], all_there, empty) == ("r1", True, True)
    assert portal.ids[:120] == event_ids
    assert [event["call_ref"] for event in portal.batches[-1] if "call_ref" in event] == ["r1"]
    assert len(portal.ids) == 121


def test_worker_that_dies_leaves_delivery_to_its_sibling(state: Path) -> None:
    with (
        Portal(takes_all).listening() as portal,
        serving(state, "--workers", "2", portal=portal.url) as server,
    ):
        server.json("/v1/sip/events", {"id": "first"})
        first = eventually(lambda: portal.ids == ["first"])
        workers = re.findall(r" started .*pid=(\d+)", server.log.read_text())
        os.kill(int(workers[0]), signal.SIGKILL)
        survived = eventually(lambda: _accepts(server, "second"))
        arrived = eventually(lambda: set(portal.ids) == {"first", "second"})

    assert (first, survived, arrived) == (True, True, True)


def _accepts(server: Server, event_id: str) -> bool:
    try:
        return server.ask("/v1/sip/events", json.dumps({"id": event_id}).encode())[0] == 202
    except OSError:
        return False  # the connection was with the worker that died


def raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        return connection.recv(65536)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"200"),
        (b"GET /healthz HTTP/1.1\r\n" + b"A: b\r\n" * (MAX_HEADERS + 1), b"400"),
        (b"GET /healthz HTTP/1.1\r\nA: " + b"b" * MAX_HEAD_BYTES + b"\r\n", b"400"),
        (b"GET /" + b"b" * MAX_HEAD_BYTES + b" HTTP/1.1\r\n", b"400"),
        (b"POST /held HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n", b"400"),
        (b"POST /v1/sip/events HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n", b"413"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", b"400"),
    ],
    ids=["fine", "many-headers", "long-header", "long-url", "absurd-length", "announced", "tls"],
)
def test_heads_and_lengths_are_bounded(shared_server: Server, head: bytes, status: bytes) -> None:
    answer = raw(shared_server.port, head + b"\r\n")

    assert answer.split(b" ")[1] == status


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    with serving(tmp_path_factory.mktemp("shared")) as server:
        yield server


def test_thousand_calls_at_once_all_get_targets_and_all_are_told(state: Path) -> None:
    with Portal(takes_all).listening() as portal, serving(state, portal=portal.url) as server:
        replies: list[int] = []

        def call_many() -> None:
            for _ in range(100):
                replies.append(len(server.json("/v1/sip/route", CALL)["targets"]))

        threads = [threading.Thread(target=call_many) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = eventually(lambda: len(portal.ids) >= 1000)

    assert (replies, told) == ([3] * 1000, True)
    assert len(set(portal.ids)) == len(portal.ids) == 1000
