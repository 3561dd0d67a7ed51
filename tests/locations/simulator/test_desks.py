"""The phone of a desk, asked by a datagram as the edge asks it; and which desks have one."""

import argparse
import asyncio
import socket

import pytest
from aiosipua.message import SipMessage, SipRequest, SipResponse

from locations.simulator import trunks
from locations.simulator.desks import DeskPhone
from tests.running import PATIENCE

ROUTE = ["<sip:10.0.0.2;lr>", "<sip:10.0.0.1;lr>"]
DESK = "sip:NYSecurity@unplugthepbx.com"
EXAMPLE = [DESK, "sip:LASecurity@unplugthepbx.com"]


def invite(host: str, port: int) -> bytes:
    """Return a call that came through two proxies."""
    request = SipRequest(method="INVITE", uri=DESK)
    request.headers.append("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bKa")
    request.headers.append("Via", "SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKb")
    for text in ROUTE:
        request.headers.append("Record-Route", text)
    given = {
        "From": "<sip:psap@127.0.0.1>;tag=a", "To": f"<{DESK}>", "Call-ID": "c", "CSeq": "1 INVITE",
        "Max-Forwards": "70", "Contact": "<sip:psap@10.0.0.9>",
    }  # fmt: skip
    for name, text in given.items():
        request.headers.set_single(name, text)
    return bytes(request)


async def answers() -> list[SipResponse]:
    """Return what a desk's phone answers to ``invite``, up to the 200."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as edge:
        edge.bind(("127.0.0.1", 0))
        edge.setblocking(False)
        loop = asyncio.get_running_loop()
        phone = asyncio.create_task(
            DeskPhone(DESK, "127.0.0.1", edge.getsockname(), say=lambda _: None).serve()
        )
        found: list[SipResponse] = []
        async with asyncio.timeout(PATIENCE):
            _, address = await loop.sock_recvfrom(edge, 65536)  # its REGISTER
            await loop.sock_sendto(edge, invite(*edge.getsockname()), address)
            while not found or found[-1].status_code < 200:
                message = SipMessage.parse((await loop.sock_recvfrom(edge, 65536))[0])
                if isinstance(message, SipResponse):
                    found.append(message)
        phone.cancel()
        await asyncio.gather(phone, return_exceptions=True)
        return found


def test_answer_has_the_route_of_its_call() -> None:
    # RFC 3261 §12.1.1: without it the ACK misses the proxies, and the call ends after 32 seconds.
    final = asyncio.run(answers())[-1]

    assert final.status_code == 200
    assert final.headers.get("record-route") == ROUTE


@pytest.mark.parametrize(
    ("options", "desks", "ends"),
    [
        ([], EXAMPLE, 3),
        (["--drop", "4"], EXAMPLE, 3),
        (["--gateway", "127.0.0.1:5082"], EXAMPLE, 1),
        (["--provider", "127.0.0.1:5081"], EXAMPLE, 1),
        (["--desk", "sip:desk@pbx.example"], ["sip:desk@pbx.example"], 0),
    ],
)
def test_desks_of_the_example_are_there_whatever_the_trunks_do(
    options: list[str], desks: list[str], ends: int
) -> None:
    parser = argparse.ArgumentParser()
    trunks.add_arguments(parser)
    read = parser.parse_args(options)

    assert [phone.uri for phone in trunks.desks(read)] == desks
    assert len(trunks.far_ends(read)) == ends
