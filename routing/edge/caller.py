"""A phone on the command line: places one call by the SIP edge and says what comes back.

SIP itself is the library's (aiosipua).
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from aiosipua import IncomingCall, OutgoingCall, SipUAC, SipUAS, build_sdp, negotiate_sdp
from aiosipua.message import SipRequest, SipResponse
from aiosipua.transport import MessageCallback

from locations.simulator.transports import UDP, keep_route, routed
from routing.edge.by_value import Carrying

RTP_PORT = 41000
ANSWER_SECONDS = 60.0
#: Somebody who waits is told so as often.
PROGRESS_SECONDS = 10.0
#: Between an INVITE and its repetition while nothing at all is heard (RFC 3261 §17.1.1.2, timer A
#: with T1 of 0.5 s), and after the last one.  An edge says 100 within milliseconds.
REPEAT_SECONDS = (0.5, 1.0, 2.0, 1.0)


class NothingAnswersError(Exception):
    """No answer of any kind: nothing listens there, or the network between loses all of it."""


@dataclass(frozen=True, slots=True)
class Order:
    """One call: what is dialled, by whom, what the phone knows of its place (X-E911-Location).

    ``pidf_lo`` is the location that it sends along, if any (RFC 6442); ``hold`` is how long the
    call stays up, ``stay`` how long the phone waits for a callback; seconds.
    """

    dialled: str
    caller: str
    location: str
    edge: tuple[str, int]
    address: tuple[str, int]
    hold: float = 3.0
    stay: float = 0.0
    pidf_lo: bytes = b""

    @property
    def uri(self) -> str:
        """The Request-URI; a service URN stands for itself."""
        if self.dialled.startswith("urn:"):
            return self.dialled
        return f"sip:{self.dialled}@{self.edge[0]}:{self.edge[1]}"


async def place(order: Order, say: Callable[[str], None]) -> bool:
    """Place the call, report by ``say``, and return whether somebody answered.

    A call that is not over when this ends, by Ctrl-C too, is hung up or given up (RFC 3261 §9.1).
    Raises OSError when the phone's own address cannot be used, NothingAnswersError.
    """
    logging.getLogger("aiosipua").setLevel(logging.WARNING)  # ``say`` tells what matters
    transport = Carrying(order.address, document=order.pidf_lo)
    agent = SipUAC(transport)
    server = SipUAS(transport, uac=agent)
    heard, ended = asyncio.Event(), asyncio.Event()

    def hung_up(_: IncomingCall, __: SipRequest) -> None:
        say("the other side has hung up")
        ended.set()

    server.on_invite = lambda call: _called_back(call, order, say)
    server.on_bye = hung_up
    await server.start()
    transport.on_message = _traced(routed(transport.on_message, agent), heard, say)
    headers = {"X-E911-Location": order.location} if order.location else {}
    offer = build_sdp(order.address[0], RTP_PORT, 0, "PCMU")
    try:
        call = agent.send_invite(order.caller, order.uri, order.edge, offer, extra_headers=headers)
        try:
            await _repeated(call, transport, heard)
            if not await _answered(call, say):
                return False
            await _until(ended, order.hold)
        finally:
            if not ended.is_set() and call.hangup(agent):
                say("hung up")
            elif heard.is_set() and call.cancel(agent):
                say("given up")
        await asyncio.sleep(max(order.stay, 0.2))
        return True
    finally:
        await server.stop()


async def _repeated(call: OutgoingCall, transport: UDP, heard: asyncio.Event) -> None:
    """Send the INVITE again until something is heard."""
    for count, seconds in enumerate(REPEAT_SECONDS, 1):
        await _until(heard, seconds)
        if heard.is_set():
            return
        if count < len(REPEAT_SECONDS):
            transport.send(call.invite, call.remote_addr)
    host, port = call.remote_addr
    raise NothingAnswersError(f"Nothing answers at {host}:{port} (UDP)")


async def _answered(call: OutgoingCall, say: Callable[[str], None]) -> bool:
    waited = 0.0
    while waited < ANSWER_SECONDS:
        try:
            await call.wait_answered(PROGRESS_SECONDS)
        except RuntimeError:  # refused
            return False
        except TimeoutError:
            waited += PROGRESS_SECONDS
            say(f"no answer for {waited:g} s")
        else:
            return True
    return False


def _traced(
    take: MessageCallback | None, heard: asyncio.Event, say: Callable[[str], None]
) -> MessageCallback:
    def traced(message: SipRequest | SipResponse, source: tuple[str, int]) -> None:
        if isinstance(message, SipResponse) and "INVITE" in (message.get_header("CSeq") or ""):
            heard.set()
            say(f"{message.status_code} {message.reason_phrase}")
        if take:
            take(message, source)

    return traced


async def _until(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _called_back(call: IncomingCall, order: Order, say: Callable[[str], None]) -> None:
    keep_route(call)
    priority = call.invite.get_header("Priority") or "none"
    say(f"called by {call.caller}, Priority: {priority}")
    call.ringing()
    host = order.address[0]
    call.accept(negotiate_sdp(call.sdp_offer, host, RTP_PORT)[0] if call.sdp_offer else None)
