"""The guide's calls on the wire, header by header and part by part."""

import pytest

from locations.domain import pidflo
from tests.callpath import sample
from tests.interop.sip import estate
from tests.interop.sip.message import Message
from tests.interop.sip.phone import SDP
from tests.interop.sip.world import World
from tests.schemas import schema_errors

pytestmark = pytest.mark.interop

WIRED = f"chassis={sample.CHASSIS};port=7"


def location_of(invite: Message) -> tuple[str, pidflo.PIDFLO]:
    """Return the only PIDF-LO of an INVITE, as text and read; Geolocation names it (RFC 6442)."""
    documents = [
        (name, body) for kind, name, body in invite.parts() if kind == "application/pidf+xml"
    ]
    [(name, body)] = documents
    assert invite.header("Geolocation") == f"<cid:{name}>"
    assert invite.header("Geolocation-Routing") == "yes"
    return body.decode(), pidflo.read(body)


def only(world: World, trunk: str) -> Message:
    """Return the one INVITE of a trunk, and see that no other trunk had one."""
    [invite] = world.trunks[trunk].wait("INVITE")
    others = [name for name, t in world.trunks.items() if name != trunk and t.received("INVITE")]
    assert others == []
    return invite


def test_new_york_phone_reaches_the_psap(world: World) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    call = phone.call(
        "911",
        name='"Anna"',
        headers=[("X-E911-Location", WIRED), ("Priority", "normal"), ("Subject", "fire")],
    )

    assert call.ends() == 200
    invite = only(world, "provider")
    assert invite.ruri == "sip:911@127.0.0.1"
    assert invite.header("Priority") == "emergency"
    assert invite.header("P-Asserted-Identity") == f"<sip:+12125550123@{estate.DOMAIN}>"
    assert invite.header("From").split(";")[0] == (
        f'"Anna Rossi" <sip:+12125550123@{estate.DOMAIN}>'
    )
    assert invite.header("Supported") == "geolocation"
    assert invite.header("MIME-Version") == "1.0"
    assert invite.header("Subject") == "fire"
    assert (invite.header("X-E911-Test"), invite.header("X-E911-Location")) == ("", "")
    assert int(invite.header("Content-Length")) == len(invite.body)
    assert invite.parts()[0] == ("application/sdp", "", SDP)
    text, document = location_of(invite)
    assert schema_errors(text) == []
    assert document.location.civic["RD"] == "Cedar"
    assert document.location.civic["LOC"] == "New York Wired"
    assert world.trunks["provider"].do("calls")[0]["desk"] == "PSAP"
    # Without its ACK the provider would end the call after 32 seconds (RFC 3261 §13.3.1.4).
    [ack] = world.trunks["provider"].wait("ACK")
    assert ack.ruri == f"sip:psap@127.0.0.1:{world.trunks['provider'].sip_port};transport=tcp"
    assert ack.header("From") == invite.header("From")
    assert ack.header("CSeq").split()[0] == invite.header("CSeq").split()[0]


def test_call_is_reported_from_ringing_to_who_hung_up(world: World) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    call = phone.call("911")
    assert call.ends() == 200
    assert call.hang_up() == 200

    told = world.told(call.call_id, "call_ended")
    named = [event["event"] for event in told if event["event"] != "desk_not_notified"]
    assert named == ["call_routed", "call_ringing", "call_answered", "call_ended"]
    assert len({event["call_ref"] for event in told}) == 1
    assert told[-1]["ended_by"] == "caller"
    answered = next(event for event in told if event["event"] == "call_answered")
    assert (answered["target"], answered["mode"]) == ("provider", "portal")


def test_provider_that_hangs_up_is_named(world: World) -> None:
    world.trunks["provider"].behave(100, 200, hangup_after=0.1)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    call = phone.call("911")
    assert call.ends() == 200
    phone.answer(phone.wait("BYE"), 200)

    assert world.told(call.call_id, "call_ended")[-1]["ended_by"] == "callee"


def test_new_york_user_in_los_angeles_leaves_by_los_angeles(world: World) -> None:
    phone = world.phone(estate.LA_PHONE, "anna.rossi")

    assert phone.call("911").ends() == 200

    document = location_of(only(world, "provider"))[1]
    assert document.location.civic["A3"] == "Los Angeles"
    assert document.extension.tag == "subnet-tagid:Los Angeles"


@pytest.mark.parametrize(
    "dialled",
    ["9911", "+911", "9-1-1", "0911", "urn:service:sos", "urn:service:sos.fire", "tel:911",
     "sip:911;phone-context=hq@127.0.0.1;user=phone", "sip:%39%31%31@127.0.0.1"],
)  # fmt: skip
def test_everything_that_means_911_does(world: World, dialled: str) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    assert phone.call(dialled).ends() == 200

    assert only(world, "provider").ruri == "sip:911@127.0.0.1"


@pytest.mark.parametrize("dialled", ["933", "urn:service:test.sos"])
def test_test_call_is_marked_and_never_becomes_a_real_one(world: World, dialled: str) -> None:
    for trunk in world.trunks.values():
        trunk.behave(503)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    call = phone.call(dialled)

    assert call.ends(12) == 503
    for trunk in world.trunks.values():
        [invite] = trunk.received("INVITE")
        assert invite.ruri == "sip:933@127.0.0.1"
        assert invite.header("X-E911-Test") == "yes"
        assert invite.header("Priority") == ""
    told = world.told(call.call_id, "call_failed")
    assert told[-1]["test_call"] is True


def test_suppressed_caller_id_shows_the_alternate_number(world: World) -> None:
    phone = world.phone(estate.ANALOG_GATEWAY, "guest", "pbx.example")

    asserted = [("P-Asserted-Identity", "<sip:guest@pbx.example>"), ("Privacy", "id")]
    assert phone.call("911", headers=asserted).ends() == 200

    invite = only(world, "provider")
    assert invite.header("P-Asserted-Identity") == "<sip:+12125550100@pbx.example>"
    assert "<sip:+12125550100@pbx.example>" in invite.header("From")
    assert "guest@pbx.example>" not in invite.header("From")
    assert invite.header("Privacy") == ""


@pytest.mark.parametrize("fault", ["closed", "silent", "503", "trying"])
def test_wan_down_leaves_by_the_gateway_of_the_building(world: World, fault: str) -> None:
    provider = world.trunks["provider"]
    {
        "closed": lambda: provider.do("close"),
        "silent": lambda: provider.behave(),
        "503": lambda: provider.behave(100, 503),
        "trying": lambda: provider.behave(100),
    }[fault]()
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    call = phone.call("911")

    assert call.ends(10) == 200
    [invite] = world.trunks["ny-gateway"].received("INVITE")
    # A gateway without PIDF-LO gets the call as any other, with the callback number.
    assert invite.header("Content-Type") == "application/sdp"
    assert invite.body == SDP
    assert invite.header("Geolocation") == ""
    assert invite.header("P-Asserted-Identity") == f"<sip:+12125550123@{estate.DOMAIN}>"
    attempts = world.told(call.call_id, "call_answered")[-1]["attempts"]
    assert [attempt["target"] for attempt in attempts] == ["provider"]


def test_each_trunk_gets_the_document_of_its_profile_and_its_caller_id(world: World) -> None:
    world.trunks["provider"].behave(503)
    phone = world.phone(estate.LA_PHONE, "ben.ito")

    assert phone.call("911").ends() == 200

    first, _ = location_of(world.trunks["provider"].received("INVITE")[0])
    [second] = world.trunks["la-elin"].received("INVITE")
    text, _ = location_of(second)
    assert "msftE911PidfExtn" in first
    assert "msftE911PidfExtn" not in text
    assert schema_errors(text) == []
    assert second.header("P-Asserted-Identity") == f"<sip:+13105550171@{estate.DOMAIN}>"


@pytest.mark.parametrize(
    ("address", "mode"), [(estate.NY_PHONE, "twoway"), (estate.LA_PHONE, "oneway")]
)
def test_conference_data_travels_in_the_document(world: World, address: str, mode: str) -> None:
    assert world.phone(address, "anna.rossi").call("911").ends() == 200

    text, document = location_of(only(world, "provider"))
    assert (document.extension.conference_uri, document.extension.conference_mode) == (
        estate.CONFERENCE,
        mode,
    )
    assert schema_errors(text) == []


def test_analog_phone_has_the_location_of_its_place(world: World) -> None:
    gateway = world.phone(estate.ANALOG_GATEWAY, "+12125550150", "gateway.example")

    assert gateway.call("911").ends() == 200

    document = location_of(only(world, "provider"))[1]
    assert document.location.civic["LOC"] == "New York Main Entrance"
    invite = world.trunks["provider"].received("INVITE")[0]
    assert invite.header("P-Asserted-Identity") == "<sip:+12125550150@gateway.example>"


TYPED = (
    '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@x"><tuple id="0"><status>'
    '<gp:geopriv xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"><gp:location-info>'
    '<civicAddress xmlns="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"><country>US</country>'
    "<A1>NY</A1><A3>Albany</A3><RD>{road}</RD><HNO>1</HNO></civicAddress></gp:location-info>"
    "<gp:usage-rules/></gp:geopriv></status></tuple></presence>"
)
#: MS-SIPRE 4.14: the blank before the boundary is Microsoft's own.
BOUNDARY = "----=_NextPart_000_0BC6_01C7.EB2A"


def with_location(document: str, *, extra: bytes = b"") -> tuple[str, bytes]:
    """Return content type and body of an INVITE that carries the caller's own location."""
    line = f"--{BOUNDARY}\r\n".encode()
    body = line + b"Content-Type: application/sdp\r\n\r\n" + SDP + b"\r\n"
    body += line + b"Content-Type: application/pidf+xml\r\nContent-ID: <user@x>\r\n\r\n"
    body += document.encode() + b"\r\n" + (line + extra + b"\r\n" if extra else b"")
    return f"multipart/mixed; boundary={BOUNDARY}", body + f"--{BOUNDARY}--\r\n".encode()


def test_typed_location_of_a_caller_on_the_road_goes_to_the_ecrc(world: World) -> None:
    kind, body = with_location(TYPED.format(road="State"))
    phone = world.phone(estate.VPN_PHONE, "anna.rossi")

    call = phone.call(
        "911", body=body, content_type=kind, headers=[("geolocation", "<cid:user@x>")]
    )

    assert call.ends() == 200
    text, document = location_of(only(world, "provider"))
    assert document.location.civic["A3"] == "Albany"
    assert document.location.method == "Manual"
    assert schema_errors(text) == []
    assert world.trunks["provider"].do("calls")[0]["desk"] == "ECRC"


def test_other_parts_of_the_callers_body_stay(world: World) -> None:
    extra = b"Content-Type: application/vnd.acme+json\r\n\r\n" + b'{"floor": "\xc3\xa9"}'
    kind, body = with_location(TYPED.format(road="State"), extra=extra)
    world.trunks["provider"].behave(503)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    assert phone.call("911", body=body, content_type=kind).ends() == 200

    sent = world.trunks["provider"].received("INVITE")[0].parts()
    assert [kind for kind, _, _ in sent] == [
        "application/sdp", "application/vnd.acme+json", "application/pidf+xml",
    ]  # fmt: skip
    assert (sent[0][2], sent[1][2]) == (SDP, b'{"floor": "\xc3\xa9"}')
    bare = world.trunks["ny-gateway"].received("INVITE")[0].parts()
    assert [kind for kind, _, _ in bare] == ["application/sdp", "application/vnd.acme+json"]


def test_gateway_without_location_gets_the_bare_session(world: World) -> None:
    kind, body = with_location(TYPED.format(road="State"))
    world.trunks["provider"].behave(503)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    assert phone.call("911", body=body, content_type=kind).ends() == 200

    [invite] = world.trunks["ny-gateway"].received("INVITE")
    assert [(kind, body.strip()) for kind, _, body in invite.parts()] == [
        ("application/sdp", SDP.strip())
    ]


def test_call_without_a_body_still_carries_the_location(world: World) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    assert phone.call("911", body=b"").ends() == 200

    assert [kind for kind, _, _ in only(world, "provider").parts()] == ["application/pidf+xml"]
