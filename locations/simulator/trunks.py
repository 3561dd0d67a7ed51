"""The far end of SIP trunks as a program: an E9-1-1 provider, gateways to the telephone network;
and the phones of security desks, which the provider's conference call and the edge's message reach.

SIP itself is the library's (aiosipua).  The provider reads each call as ``calls`` says, rings the
desk that the conference data names, and may drop a call and ring back the number that it showed.
"""

import argparse
import asyncio
import errno
import logging
import os
import re
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from aiosipua import IncomingCall, SipUAC, SipUAS, build_sdp, negotiate_sdp

from e911portal import environment
from locations.domain.msag import MSAG
from locations.simulator.calls import Reading, read_call
from locations.simulator.desks import DeskPhone
from locations.simulator.geocoding import EXAMPLE_GUIDE, read_guide
from locations.simulator.transports import UDPAndTCP, keep_route, routed

DESCRIPTION = """\
Simulate the far end of SIP trunks: the E9-1-1 provider's, and gateways to the telephone network;
and the phones of the security desks.

Each takes SIP over UDP and TCP, answers every call, and writes a line about each: who called, which
location came with the call, and whether a PSAP or the provider's call centre (ECRC) answers."""

MANUAL = """\
WHAT THE PROVIDER DOES
  Reads the PIDF-LO that Geolocation names.  A verified location whose street is in the guide goes
  to a PSAP; one that somebody typed, that the guide does not know, or none at all goes to the ECRC.
  Calls the conference URI of the document by --edge: one way (it only sends) or two ways.
  With --drop it hangs up after that many seconds and calls back the number that the call showed.

WHAT A DESK DOES
  Registers at --edge, answers the conference call, and shows the instant message about a call.

EXAMPLES
  trunk_simulator                                     trunks and desks of the worked example
  trunk_simulator --drop 10                           a call that breaks, and the PSAP calling back
  trunk_simulator --provider-refuses 503              the provider is there and takes no calls
  trunk_simulator --gateway 127.0.0.1:5082            one gateway, and a provider that is dead

EXIT STATUS
  0 stopped by Ctrl-C, 1 an address is taken, 2 wrong options."""

RTP_PORT = 40000
#: The desks of the worked example, whom its location policies notify and join.
EXAMPLE_DESKS = ("sip:NYSecurity@unplugthepbx.com", "sip:LASecurity@unplugthepbx.com")
DESK_HOST = "127.0.0.1"
_NUMBER = re.compile(r"(?:sip|sips|tel):(\+?[0-9]+)", re.IGNORECASE)


@dataclass(slots=True)
class FarEnd:
    """One trunk's other side; ``guide`` makes it a provider, who reads locations."""

    name: str
    address: tuple[str, int]
    edge: tuple[str, int]
    guide: MSAG | None = None
    refuses: int = 0
    drop: float = 0.0
    say: Callable[[str], None] = print
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self) -> None:
        """Take calls until cancelled.

        Raises an exception group of one OSError, which names the address, where it is taken."""
        transport = UDPAndTCP(self.address)
        agent = SipUAC(transport)
        server = SipUAS(transport, uac=agent, retransmit_2xx=True)
        background = asyncio.TaskGroup()
        async with background:
            server.on_invite = lambda call: _soon(background, self._take(call, agent, background))
            server.on_bye = lambda call, _: self.say(f"{self.name}: {call.caller} has hung up")
            try:
                await server.start()
            except OSError as error:
                where = f"{self.address[0]}:{self.address[1]}"
                text = f"{where} cannot be used: {os.strerror(error.errno or errno.EADDRINUSE)}"
                raise OSError(error.errno, text) from error
            transport.on_message = routed(transport.on_message, agent)
            self.ready.set()
            try:
                await asyncio.Event().wait()
            finally:
                await server.stop()

    async def _take(self, call: IncomingCall, agent: SipUAC, background: asyncio.TaskGroup) -> None:
        keep_route(call)
        reading = self._read(call)
        test = "test call" if call.invite.get_header("X-E911-Test") else "call"
        number = _asserted(call)
        what = f" -> {reading.desk}: {reading.why}" if reading else ""
        self.say(f"{self.name}: {test} to {call.invite.uri} from {number or call.caller}{what}")
        if reading and reading.place:
            self.say(f"{self.name}:   {reading.place}")
        if self.refuses:
            call.reject(self.refuses)
            return
        call.ringing()
        host = self.address[0]
        answer = negotiate_sdp(call.sdp_offer, host, RTP_PORT)[0] if call.sdp_offer else None
        call.accept(answer)
        if reading and reading.conference_uri:
            _soon(background, self._conference(reading, agent))
        if self.drop:
            await asyncio.sleep(self.drop)
            await self._break_and_call_back(call, number, agent)

    def _read(self, call: IncomingCall) -> Reading | None:
        if self.guide is None:
            return None
        names = ("Content-Type", "Geolocation")
        headers = {name: call.invite.get_header(name) or "" for name in names}
        return read_call(headers, call.invite.body, self.guide)

    async def _conference(self, reading: Reading, agent: SipUAC) -> None:
        way = "sendonly" if reading.conference_mode == "oneway" else "sendrecv"
        self.say(f"{self.name}: joins {reading.conference_uri} ({reading.conference_mode})")
        await self._call(reading.conference_uri, agent, way)

    async def _break_and_call_back(self, call: IncomingCall, number: str, agent: SipUAC) -> None:
        if call.hangup() is None:
            return  # the caller was first
        self.say(f"{self.name}: has dropped the call")
        if number:
            self.say(f"{self.name}: the PSAP calls back {number}")
            await self._call(f"sip:{number}@{self.edge[0]}:{self.edge[1]}", agent, "sendrecv")

    async def _call(self, uri: str, agent: SipUAC, direction: str) -> None:
        host, port = self.address
        offer = build_sdp(host, RTP_PORT + 2, 0, "PCMU")
        for media in offer.media:
            media.attributes.pop(media.direction, None)
            media.attributes[direction] = [""]
        call = agent.send_invite(f"sip:psap@{host}:{port}", uri, self.edge, offer)
        try:
            await call.wait_answered(60)
            self.say(f"{self.name}: {uri} has answered")
        except (RuntimeError, TimeoutError) as error:
            self.say(f"{self.name}: {uri}: {error}")


def _soon(group: asyncio.TaskGroup, work: Coroutine[Any, Any, None]) -> None:
    group.create_task(_alone(work))


async def _alone(work: Coroutine[Any, Any, None]) -> None:
    """Run one call's work; what goes wrong in it ends no other call."""
    try:
        await work
    except Exception as error:
        print(f"trunk simulator: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


def _asserted(call: IncomingCall) -> str:
    """Return the number that a call shows: of P-Asserted-Identity, else of From."""
    for text in (call.invite.get_header("P-Asserted-Identity") or "", call.caller):
        found = _NUMBER.search(text)
        if found:
            return found.group(1)
    return ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    # fmt: off
    add("--provider", default="", metavar="HOST:PORT", help="be an E9-1-1 provider here")
    add("--gateway", action="append", default=[], metavar="HOST:PORT",
        help="be a gateway here (repeatable)")
    add("--desk", action="append", default=[], metavar="URI",
        help="be the phone that is registered as this SIP URI (repeatable)")
    add("--edge", default=environment.text("SIP_ADDR", environment.SIP_ADDR_DEFAULT),
        metavar="HOST:PORT", help="where callbacks and conference calls go (SIP_ADDR)")
    add("--msag", type=Path, default=EXAMPLE_GUIDE, metavar="FILE",
        help="the guide that verified locations must be in")
    add("--provider-refuses", type=int, default=0, metavar="STATUS",
        help="refuse every call to the provider with this status")
    add("--drop", type=float, default=0.0, metavar="SECONDS",
        help="hang up on calls to the provider after this time, and call back")
    # fmt: on


def desks(options: argparse.Namespace) -> list[DeskPhone]:
    """Return the phones that the options ask for; the worked example's when they name none, so
    that a desk hears of a call whatever the trunks do.

    Raises ValueError for an edge that is no address.
    """
    edge = _address(options.edge)
    uris = options.desk or EXAMPLE_DESKS
    return [DeskPhone(uri, DESK_HOST, edge, partial(print, flush=True)) for uri in uris]


def far_ends(options: argparse.Namespace) -> list[FarEnd]:
    """Return what the options ask for; the worked example's trunks when they name none.

    Raises ValueError for an address that is none or a guide that cannot be read, OSError for a
    guide that is missing.
    """
    provider, gateways = options.provider, options.gateway
    if not provider and not gateways and not options.desk:
        provider, gateways = "127.0.0.1:5081", ["127.0.0.1:5082", "127.0.0.1:5083"]
    edge = _address(options.edge)
    say = partial(print, flush=True)
    ends = [FarEnd(f"gateway {text}", _address(text), edge, say=say) for text in gateways]
    if provider:
        guide = MSAG(read_guide(options.msag))
        refuses, drop = options.provider_refuses, options.drop
        ends.insert(0, FarEnd("provider", _address(provider), edge, guide, refuses, drop, say))
    return ends


def serve(options: argparse.Namespace) -> None:
    """Answer until stopped; raises ValueError or OSError for unusable options."""
    ends, phones = far_ends(options), desks(options)
    shown = ", ".join(f"{end.name} at {end.address[0]}:{end.address[1]}" for end in ends)
    shown = ", ".join((*filter(None, (shown,)), *(f"desk {phone.uri}" for phone in phones)))
    # The library tells of each message; what a person wants to read is written by ``say``.
    logging.getLogger("aiosipua").setLevel(logging.WARNING)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(ends, phones, shown))


async def _serve(ends: Sequence[FarEnd], phones: Sequence[DeskPhone], shown: str) -> None:
    taken: OSError | None = None
    everybody: list[FarEnd | DeskPhone] = [*ends, *phones]
    try:
        async with asyncio.TaskGroup() as group:
            for end in everybody:
                group.create_task(end.serve())
            for far_end in ends:
                await far_end.ready.wait()
            print(f"trunk simulator: {shown}", flush=True)
    except* OSError as errors:
        taken = _first(errors)
    if taken is not None:
        raise OSError(f"trunk simulator: {taken.strerror}") from taken


def _first(errors: BaseExceptionGroup[OSError]) -> OSError:
    """Return the first error of a group, whose members may be groups (one per far end)."""
    error: OSError | BaseExceptionGroup[OSError] = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal():
        raise ValueError(f"“{text}” is not HOST:PORT, for example 127.0.0.1:5081")
    return host.strip("[]"), int(port)
