"""Clients that begin and do not go on, or do not read: they are cut, and others notice nothing."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn

from e911portal.callpath import server
from e911portal.callpath.server import BoundedProtocol
from tests.running import free_port

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]
LARGE = 1 << 24


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Read the body and answer: at ``/large`` more than all buffers on the way hold."""
    while (await receive()).get("more_body"):
        pass
    body = b"x" * LARGE if scope["path"] == "/large" else b"ok"
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@dataclass
class Listening:
    """The server in this process."""

    port: int
    connections: set[Any]

    async def connect(self) -> Client:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def until(self, is_right: Callable[[int], bool]) -> bool:
        """Return whether the number of connections becomes right, after as long as it takes."""
        for _ in range(400):
            if is_right(len(self.connections)):
                return True
            await asyncio.sleep(0.05)
        return False


@asynccontextmanager
async def listening() -> AsyncIterator[Listening]:
    config = uvicorn.Config(
        app, host="127.0.0.1", port=free_port(), http=BoundedProtocol, ws="none", lifespan="off",
        log_config=None, timeout_keep_alive=60, timeout_graceful_shutdown=1,
    )  # fmt: skip
    program = uvicorn.Server(config)
    serving = asyncio.create_task(program._serve())
    while not program.started:
        await asyncio.sleep(0.01)
    try:
        yield Listening(config.port, program.server_state.connections)
    finally:
        program.should_exit = True
        await serving


async def answered(client: Client) -> bool:
    client[1].write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    return (await client[0].readuntil(b"ok")).startswith(b"HTTP/1.1 200")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(server, "SWEEP_SECONDS", 0.05)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /healthz HT",
        b"POST /held HTTP/1.1\r\nHost: x\r\n",
        b"POST /held HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<loc",
        b"POST /held HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<loca\r\n",
    ],
    ids=["nothing", "first-line", "head", "body", "chunks"],
)
@pytest.mark.usefixtures("impatient")
def test_request_that_does_not_come_is_given_up(begun: bytes) -> None:
    async def check() -> bytes:
        async with listening() as site:
            client = await site.connect()
            client[1].write(begun)
            try:
                return await asyncio.wait_for(client[0].read(), 20)
            except ConnectionResetError:
                return b""

    assert asyncio.run(check()) == b""


@pytest.mark.usefixtures("impatient")
def test_single_bytes_are_no_progress() -> None:
    async def check() -> bool:
        async with listening() as site:
            client = await site.connect()
            client[1].write(b"GET / HTTP/1.1\r\n")
            for sent in range(400):
                client[1].write(b"X-A: b\r\n"[sent % 8 :][:1])
                await asyncio.sleep(0.05)
                if not site.connections:
                    return True
        return False

    assert asyncio.run(check())


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("requests", [1, 2], ids=["one", "pipelined"])
def test_reader_who_does_not_read_is_given_up(requests: int) -> None:
    async def check() -> bool:
        loop = asyncio.get_running_loop()
        async with listening() as site:
            with socket.socket() as deaf:
                deaf.setblocking(False)
                await loop.sock_connect(deaf, ("127.0.0.1", site.port))
                asked = b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n" * requests
                await loop.sock_sendall(deaf, asked)
                return await site.until(bool) and await site.until(lambda left: not left)

    assert asyncio.run(check())


@pytest.mark.usefixtures("impatient")
def test_honest_client_is_answered_beside_many_slow_ones() -> None:
    async def check() -> list[bool]:
        async with listening() as site:
            slow = [await site.connect() for _ in range(50)]
            for _, writer in slow:
                writer.write(b"POST /held HTTP/1.1\r\n")
            honest = await site.connect()
            answers = [await answered(honest) for _ in range(5)]
            gone = await site.until(lambda left: left <= 1)
        return [*answers, gone]

    assert asyncio.run(check()) == [True] * 6


def test_of_too_many_connections_the_longest_silent_ones_are_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 50)

    async def check() -> tuple[list[bool], int]:
        async with listening() as site:
            busy = await site.connect()
            answers = []
            most = 0
            slow = []
            for _ in range(200):
                slow.append(await site.connect())
                answers.append(await answered(busy))
                most = max(most, len(site.connections))
        return answers, most

    answers, most = asyncio.run(check())
    assert answers == [True] * 200
    assert most <= 51


@pytest.mark.parametrize(
    ("files", "expected"),
    [(20_000, server.MOST_CONNECTIONS), (1024, 824), (100, 10), (resource.RLIM_INFINITY, 4000)],
)
def test_connections_leave_files_for_everything_else(
    monkeypatch: pytest.MonkeyPatch, files: int, expected: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))

    assert server._affordable_connections() == expected
