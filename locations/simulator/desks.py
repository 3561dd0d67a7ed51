"""The phone of a security desk: registered at the edge, it answers calls and takes messages.

So the conference call of an emergency finds somebody, and the instant message is read.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiosipua import IncomingCall, SipUAC, SipUAS, negotiate_sdp
from aiosipua.message import SipRequest, SipResponse
from aiosipua.registration import Registration
from aiosipua.transport import MessageCallback, SipTransport

from locations.simulator.transports import UDP, keep_route, routed

RTP_PORT = 40100
#: Registered again this often: an edge that starts later, or again, knows the phone soon.
REGISTER_SECONDS, EXPIRES_SECONDS = 5.0, 60


@dataclass(slots=True)
class DeskPhone:
    """A phone at any free port of ``host`` that registers as ``uri`` at ``edge``."""

    uri: str
    host: str
    edge: tuple[str, int]
    say: Callable[[str], None] = print

    async def serve(self) -> None:
        """Register and answer until cancelled."""
        transport = UDP((self.host, 0))
        agent = SipUAC(transport)
        server = SipUAS(transport, uac=agent)
        server.on_invite = self._answer
        server.on_bye = lambda _, __: self.say(f"desk {self.uri}: the caller has hung up")
        await server.start()
        take = routed(transport.on_message, agent)
        transport.on_message = self._reading(take, transport)
        registration = Registration(agent, self.uri, self.edge, expires=EXPIRES_SECONDS)
        try:
            while True:
                registration.register()
                await asyncio.sleep(REGISTER_SECONDS)
        finally:
            await server.stop()

    def _answer(self, call: IncomingCall) -> None:
        keep_route(call)
        self.say(f"desk {self.uri}: answers a call from {call.caller}")
        call.ringing()
        offer = call.sdp_offer
        call.accept(negotiate_sdp(offer, self.host, RTP_PORT)[0] if offer else None)

    def _reading(self, take: MessageCallback | None, transport: SipTransport) -> MessageCallback:
        def taken(message: SipRequest | SipResponse, source: tuple[str, int]) -> None:
            if isinstance(message, SipRequest) and message.method == "MESSAGE":
                first = (message.body or b"").decode(errors="replace").splitlines()[:4]
                self.say(f"desk {self.uri}: reads “{'; '.join(first)}”")
                transport.send(_ok(message), source)
            elif take:
                take(message, source)

        return taken


def _ok(request: SipRequest) -> SipResponse:
    """Return a 200 to a request outside a dialog (RFC 3261 §8.2.6)."""
    response = SipResponse(status_code=200, reason_phrase="OK")
    for text in request.headers.get("Via"):
        response.headers.append("Via", text)
    for name in ("From", "To", "Call-ID", "CSeq"):
        response.headers.set_single(name, request.get_header(name) or "")
    return response
