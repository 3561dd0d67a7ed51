"""What SIP programs of ours add to the library aiosipua, which was made for calls without proxies:
routes (RFC 3261 §12.1, §12.2), answers on the connection of the request (§18.2.2), the ACK of a
refusal (§17.1.1.3)."""

import asyncio
from dataclasses import dataclass, field

from aiosipua import IncomingCall, OutgoingCall, SipUAC
from aiosipua.message import SipRequest, SipResponse
from aiosipua.transport import MessageCallback, SipTransport, TcpSipTransport

#: Requests whose connection is known, for their answers.
REMEMBERED = 10_000


@dataclass
class Answering(SipTransport):
    """Answers leave to where their request came from (RFC 3261 §18.2.2), with its Record-Route
    (§12.1.1), without which the ACK would not find its way through a proxy."""

    _asked: dict[str, tuple[tuple[str, int], list[str]]] = field(
        default_factory=dict, init=False, repr=False
    )

    def remember(self, request: SipRequest, source: tuple[str, int]) -> None:
        """Keep where a request came from, and its route; ``routed`` calls it."""
        self._asked[_transaction(request)] = source, request.headers.get("record-route")
        if len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]

    def send_reply(self, response: SipResponse) -> None:
        asked = self._asked.get(_transaction(response))
        if asked is None:
            super().send_reply(response)
            return
        source, route = asked
        if not response.headers.get("record-route"):
            for text in route:
                response.headers.append("Record-Route", text)
        self.send(response, source)


@dataclass
class UDP(Answering):
    """A datagram is a message.

    The library's own class asserts that asyncio's transport is a DatagramTransport, which Python
    3.11 does not declare it to be.
    """

    _socket: asyncio.DatagramTransport | None = field(default=None, init=False, repr=False)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._socket, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=self.local_addr
        )
        self.local_addr = self._socket.get_extra_info("sockname")[:2]  # port 0 is any free one

    def take(self, data: bytes, source: tuple[str, int]) -> None:
        """Take one datagram."""
        self._dispatch(data, source)

    def send(self, message: SipRequest | SipResponse, addr: tuple[str, int]) -> None:
        if self._socket:
            self._socket.sendto(bytes(message), addr)

    async def stop(self) -> None:
        if self._socket:
            self._socket.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, owner: UDP) -> None:
        self.owner = owner

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data.strip():  # keep-alives are blank
            self.owner.take(data, (addr[0], addr[1]))


class UDPAndTCP(Answering):
    """UDP and TCP at one address: an answer leaves as its request came, the rest over UDP."""

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(local_addr=address)
        self._udp, self._tcp = UDP(address), TcpSipTransport(address)

    async def start(self) -> None:
        for transport in (self._udp, self._tcp):
            transport.on_message = self._received
            await transport.start()

    def _received(self, message: SipRequest | SipResponse, source: tuple[str, int]) -> None:
        if self.on_message:
            self.on_message(message, source)

    def send(self, message: SipRequest | SipResponse, addr: tuple[str, int]) -> None:
        try:
            self._tcp.send(message, addr)
        except RuntimeError:  # no connection from there
            self._udp.send(message, addr)

    async def stop(self) -> None:
        for transport in (self._udp, self._tcp):
            await transport.stop()


def routed(take: MessageCallback | None, agent: SipUAC) -> MessageCallback:
    """Return ``take``, before which requests leave their route for their answers, the answers to
    ``agent``'s calls leave theirs in the dialog, and refusals get their ACK.

    ``agent`` must be one over an ``Answering`` transport."""
    transport = agent.transport
    assert isinstance(transport, Answering)

    def taken(message: SipRequest | SipResponse, source: tuple[str, int]) -> None:
        if isinstance(message, SipRequest):
            transport.remember(message, source)
        call = agent.get_call(message.call_id or "")
        if call and isinstance(message, SipResponse):
            _answered(agent, call, message)
        if take:
            take(message, source)

    return taken


def _answered(agent: SipUAC, call: OutgoingCall, response: SipResponse) -> None:
    if "INVITE" not in (response.get_header("CSeq") or "") or response.status_code < 200:
        return
    if response.status_code < 300:
        call.dialog.route_set = list(reversed(response.headers.get("record-route")))
        contact = response.get_header("contact") or ""
        if "<" in contact:
            call.dialog.remote_target = contact.partition("<")[2].partition(">")[0]
        return
    ack = SipRequest(method="ACK", uri=call.invite.uri)
    for name in ("Via", "From", "Call-ID", "Max-Forwards"):
        ack.headers.set_single(name, call.invite.get_header(name) or "")
    ack.headers.set_single("To", response.get_header("To") or "")
    number = (response.get_header("CSeq") or "1").split()[0]
    ack.headers.set_single("CSeq", f"{number} ACK")
    agent.transport.send(ack, call.remote_addr)


def keep_route(call: IncomingCall) -> None:
    """Put the route of the called side into the order of RFC 3261 §12.1.1, which the library
    reverses."""
    call.dialog.route_set = list(call.invite.headers.get("record-route"))


def _transaction(message: SipRequest | SipResponse) -> str:
    return f"{message.via[0].branch} {message.get_header('CSeq')}"
