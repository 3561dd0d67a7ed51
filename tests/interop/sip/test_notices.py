"""Security desks get an instant message from the edge itself, and strangers get nothing."""

import re
import signal
from dataclasses import replace

import pytest

from tests.callpath import sample
from tests.interop.sip import estate
from tests.interop.sip.phone import Phone
from tests.interop.sip.test_guide_calls import TYPED, with_location
from tests.interop.sip.world import World

pytestmark = pytest.mark.interop


def text_of(desk: Phone, world: World, priority: str = "emergency", *, calls: int = 1) -> str:
    """Take the message about the last of the calls that the provider has, and return its text."""
    ref = world.trunks["provider"].wait("INVITE", calls)[-1].header("X-E911-Ref")
    message = desk.wait(lambda m: m.method == "MESSAGE" and m.header("X-E911-Ref") == ref)
    desk.answer(message, 200)
    assert message.header("Priority") == priority
    assert "purpose=ms-emergency-notification" in message.header("Call-Info")
    return message.body.decode()


@pytest.mark.parametrize("call_path", ["works", "is gone"])
def test_desk_reads_who_called_from_where(world: World, desk: Phone, call_path: str) -> None:
    if call_path == "is gone":
        world.callpath.end(signal.SIGKILL)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    call = phone.call("911", name='"Anna Rossi"')

    assert call.ends() == 200
    lines = text_of(desk, world).splitlines()
    assert lines[:4] == [
        "EMERGENCY CALL",
        "Caller: Anna Rossi sip:anna.rossi@unplugthepbx.com",
        "Callback: +12125550123",
        "Location: New York 1st Floor (validated)",
    ]
    assert {"RD: Cedar", "HNO: 12345", "LOC: New York 1st Floor"} <= set(lines)


def test_desk_reads_that_the_location_is_a_guess(world: World, desk: Phone) -> None:
    told = []
    access_point = ("P-Access-Network-Info", f"IEEE-802.11; i-wlan-node-id={sample.BSSID}")
    for number, headers in enumerate([(), (access_point,), ()], 1):
        phone = world.phone(estate.NY_SOMEWHERE, "dora.lee")
        assert phone.call("911", headers=headers).ends() == 200
        told.append(text_of(desk, world, calls=number))

    assert "\nLocation: New York 1st Floor (validated, but only the site is known)" in told[0]
    assert "\nLocation: New York 3rd Floor Wireless (validated)" in told[1]
    place = r"\nLocation: New York 3rd Floor Wireless "
    assert re.search(rf"{place}\(validated, but seen there \d+ s before the call\)", told[2])


def test_delivery_to_the_desk_is_reported(world: World, desk: Phone) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    call = phone.call("911", call_id=f"{'long' * 30}@{estate.DOMAIN}")
    assert call.ends() == 200
    text_of(desk, world)

    told = world.told(call.call_id, "desk_notified")
    assert told[-1]["code"] == 200
    assert told[-1]["desk"] == f"sip:desk@127.0.0.1:{world.desk_port}"


def test_desk_that_is_away_fails_no_call_and_is_reported(world: World) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    call = phone.call("911")

    assert call.ends() == 200
    assert call.hang_up() == 200
    assert world.told(call.call_id, "desk_not_notified")[-1]["code"] >= 400


def test_desk_whose_host_nobody_knows_hinders_neither_call_nor_other_desks(
    world: World, desk: Phone
) -> None:
    call = world.phone(estate.LA_PHONE, "luis.ortega").call("911")

    assert call.ends() == 200
    assert text_of(desk, world).startswith("EMERGENCY CALL")
    assert call.hang_up() == 200
    world.told(call.call_id, "desk_not_notified")
    told = world.told(call.call_id, "desk_notified")
    assert {event["desk"]: event["code"] for event in told if "desk" in event} == {
        estate.UNKNOWN_DESK: 478,
        f"sip:desk@127.0.0.1:{world.desk_port}": 200,
    }


def test_caller_without_a_name_is_its_address(world: World, desk: Phone) -> None:
    assert world.phone(estate.NY_PHONE, "anna.rossi").call("911").ends() == 200

    assert "Caller: sip:anna.rossi@unplugthepbx.com" in text_of(desk, world).splitlines()


def test_location_that_was_typed_is_not_called_unknown(world: World, desk: Phone) -> None:
    kind, body = with_location(TYPED.format(road="State"))
    phone = world.phone(estate.VPN_PHONE, "anna.rossi")
    located = ("geolocation", "<cid:user@x>")
    assert phone.call("911", body=body, content_type=kind, headers=[located]).ends() == 200

    lines = text_of(desk, world).splitlines()
    assert "Location: typed by the caller (manual)" in lines
    assert "A3: Albany" in lines


def test_test_call_says_that_it_is_none(world: World, desk: Phone) -> None:
    assert world.phone(estate.NY_PHONE, "anna.rossi").call("933").ends() == 200

    text = text_of(desk, world, priority="normal")
    assert text.startswith("TEST of emergency calling, no emergency\r\n")


def test_registered_desk_is_reached_at_its_phone(world: World) -> None:
    desk = world.phone("127.0.0.1", "nysecurity")
    desk.register()
    sender = world.phone(estate.NY_PHONE, "portal")
    call = sender.call("911")
    assert call.ends() == 200

    message = call.request("MESSAGE", 9, desk.uri, to=f"<{desk.uri}>")
    sender.send(replace(message, body=b"hello"))

    assert desk.wait("MESSAGE").body == b"hello"


@pytest.mark.parametrize(
    ("method", "ruri", "status"),
    [
        ("OPTIONS", "sip:127.0.0.1", 200),
        ("SUBSCRIBE", "sip:911@127.0.0.1", 405),
        ("INVITE", "sip:anna@127.0.0.1", 404),
        ("INVITE", "sip:+19005550000@127.0.0.1", 404),
        ("MESSAGE", "sip:nobody@127.0.0.1", 404),
        ("BYE", "sip:911@127.0.0.1", 404),
    ],
)
def test_other_traffic_is_refused(world: World, method: str, ruri: str, status: int) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    call = phone.call("933")
    call.ends()

    phone.send(replace(call, call_id=f"other-{method}").request(method, 7, ruri, to=f"<{ruri}>"))

    if method == "BYE":
        status = 405
    phone.wait(lambda message: message.status == status and message.method == method)


def test_registration_from_elsewhere_is_refused(world: World) -> None:
    phone = world.phone("127.0.1.77", "mallory")
    call = phone.call("933")
    call.ends()

    extra = (("Contact", f"<{phone.contact}>"), ("Expires", "60"))
    phone.send(call.request("REGISTER", 3, "sip:127.0.0.1", to=f"<{phone.uri}>", extra=extra))

    phone.wait(403)
