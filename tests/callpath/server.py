"""The call path as a process of its own, and a client for it."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.running import PATIENCE, free_port, python, running

PROGRAM = python("-m", "e911portal.callpath")


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
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
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


@contextmanager
def serving(
    state: Path, *arguments: str, portal: str = "http://127.0.0.1:9", **environment: str
) -> Iterator[Server]:
    """Run ``python -m e911portal.callpath`` over a state directory until the block ends."""
    port = free_port()
    log = state / "callpath.log"
    options = ["--addr", f"127.0.0.1:{port}", "--state-dir", str(state), "--portal-url", portal]
    env = {"CALLPATH_PORTAL_TOKEN": "secret", **environment}
    with running([*PROGRAM, *options, *arguments], port=port, env=env, log=log) as process:
        yield Server(process, port, log)
