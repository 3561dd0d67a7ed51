"""Calls by the hundred: an asyncio caller on one UDP socket that times INVITE to ringing."""

import asyncio
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 30000 RTP/AVP 0\r\n"
)
_HEADER = re.compile(r"^(Call-ID|CSeq|To|Contact):\s*(.*?)\s*$", re.MULTILINE | re.IGNORECASE)
_ROUTES = re.compile(r"^Record-Route:\s*(.*?)\s*$", re.MULTILINE | re.IGNORECASE)


@dataclass
class Timed:
    """One call: when it began, rang and ended."""

    edge: tuple[str, int]
    sent: float
    invite: str
    rang: float = 0.0
    final: int = 0
    done: bool = False
    rest: dict[str, str] = field(default_factory=dict)


class Caller(asyncio.DatagramProtocol):
    """Places calls and hangs up after ``hold`` seconds."""

    def __init__(self, hold: float = 0.2) -> None:
        self.hold = hold
        self.calls: dict[str, Timed] = {}

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.host, self.port = transport.get_extra_info("sockname")

    def call(self, edge: tuple[str, int], number: int) -> None:
        """Send an INVITE to 911; it is repeated every half second until somebody answers."""
        call_id = f"{random.getrandbits(64):x}@load"
        invite = self._request(
            "INVITE", f"sip:911@{edge[0]}:{edge[1]}", call_id, 1, number, f"<sip:911@{edge[0]}>"
        )
        self.calls[call_id] = Timed(edge, time.perf_counter(), invite)
        self._send(call_id, 0)

    def _send(self, call_id: str, tries: int) -> None:
        call = self.calls[call_id]
        if call.rest or call.final or tries > 20:
            return
        self.transport.sendto(call.invite.encode(), call.edge)
        asyncio.get_running_loop().call_later(0.5, self._send, call_id, tries + 1)

    def _request(
        self, method: str, ruri: str, call_id: str, number: int, caller: int, to: str,
        routes: str = "",
    ) -> str:  # fmt: skip
        body = SDP if method == "INVITE" else ""
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (
            f"{method} {ruri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{random.getrandbits(64):x}\r\n"
            f"Max-Forwards: 70\r\n{routes}"
            f"From: <sip:user{caller}@unplugthepbx.com>;tag=t{call_id[:8]}\r\nTo: {to}\r\n"
            f"Call-ID: {call_id}\r\nCSeq: {number} {method}\r\n"
            f"Contact: <sip:user{caller}@{self.host}:{self.port}>\r\n{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def datagram_received(self, data: bytes, source: Any) -> None:
        text = data.decode()
        if not text.startswith("SIP/2.0 "):
            return
        status = int(text[8:11])
        found = {name.lower(): value for name, value in _HEADER.findall(text)}
        call = self.calls.get(found.get("call-id", ""))
        if call is None:
            return
        call.rest = found
        if found["cseq"].endswith("BYE"):
            call.done = call.done or status == 200
            return
        if status > 100 and not call.rang:
            call.rang = time.perf_counter()
        if status < 200:
            return
        repeated = call.final != 0
        call.final = status
        if status == 200:
            contact = re.search(r"<([^>]+)>", found["contact"])
            assert contact is not None
            listed = [route for line in _ROUTES.findall(text) for route in line.split(",")]
            routes = "".join(f"Route: {route.strip()}\r\n" for route in reversed(listed))
            rest = (contact.group(1), found["call-id"])
            self._within("ACK", 1, *rest, found["to"], routes, call)
            if not repeated:
                bye = self._request("BYE", rest[0], rest[1], 2, 1, found["to"], routes)
                asyncio.get_running_loop().call_later(self.hold, self._hang_up, bye, call)

    def _hang_up(self, bye: str, call: Timed, tries: int = 0) -> None:
        if call.done or tries > 10:
            return
        self.transport.sendto(bye.encode(), call.edge)
        asyncio.get_running_loop().call_later(0.5, self._hang_up, bye, call, tries + 1)

    def _within(
        self, method: str, number: int, ruri: str, call_id: str, to: str, routes: str, call: Timed
    ) -> None:
        text = self._request(method, ruri, call_id, number, 1, to, routes)
        self.transport.sendto(text.encode(), call.edge)


async def load(
    edges: list[tuple[str, int]], *, rate: float, calls: int, address: str, patience: float = 15.0
) -> list[Timed]:
    """Place ``calls`` calls, to each edge in turn, ``rate`` a second; return them all ended."""
    loop = asyncio.get_running_loop()
    transport, caller = await loop.create_datagram_endpoint(Caller, local_addr=(address, 0))
    sock = transport.get_extra_info("socket")
    sock.setsockopt(1, 8, 1 << 22)  # SOL_SOCKET, SO_RCVBUF
    begin = loop.time()
    for number in range(calls):
        caller.call(edges[number % len(edges)], number % 1000)
        await asyncio.sleep(max(0, begin + (number + 1) / rate - loop.time()))
    end = loop.time() + patience
    while loop.time() < end and not all(call.done for call in caller.calls.values()):
        await asyncio.sleep(0.1)
    transport.close()
    return list(caller.calls.values())


def percentile(values: list[float], share: float) -> float:
    """Return the value below which ``share`` of ``values`` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
