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
    [back] = eventually(lambda: world.events(event="called_back", number=number))
    [routed] = world.events(event="call_routed", call_ref=back["call_ref"])
    assert number in routed["decision"]["callback_number"]
    assert back["from_uri"].startswith("sip:")


def test_number_shown_in_the_place_of_the_callers_reaches_the_phone(world: World) -> None:
    """A suppressed caller id: the PSAP can call nothing but the alternate number."""
    phone = world.phone(estate.ANALOG_GATEWAY, "guest", "pbx.example")
    number = broken_call(world, phone)
    assert number == "+12125550100"

    world.trunks["provider"].do("call", uri=f"sip:{number}@127.0.0.1", via=world.settings.port)

    invite = phone.wait("INVITE")
    assert (invite.ruri, invite.header("Priority")) == (phone.contact, "psap-callback")
    phone.answer(invite, 486, "Busy Here")


def test_caller_without_a_number_is_no_error_in_the_log(world: World) -> None:
    before = len(world.edge.said())

    call = world.phone("127.0.7.7", "guest", "pbx.example").call("911")

    assert call.ends() == 200
    world.told(call.call_id, "call_answered")
    assert "lval_" not in world.edge.said()[before:]


def test_caller_without_a_number_takes_nobody_elses_callback(world: World) -> None:
    """Processes of the edge go from call to call: the number of the one before must not stay; and
    no number is no error in the log."""
    world.callpath.end(signal.SIGKILL)
    provider = world.trunks["provider"]
    # Refused by the provider: the next trunk is tried by the process that reads its connection.
    provider.behave(503)
    anna = world.phone(estate.LA_PHONE, "anna.rossi")
    before = len(world.edge.said())
    for _ in range(3):
        assert anna.call("911").ends() == 200
        assert world.phone("127.0.7.7", "guest", "pbx.example").call("911").ends() == 200

    identity = world.trunks["la-elin"].received("INVITE")[-1].header("P-Asserted-Identity")
    number = identity.split(":")[1].split("@")[0]
    provider.do("call", uri=f"sip:{number}@127.0.0.1", via=world.settings.port)

    invite = anna.wait("INVITE")
    assert (invite.ruri, invite.header("Priority")) == (anna.contact, "psap-callback")
    anna.answer(invite, 486, "Busy Here")
    assert "lval_" not in world.edge.said()[before:]


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


@pytest.mark.parametrize("call_path", ["works", "is gone", "hangs"])
@pytest.mark.parametrize("number", ["+12135550146", "12135550146", "2135550146"])
def test_user_who_did_not_call_is_reached_where_it_is_registered(
    world: World, number: str, call_path: str
) -> None:
    phone = world.phone("127.0.0.1", "cara.diaz")
    phone.register()
    if call_path == "is gone":
        world.callpath.end(signal.SIGKILL)
    elif call_path == "hangs":
        world.callpath.signal(signal.SIGSTOP)
    try:
        world.trunks["provider"].do("call", uri=f"sip:{number}@127.0.0.1", via=world.settings.port)
        invite = phone.wait("INVITE", 10)
    finally:
        if call_path == "hangs":
            world.callpath.signal(signal.SIGCONT)

    assert (invite.ruri, invite.header("Priority")) == (phone.contact, "")
    phone.answer(invite, 486, "Busy Here")


@pytest.mark.parametrize("call_path", ["works", "is gone"])
def test_psap_that_leaves_out_the_1_reaches_the_phone_that_called(
    world: World, call_path: str
) -> None:
    phone = world.phone(estate.LA_PHONE, "anna.rossi")
    number = broken_call(world, phone)
    assert number.startswith("+1")
    if call_path == "is gone":
        world.callpath.end(signal.SIGKILL)

    national = f"sip:{number[2:]}@127.0.0.1;user=phone"
    world.trunks["provider"].do("call", uri=national, via=world.settings.port)

    invite = phone.wait("INVITE")
    assert (invite.ruri, invite.header("Priority")) == (phone.contact, "psap-callback")
    phone.answer(invite, 486, "Busy Here")


def test_number_of_nobody_is_refused(world: World) -> None:
    provider = world.trunks["provider"]

    provider.do("call", uri="sip:+19995550000@127.0.0.1", via=world.settings.port)

    responses = eventually(
        lambda: [text for text in provider.do("received") if text.startswith("SIP/2.0 404")]
    )
    assert "Nobody Has This Number" in responses[0]
