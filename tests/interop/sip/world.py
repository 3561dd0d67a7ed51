"""The processes of a SIP test: Kamailio, call path, trunks, each to be killed and started again."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from e911portal.core.snapshot import SnapshotStore
from routing.domain.selection import Transport
from routing.edge import installation
from routing.edge.settings import EdgeSettings
from tests.callpath.portal import Portal
from tests.interop.sip.estate import Ports, publish, table
from tests.interop.sip.message import Message
from tests.interop.sip.phone import Phone
from tests.running import PATIENCE, ROOT, free_port, spare_port


class Process:
    """A program of its own process group that listens on a TCP port of this machine."""

    def __init__(self, command: list[str], port: int, log: Path, **environment: str) -> None:
        self.command, self.port, self.log = command, port, log
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, self.said()[-3000:]
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        raise AssertionError(f"{self.command[:3]} does not listen on {self.port}")

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it by a signal and wait for its end."""
        if self.process is None:
            return
        for sent in (number, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, sent)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
                break
        self.process = None

    def said(self) -> str:
        """Return its log; what calls put there need not be UTF-8."""
        return self.log.read_text(errors="replace")

    def signal(self, number: int) -> None:
        """Send a signal to all of it."""
        assert self.process is not None
        os.killpg(self.process.pid, number)


class Trunk(Process):
    """A provider or gateway, and what it says of its calls."""

    def __init__(self, name: str, state: Path) -> None:
        self.name = name
        self.sip_port = free_port()
        control = free_port()
        script = Path(__file__).with_name("provider.py")
        options = ["--port", str(self.sip_port), "--control", str(control)]
        super().__init__([sys.executable, str(script), *options], control, state / f"{name}.log")

    def start(self) -> None:
        super().start()
        self.control = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.lines = self.control.makefile("rwb")

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process:
            self.lines.close()
            self.control.close()
        super().end(number)

    def do(self, what: str, **values: Any) -> Any:
        """Give an order and return the answer."""
        self.lines.write(json.dumps({"do": what, **values}).encode() + b"\n")
        self.lines.flush()
        return json.loads(self.lines.readline())

    def behave(self, *statuses: int, **rest: Any) -> None:
        """Answer calls by these statuses; by none of them: stay silent."""
        self.do("behave", statuses=list(statuses), **rest)

    def received(self, method: str) -> list[Message]:
        """Return the requests of a method that came in."""
        raw = [text.encode("utf-8", "surrogateescape") for text in self.do("received")]
        messages = [Message.parse(data) for data in raw]
        return [m for m in messages if not m.status and m.method == method]

    def wait(self, method: str, count: int = 1) -> list[Message]:
        """Return the requests of a method once there are ``count``."""
        return eventually(lambda: found if len(found := self.received(method)) >= count else None)


class World:
    """Everything a call meets."""

    def __init__(
        self, state: Path, portal: Portal, transport: Transport = Transport.TCP, **edge: Any
    ) -> None:
        self.state = state
        self.portal = portal
        names = ("provider", "ny-gateway", "la-gateway", "la-elin")
        self.trunks = {name: Trunk(name, state) for name in names}
        self.desk_port = spare_port()
        ports = Ports(*(trunk.sip_port for trunk in self.trunks.values()), desk=self.desk_port)
        self.table = table(ports, transport)
        publish(state, 1, self.table)
        callpath_port = free_port()
        options = ["--addr", f"127.0.0.1:{callpath_port}", "--state-dir", str(state)]
        self.callpath = Process(
            [sys.executable, "-m", "e911portal.callpath", *options, "--portal-url", portal.url],
            callpath_port, state / "callpath.log", CALLPATH_PORTAL_TOKEN="t",
        )  # fmt: skip
        self.settings = EdgeSettings(
            directory=state / "kamailio", port=free_port(), rpc_port=free_port(),
            tls_port=free_port(), callpath_urls=(f"http://127.0.0.1:{callpath_port}",),
            probe_seconds=0, registrars=("127.0.0.1/32",),
        )  # fmt: skip
        self.settings = replace(self.settings, **edge)
        self.write()
        self.edge = Process(
            installation.command(self.settings), self.settings.rpc_port, state / "kamailio.log"
        )
        self.phones: list[Phone] = []

    def write(self) -> list[str]:
        """Render the edge's files from the active publication."""
        snapshot = SnapshotStore(self.state / "publications").current()
        return installation.write(snapshot, self.settings, now=datetime.now(UTC))

    def start(self) -> None:
        """Start everything."""
        for process in (*self.trunks.values(), self.callpath, self.edge):
            process.start()

    def stop(self) -> None:
        """End everything."""
        for process in (self.edge, self.callpath, *self.trunks.values()):
            process.end()

    def refresh(self) -> None:
        """Undo what a test did."""
        for phone in self.phones:
            phone.close()
        self.phones.clear()
        for trunk in self.trunks.values():
            if trunk.process is None:
                trunk.start()
            trunk.do("forget")
        for process in (self.callpath, self.edge):
            if process.process is None:
                process.start()
        for table_name in ("cache", "slow", "shown"):
            installation.call(self.settings, "htable.flush", table_name)

    @property
    def address(self) -> tuple[str, int]:
        """Where the edge takes calls."""
        return (self.settings.host, self.settings.port)

    def phone(self, address: str, user: str, domain: str = "unplugthepbx.com") -> Phone:
        """Return a phone at an address, closed when the test ends."""
        phone = Phone(self.address, address, user, domain)
        self.phones.append(phone)
        return phone

    def events(self, **values: str) -> list[dict[str, Any]]:
        """Return what the portal was told with these values, in order, each event once."""
        batches = [event for batch in list(self.portal.batches) for event in batch]
        mine = [event for event in batches if values.items() <= event.items()]
        return list({event["id"]: event for event in mine}.values())

    def saved(self, call_id: str) -> None:
        """Wait until the edge has copied a call to its file; it does so about once a second."""
        wanted = "SELECT 1 FROM dialog WHERE callid = ? AND state = 4"  # confirmed

        def row() -> object:
            with closing(sqlite3.connect(self.settings.directory / "dialogs.sqlite")) as db:
                return db.execute(wanted, (call_id,)).fetchone()

        eventually(row)

    def told(self, call_id: str, last: str) -> list[dict[str, Any]]:
        """Return the events of a call once the one named ``last`` is among them."""

        def told() -> list[dict[str, Any]] | None:
            events = self.events(call_id=call_id)
            return events if any(event["event"] == last for event in events) else None

        return eventually(told)


def eventually(look: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Return the first true value of ``look``, or fail."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"still {found} after {seconds} s"
        time.sleep(0.05)


def running(world: World) -> Iterator[World]:
    """Run a world for a fixture; its log is shown when something fails."""
    try:
        world.start()
        yield world
    finally:
        world.stop()
