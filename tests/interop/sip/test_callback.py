"""A PSAP calls back: to the very phone that called, past forwarding."""

import signal

import pytest

from routing.edge import installation
from tests.interop.sip import estate
from tests.interop.sip.phone import SDP, Phone
from tests.interop.sip.world import World, eventually

pytestmark = pytest.mark.interop


def broken_call(world: World, phone: Phone) -> str:
    """Place a call that the provider drops; return the number that it was shown."""
    world.trunks["provider"].behave(100, 200, hangup_after=0.05)
    call = phone.call("911")
    assert call.ends() == 200
    phone.answer(phone.wait("BYE"), 200)
    world.told(call.call_id, "call_ended")
    identity = world.trunks["provider"].received("INVITE")[0].header("P-Asserted-Identity")
    return identity.split(":")[1].split("@")[0]


def test_broken_call_is_called_back_at_the_phone_itself(world: World) -> None:
    phone = world.phone(estate.LA_PHONE, "anna.rossi")
    number = broken_call(world, phone)
    provider = world.trunks["provider"]

    provider.do("call", uri=f"sip:{number}@127.0.0.1", via=world.settings.port)

    invite = phone.wait("INVITE")
    assert invite.ruri == phone.contact
    assert invite.header("Priority") == "psap-callback"
    assert invite.body == SDP.replace(b"30000", b"40000").split(b" 101")[0] + b"\r\n"
    phone.answer(invite, 200, body=SDP)
    phone.wait("ACK")


def test_callback_needs_no_call_path(world: World) -> None:
    phone = world.phone(estate.LA_PHONE, "anna.rossi")
    number = broken_call(world, phone)
    world.callpath.end(signal.SIGKILL)

    world.trunks["provider"].do("call", uri=f"sip:{number}@127.0.0.1", via=world.settings.port)

    invite = phone.wait("INVITE")
    assert (invite.ruri, invite.header("Priority")) == (phone.contact, "psap-callback")
    phone.answer(invite, 486, "Busy Here")


def test_callback_needs_no_memory_of_the_edge(world: World) -> None:
    phone = world.phone(estate.LA_PHONE, "anna.rossi")
    number = broken_call(world, phone)
    installation.call(world.settings, "htable.flush", "shown")

    world.trunks["provider"].do("call", uri=f"sip:{number}@127.0.0.1", via=world.settings.port)

    invite = phone.wait("INVITE")
    assert (invite.ruri, invite.header("Priority")) == (phone.contact, "psap-callback")
    phone.answer(invite, 486, "Busy Here")


def test_user_who_did_not_call_is_reached_where_it_is_registered(world: World) -> None:
    phone = world.phone("127.0.0.1", "ben.ito")
    phone.register()

    world.trunks["provider"].do("call", uri="sip:+12135550145@127.0.0.1", via=world.settings.port)

    invite = phone.wait("INVITE")
    assert (invite.ruri, invite.header("Priority")) == (phone.contact, "")
    phone.answer(invite, 486, "Busy Here")


def test_number_of_nobody_is_refused(world: World) -> None:
    provider = world.trunks["provider"]

    provider.do("call", uri="sip:+19995550000@127.0.0.1", via=world.settings.port)

    responses = eventually(
        lambda: [text for text in provider.do("received") if text.startswith("SIP/2.0 404")]
    )
    assert "Nobody Has This Number" in responses[0]
