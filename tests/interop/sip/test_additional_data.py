"""Additional data (RFC 7852) of a decision that brings it, and headers that nobody can smuggle."""

import json
import signal

import pytest

from tests.interop.sip import estate
from tests.interop.sip.test_call_path_faults import answering, http
from tests.interop.sip.world import World
from tests.schemas import sample

pytestmark = pytest.mark.interop


def test_service_info_is_a_part_that_call_info_names(world: World) -> None:
    document = sample("ecd_serviceinfo.xml").decode()
    trunk = world.table.trunks["provider"]
    target = {"id": "provider", "uri": "sip:911@127.0.0.1", "dst": trunk.dst, "send_pidf": 0,
              "from_uri": "sip:+12125550123@x.example", "pai": "sip:+12125550123@x.example",
              "service_info": document}  # fmt: skip
    reply = {"v": 1, "emergency": True, "targets": [target]}
    world.callpath.end(signal.SIGKILL)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    with answering(world.callpath.port, http(json.dumps(reply).encode())):
        assert phone.call("911").ends() == 200

    [invite] = world.trunks["provider"].received("INVITE")
    kinds = [kind for kind, _, _ in invite.parts()]
    assert kinds == ["application/sdp", "application/emergencycalldata.serviceinfo+xml"]
    _, name, body = invite.parts()[1]
    assert invite.header("Call-Info") == f"<cid:{name}>;purpose=EmergencyCallData.ServiceInfo"
    assert body.decode().strip() == document.strip()
    assert invite.header("Geolocation") == ""


def test_callers_own_marks_do_not_reach_the_trunk(world: World) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    headers = [
        ("X-E911-Test", "yes"),
        ("X-E911-Ref", "forged"),
        ("Geolocation", "<cid:forged@x>"),
        ("Geolocation-Routing", "no"),
        ("Remote-Party-ID", "<sip:president@example>"),
        ("P-Asserted-Identity", "<sip:president@example>"),
    ]

    assert phone.call("911", headers=headers).ends() == 200

    [invite] = world.trunks["provider"].received("INVITE")
    assert invite.header("X-E911-Test") == ""
    assert invite.header("X-E911-Ref") not in ("", "forged")
    assert invite.header("Geolocation").startswith("<cid:")
    assert "forged" not in invite.header("Geolocation")
    assert invite.header("Geolocation-Routing") == "yes"
    assert invite.header("Remote-Party-ID") == ""
    assert "president" not in invite.header("P-Asserted-Identity")
