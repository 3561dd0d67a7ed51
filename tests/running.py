"""Processes that tests start: on free ports of this machine, and ended by their ids."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Seconds that a test waits for what must happen.  Long, because only a failing test waits so long,
#: and a machine that is busy with other things is no reason to fail.
PATIENCE = 60.0


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses now, neither for TCP nor for UDP."""
    while True:
        with (
            socket.socket() as probe,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
            suppress(OSError),
        ):
            probe.bind(("127.0.0.1", 0))
            datagrams.bind(probe.getsockname())
            return int(probe.getsockname()[1])


def spare_port() -> int:
    """Return a UDP port of 127.0.0.1 that may be bound later: the system gives none of its kind to
    who asks for any."""
    while True:
        port = random.randint(20_000, 30_000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def python(*arguments: str) -> list[str]:
    """Return the command that runs this Python with ``arguments``."""
    return [sys.executable, *arguments]


@contextmanager
def running(
    command: Sequence[str],
    *,
    port: int | None = None,
    env: Mapping[str, str] | None = None,
    log: Path,
    seconds: float = PATIENCE,
    **options: object,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of its own process group from the project's root, output in ``log``.

    Waits until it listens on ``port``, when one is given; raises ``RuntimeError`` with its output
    when it ends or stays silent.  Leaving the block ends it: SIGTERM, after 10 seconds SIGKILL.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(  # type: ignore[call-overload]
            command,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **options,
        )
    try:
        if port is not None:
            _wait(process, port, log, seconds)
        yield process
    finally:
        stop(process)


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    text = log.read_text(errors="replace")[-4000:]
    raise RuntimeError(f"{process.args} does not listen on port {port}:\n{text}")


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process and what it started, politely first."""
    for number, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return
