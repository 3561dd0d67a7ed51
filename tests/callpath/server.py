"""The call path as a process of its own, and a client for it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-m", "e911portal.callpath")


@dataclass(frozen=True, slots=True)
class Server:
    """A running call path; ``process`` is its leader."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def ask(
        self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Return status and body of one request; POST when there is a body."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=body, headers=dict(headers or {})
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def json(self, path: str, value: object = None) -> Any:
        """Return the JSON answer to a GET, or to a POST of ``value``."""
        body = None if value is None else json.dumps(value).encode()
        return json.loads(self.ask(path, body)[1])

    def kill(self) -> None:
        """End it and its workers without a warning."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    state: Path, *arguments: str, portal: str = "http://127.0.0.1:9", **environment: str
) -> Iterator[Server]:
    """Run ``python -m e911portal.callpath`` over a state directory until the block ends."""
    port = free_port()
    log = state / "callpath.log"
    options = ["--addr", f"127.0.0.1:{port}", "--state-dir", str(state), "--portal-url", portal]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*PROGRAM, *options, *arguments],
            cwd=ROOT,
            env={**os.environ, "CALLPATH_PORTAL_TOKEN": "secret", **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, port, log)
    try:
        _wait(server)
        yield server
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
                break


def _wait(server: Server) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and server.process.poll() is None:
        with suppress(OSError):
            server.ask("/healthz")
            return
        time.sleep(0.02)
    raise AssertionError(f"The call path does not answer:\n{server.log.read_text()[-4000:]}")
