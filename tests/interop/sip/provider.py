"""What stands at the other end of a trunk: an E9-1-1 provider or a gateway, as a program.

``python provider.py --port N --control M`` takes SIP on UDP and TCP of 127.0.0.1:N, behaves as
told, and reads each call as a provider would: who is to answer it, by what location.  Orders are
lines of JSON on the control port, ``{"do": "behave", …}``; each is answered by a line.
"""

import argparse
import asyncio
import contextlib
import json
import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from locations.domain import pidflo
from tests.interop.sip.message import Message

Send = Callable[[bytes], None]
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 40000 RTP/AVP 0\r\n"
)
REASONS = {180: "Ringing", 183: "Session Progress", 200: "OK", 424: "Bad Location Information"}


@dataclass
class Behaviour:
    """What is done with an INVITE: the statuses given one after the other, ``pause`` seconds apart;
    none at all is silence.  ``without`` replaces them for calls that carry no location."""

    statuses: list[int] = field(default_factory=lambda: [100, 180, 200])
    without: list[int] | None = None
    pause: float = 0.0
    options: int = 200
    hangup_after: float | None = None


def read(call: Message) -> dict[str, Any]:
    """Return who answers a call: the PSAP for a location to be trusted, else the ECRC, who asks.

    The location is the part that Geolocation names (RFC 6442 §4.1).
    """
    cid = re.search(r"<cid:([^>]+)>", call.header("Geolocation"))
    documents = [body for kind, name, body in call.parts() if cid and name == cid.group(1)]
    if not documents:
        return {"desk": "ECRC", "why": "no location", "test": bool(call.header("X-E911-Test"))}
    document = pidflo.read(documents[0])
    manual = document.location.method.lower() in ("manual", "")
    return {
        "desk": "ECRC" if manual else "PSAP",
        "why": document.location.method,
        "civic": dict(document.location.civic),
        "conference": [document.extension.conference_uri, document.extension.conference_mode],
        "tag": document.extension.tag,
        "test": bool(call.header("X-E911-Test")),
    }


class Provider:
    """The program's state: behaviour, what came in, calls under way."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.behaviour = Behaviour()
        self.received: list[bytes] = []
        self.dialogs: dict[str, tuple[Message, str, Send]] = {}
        self.listeners: list[Any] = []
        self.tasks: set[asyncio.Task[None]] = set()

    # -- transports ------------------------------------------------------------------------------

    async def listen(self) -> None:
        """Take SIP on UDP and TCP."""
        loop = asyncio.get_running_loop()
        datagrams, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=("127.0.0.1", self.port)
        )
        server = await asyncio.start_server(self._stream, "127.0.0.1", self.port, backlog=1024)
        self.listeners = [datagrams, server]

    async def close(self) -> None:
        """Refuse from now on: TCP connections are reset, datagrams meet a closed port."""
        for listener in self.listeners:
            listener.close()
        for task in list(self.tasks):
            task.cancel()
        self.listeners = []

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if not head.strip():
                    continue
                found = re.search(rb"(?im)^content-length:\s*(\d+)", head)
                body = await reader.readexactly(int(found.group(1))) if found else b""
                self.take(head.lstrip() + body, writer.write)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.tasks.discard(task)
            writer.close()

    # -- SIP -------------------------------------------------------------------------------------

    def take(self, data: bytes, send: Send) -> None:
        """Take one message."""
        message = Message.parse(data)
        if message.method == "OPTIONS" and not message.status:
            if self.behaviour.options:
                send(bytes(message.answer(self.behaviour.options, "As told", tag="o")))
            return
        if message.method == "INVITE" and any(
            Message.parse(known).all("Via")[:1] == message.all("Via")[:1]
            for known in self.received
            if not message.status and known.startswith(b"INVITE")
        ):
            return  # a retransmission
        self.received.append(data)
        if message.status:
            self._answered(message, send)
        elif message.method == "INVITE":
            self._soon(self._invited(message, send))
        elif message.method != "ACK":
            send(bytes(message.answer(200, "OK", tag="p")))

    async def _invited(self, call: Message, send: Send) -> None:
        behaviour = self.behaviour
        located = bool(call.header("Geolocation"))
        statuses = behaviour.statuses
        if behaviour.without is not None and not located:
            statuses = behaviour.without
        tag = secrets.token_hex(4)
        for status in statuses:
            cancelled = any(
                known.startswith(b"CANCEL") and call.header("Call-ID").encode() in known
                for known in self.received
            )
            if cancelled:
                send(bytes(call.answer(487, "Request Terminated", tag=tag)))
                return
            extra = [("Contact", f"<sip:psap@127.0.0.1:{self.port}{_transport(call)}>")]
            body = b""
            if status == 200:
                extra.append(("Content-Type", "application/sdp"))
                body = SDP
                self.dialogs[call.header("Call-ID")] = (call, tag, send)
            if status == 424:
                text = '100 ; code="Cannot Process Location"'
                extra.append(("Geolocation-Error", text))
            reason = REASONS.get(status, "As told")
            send(bytes(call.answer(status, reason, extra, body, tag="" if status == 100 else tag)))
            await asyncio.sleep(behaviour.pause)
        if behaviour.hangup_after is not None:
            await asyncio.sleep(behaviour.hangup_after)
            await self.hang_up(call.header("Call-ID"))

    async def hang_up(self, call_id: str) -> None:
        """Send BYE from this side, on a new connection should the old one be gone."""
        call, tag, send = self.dialogs.pop(call_id)
        contact = re.search(r"<([^>]+)>", call.header("Contact"))
        assert contact is not None
        routes = [("Route", text) for text in call.all("Record-Route")]
        via = f"SIP/2.0/{_transport(call)[11:].upper() or 'UDP'} 127.0.0.1:{self.port}"
        bye = Message(
            f"BYE {contact.group(1)} SIP/2.0",
            (
                ("Via", f"{via};branch=z9hG4bK{secrets.token_hex(8)}"),
                ("Max-Forwards", "70"),
                *routes,
                ("From", f"{call.header('To')};tag={tag}"),
                ("To", call.header("From")),
                ("Call-ID", call_id),
                ("CSeq", "1 BYE"),
            ),
        )
        hop = re.search(r"@?([0-9.]+):(\d+)", call.all("Record-Route")[0])
        assert hop is not None
        if _transport(call):
            _, writer = await asyncio.open_connection(hop.group(1), int(hop.group(2)))
            writer.write(bytes(bye))
            await writer.drain()
        else:
            send(bytes(bye))

    def _answered(self, response: Message, send: Send) -> None:
        if response.method == "INVITE" and response.status >= 200:
            contact = re.search(r"<([^>]+)>", response.header("Contact"))
            target = contact.group(1) if contact else "sip:nobody@127.0.0.1"
            ack = Message(
                f"ACK {target} SIP/2.0",
                (
                    (
                        "Via",
                        f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{secrets.token_hex(8)}",
                    ),
                    ("Max-Forwards", "70"),
                    *(("Route", text) for text in reversed(response.all("Record-Route"))),
                    ("From", response.header("From")),
                    ("To", response.header("To")),
                    ("Call-ID", response.header("Call-ID")),
                    ("CSeq", response.header("CSeq").replace("INVITE", "ACK")),
                ),
            )
            send(bytes(ack))

    def call(self, uri: str, via: int) -> str:
        """Call ``uri`` by the edge at port ``via`` over UDP, as a PSAP does; return Call-ID.

        The INVITE is repeated until somebody answers (RFC 3261 §17.1.1.2).
        """
        call_id = secrets.token_hex(8)
        invite = Message(
            f"INVITE {uri} SIP/2.0",
            (
                ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{secrets.token_hex(8)}"),
                ("Max-Forwards", "70"),
                ("From", f"<sip:psap@127.0.0.1:{self.port}>;tag={secrets.token_hex(4)}"),
                ("To", f"<{uri}>"),
                ("Call-ID", call_id),
                ("CSeq", "1 INVITE"),
                ("Contact", f"<sip:psap@127.0.0.1:{self.port}>"),
                ("Content-Type", "application/sdp"),
            ),
            SDP,
        )
        self._soon(self._until_answered(bytes(invite), call_id, ("127.0.0.1", via)))
        return call_id

    async def _until_answered(self, invite: bytes, call_id: str, edge: tuple[str, int]) -> None:
        for pause in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0):
            if any(known.startswith(b"SIP/2.0") and call_id.encode() in known
                   for known in self.received) or not self.listeners:  # fmt: skip
                return
            self.listeners[0].sendto(invite, edge)
            await asyncio.sleep(pause)

    def _soon(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # -- control ---------------------------------------------------------------------------------

    async def obey(self, order: dict[str, Any]) -> Any:
        """Do what one line of the control port says."""
        match order.pop("do"):
            case "behave":
                self.behaviour = Behaviour(**order)
            case "received":
                return [data.decode("utf-8", "surrogateescape") for data in self.received]
            case "calls":
                calls = (Message.parse(data) for data in self.received)
                return [read(call) for call in calls if call.method == "INVITE" and not call.status]
            case "forget":
                self.received.clear()
                self.behaviour = Behaviour()
                if not self.listeners:
                    await self.listen()
            case "close":
                await self.close()
            case "hang_up":
                await self.hang_up(order["call_id"])
            case "call":
                return self.call(order["uri"], order["via"])
        return None

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the control port."""
        while line := await reader.readline():
            answer = await self.obey(json.loads(line))
            writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, source: Any) -> None:
        if data.strip():
            self.provider.take(data, lambda reply: self.transport.sendto(reply, source))


def _transport(call: Message) -> str:
    return ";transport=tcp" if "/TCP" in call.all("Via")[0].upper() else ""


async def main(port: int, control: int) -> None:
    """Serve until ended."""
    provider = Provider(port)
    await provider.listen()
    server = await asyncio.start_server(provider.control, "127.0.0.1", control, limit=2**24)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument("--port", type=int, required=True)
    line.add_argument("--control", type=int, required=True)
    given = line.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(given.port, given.control))
