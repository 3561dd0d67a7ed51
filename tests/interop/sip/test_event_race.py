"""Ringing and the answer of a call, which two processes of Kamailio may handle at the same time."""

import pytest

from tests.interop.sip import estate
from tests.interop.sip.world import World

pytestmark = pytest.mark.interop

CALLS = 200


def test_answer_right_behind_the_ringing_is_told_whole(world: World) -> None:
    world.trunks["provider"].behave(503)
    phone = world.phone(estate.NY_PHONE, "anna.rossi", estate.DOMAIN)

    calls = []
    for _ in range(CALLS):  # one after the other: the replies of each come together
        calls.append(phone.call("911"))
        assert calls[-1].ends() == 200
    world.told(calls[-1].call_id, "call_answered")

    told = {
        call.call_id: sorted(event["event"] for event in world.events(call_id=call.call_id))
        for call in calls
    }
    whole = ["call_answered", "call_ringing", "call_routed"]
    assert {call_id: names for call_id, names in told.items() if names != whole} == {}
    [answered] = world.events(call_id=calls[0].call_id, event="call_answered")
    assert [attempt["target"] for attempt in answered["attempts"]] == ["provider"]
