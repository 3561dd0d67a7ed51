"""Trunks that refuse, and callers who give up."""

import pytest

from tests.interop.sip import estate
from tests.interop.sip.phone import SDP
from tests.interop.sip.test_guide_calls import location_of
from tests.interop.sip.world import World

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("status", [424, 415])
def test_refused_location_is_left_out_and_the_trunk_asked_again(world: World, status: int) -> None:
    world.trunks["provider"].behave(status, without=[100, 180, 200])
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    assert phone.call("911").ends() == 200

    first, second = world.trunks["provider"].received("INVITE")
    assert location_of(first)[1].location.civic["LOC"] == "New York 1st Floor"
    assert (second.header("Geolocation"), second.body) == ("", SDP)
    assert second.header("Priority") == "emergency"
    assert world.trunks["ny-gateway"].received("INVITE") == []


def test_trunk_that_refuses_twice_is_left_for_the_next(world: World) -> None:
    world.trunks["provider"].behave(424)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    assert phone.call("911").ends() == 200

    assert len(world.trunks["provider"].received("INVITE")) == 2
    assert len(world.trunks["ny-gateway"].received("INVITE")) == 1


@pytest.mark.parametrize("status", [302, 403, 404, 480, 486, 488, 500, 600, 603])
def test_any_refusal_leads_to_the_next_trunk(world: World, status: int) -> None:
    world.trunks["provider"].behave(100, status)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    assert phone.call("911").ends() == 200

    assert len(world.trunks["ny-gateway"].received("INVITE")) == 1


def test_every_trunk_that_exists_is_tried_once(world: World) -> None:
    for trunk in world.trunks.values():
        trunk.behave(500)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    call = phone.call("911")

    assert call.ends() == 503
    tried = {name: len(trunk.received("INVITE")) for name, trunk in world.trunks.items()}
    assert tried == dict.fromkeys(world.trunks, 1)
    failed = world.told(call.call_id, "call_failed")[-1]
    assert [attempt["target"] for attempt in failed["attempts"]] == [
        "provider", "ny-gateway", "la-gateway", "la-elin",
    ]  # fmt: skip


def test_caller_who_gives_up_is_reported_and_the_trunk_told(world: World) -> None:
    world.trunks["provider"].behave(100, 180, 180, 180, 180, pause=0.2)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    call = phone.call("911")
    phone.wait(180)
    call.cancel()

    assert call.ends() == 487
    world.trunks["provider"].wait("CANCEL")
    assert world.told(call.call_id, "caller_cancel")
    assert world.trunks["ny-gateway"].received("INVITE") == []
