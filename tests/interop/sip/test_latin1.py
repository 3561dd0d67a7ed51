"""Callers of old PBXs, whose names are no UTF-8."""

import pytest

from tests.interop.sip import estate
from tests.interop.sip.phone import Phone
from tests.interop.sip.test_notices import text_of
from tests.interop.sip.world import World

pytestmark = pytest.mark.interop
#: M\u00fcller in Latin-1, as ``Message`` keeps bytes that are none of UTF-8.
LATIN_1 = b"M\xfcller".decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("name", "user", "told"),
    [
        (f'"{LATIN_1}"', "anna.rossi", "Caller: M?ller sip:anna.rossi@unplugthepbx.com"),
        ("", LATIN_1, "Caller: sip:M?ller@unplugthepbx.com"),
    ],
    ids=["display name", "user part"],
)
def test_caller_whose_name_is_latin_1_loses_neither_location_nor_trunk(
    world: World, desk: Phone, name: str, user: str, told: str
) -> None:
    call = world.phone(estate.NY_PHONE, user).call("911", name=name)

    assert call.ends() == 200

    world.told(call.call_id, "call_answered")
    [routed] = [e for e in world.events(call_id=call.call_id) if e["event"] == "call_routed"]
    assert routed["decision"]["location"]["erl"]["name"] == "New York 1st Floor"
    [invite] = world.trunks["provider"].received("INVITE")
    assert "application/pidf+xml" in [kind for kind, _, _ in invite.parts()]
    assert told in text_of(desk, world).splitlines()


def test_name_in_utf_8_stays_as_it_is(world: World, desk: Phone) -> None:
    call = world.phone(estate.NY_PHONE, "anna.rossi").call("911", name='"M\u00fcller"')

    assert call.ends() == 200

    assert "Caller: M\u00fcller sip:anna.rossi@unplugthepbx.com" in text_of(desk, world)
