"""The SIP edge's doors: an answer to every call, events kept before they are promised."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from e911portal.callpath.app import CallPath
from e911portal.callpath.exchange import MAX_BODY
from tests.callpath import sample
from tests.callpath.client import Answer, call
from tests.callpath.conftest import eventually

ANNA = "sip:anna.rossi@unplugthepbx.com"
EDGE = "192.0.2.50"


def route(app: CallPath, peer: str = EDGE, **fields: Any) -> Answer:
    return call(app, "POST", "/v1/sip/route", json.dumps(fields).encode(), peer=peer)


def ids(reply: dict[str, Any]) -> list[str]:
    return [target["id"] for target in reply["targets"]]


def spooled(app: CallPath, number: int) -> list[dict[str, Any]]:
    """Return the events in the spool once there are ``number`` of them."""
    assert eventually(lambda: len(app.node.spool.pending()) >= number)
    return [entry.event for entry in app.node.spool.pending()]


@pytest.mark.parametrize("dialled", ["911", "9911", "+911", "urn:service:sos"])
def test_new_york_user_in_los_angeles_leaves_by_los_angeles(app: CallPath, dialled: str) -> None:
    ruri = dialled if dialled.startswith("urn") else f"sip:{dialled}@unplugthepbx.com"

    reply = route(app, ruri=ruri, from_uri=ANNA, src_ip="10.2.1.9").json()

    assert ids(reply) == ["provider", "la-gateway", "ny-gateway"]
    assert (reply["emergency"], reply["policy"], reply["tag"]) == (
        True,
        "Los Angeles",
        "subnet-tagid:Los Angeles",
    )
    assert reply["location"]["erl"]["name"] == "Los Angeles 1st Floor"
    assert reply["notify"] == ["sip:LASecurity@unplugthepbx.com"]
    assert "<ca:RD>Grand</ca:RD>" in reply["pidf_lo"]
    assert [target["send_pidf"] for target in reply["targets"]] == [1, 0, 0]
    assert reply["publication"] == 42


def test_ordinary_number_is_no_emergency_and_no_event(live: CallPath) -> None:
    reply = route(live, ruri="sip:+12125559999@unplugthepbx.com", src_ip="10.1.1.9").json()

    live.node.recorder.stop()
    assert (reply["emergency"], reply["targets"]) == (False, [])
    assert live.node.spool.pending() == []


def test_emergency_becomes_an_event_with_request_and_decision(live: CallPath) -> None:
    answer = route(
        live, ruri="sip:911@x", from_uri=ANNA, src_ip="10.1.1.9", call_ref="r1", call_id="c1"
    )

    [event] = spooled(live, 1)
    assert {name: event[name] for name in ("event", "at", "call_ref", "call_id")} == {
        "event": "call_routed",
        "at": "2026-11-21T10:30:00.000Z",
        "call_ref": "r1",
        "call_id": "c1",
    }
    assert event["decision"] == answer.json()
    assert event["request"] == {
        "ruri": "sip:911@x",
        "from_uri": ANNA,
        "src_ip": "10.1.1.9",
        "call_ref": "r1",
        "call_id": "c1",
    }


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "request: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", "request: A route request is a JSON object with at least “ruri”."),
        (b"{}", "request: The route request has no “ruri”, so it does not say what was dialled."),
        (b'{"ruri": NaN}', "request: NaN is not JSON"),
        (b"[" * 50000, "request: nested too deeply"),
        (b" " * (MAX_BODY + 1), f"request: it has over {MAX_BODY} bytes"),
    ],
    ids=["empty", "list", "no-ruri", "nan", "deep", "too-large"],
)
def test_unreadable_request_leaves_by_the_last_resort(
    app: CallPath, body: bytes, reason: str
) -> None:
    answer = call(app, "POST", "/v1/sip/route", body, peer=EDGE)

    reply = answer.json()
    assert (answer.status, reply["emergency"]) == (200, True)
    assert ids(reply) == ["ny-gateway", "la-gateway"]
    assert reply["targets"][0]["uri"] == "sip:911@192.0.2.20"
    assert reply["reasons"][0] == reason


def test_text_that_is_not_utf8_does_not_hinder(app: CallPath) -> None:
    body = b'{"ruri": "sip:911@x", "from_display": "Andr\xe9 \\ud800", "src_ip": "10.2.1.9"}'

    answer = call(app, "POST", "/v1/sip/route", body, peer=EDGE)

    assert ids(answer.json()) == ["provider", "la-gateway"]


@pytest.mark.parametrize(
    "table", ["routing", "policy", "subnet", "bssid", "user", "site_policy", "access_key"]
)
def test_broken_publication_still_routes(
    state: Path, make_app: Callable[..., CallPath], table: str
) -> None:
    sample.publish(state / "publications", 43, without=[table], networks=[(EDGE, "edge")])
    app = make_app(state)

    answer = route(app, ruri="sip:911@x", from_uri=ANNA, src_ip="10.2.1.9", bssid=sample.BSSID)

    assert (answer.status, answer.json()["emergency"]) == (200, True)
    assert answer.json()["publication"] == 43
    assert bool(answer.json()["targets"]) is (table != "routing")


def test_without_a_publication_the_edge_is_told_so(make_app: Callable[..., CallPath]) -> None:
    answer = route(make_app(), peer="198.51.100.1", ruri="sip:911@x", call_ref="r1")

    reply = answer.json()
    assert (answer.status, reply["emergency"], reply["targets"]) == (200, True, [])
    assert (reply["call_ref"], reply["reasons"][0]) == ("r1", "no publication")


def test_last_resort_of_a_test_call_stays_a_test_call(make_app: Callable[..., CallPath]) -> None:
    assert route(make_app(), ruri="sip:933@x").json()["test_call"] is True


@pytest.mark.parametrize("door", ["route", "events", "callback"])
@pytest.mark.parametrize("peer", ["10.1.1.20", "198.51.100.1"], ids=["device", "stranger"])
def test_doors_are_closed_to_others(app: CallPath, door: str, peer: str) -> None:
    assert call(app, "POST", f"/v1/sip/{door}", b"{}", peer=peer).status == 403


def test_key_opens_the_doors(app: CallPath) -> None:
    key = [(b"authorization", f"Bearer {sample.SIP_KEY}".encode())]
    body = b'{"ruri": "911"}'

    answer = call(app, "POST", "/v1/sip/route", body, peer="198.51.100.1", headers=key)

    assert answer.status == 200


def test_events_are_in_the_spool_when_they_are_accepted(live: CallPath) -> None:
    given: list[dict[str, Any]] = [
        {"id": "e1", "event": "call_answered", "call_ref": "r1", "at": "2026-11-21T10:31:00Z"},
        {"id": 7, "event": "call_ended"},
        {"event": "gateway_down", "target": "sip:192.0.2.10:5060;transport=tcp", "note": "\ud800"},
    ]

    answer = call(live, "POST", "/v1/sip/events", json.dumps(given).encode())

    kept = [entry.event for entry in live.node.spool.pending()]
    assert (answer.status, answer.json()) == (202, {"accepted": 3})
    assert kept[0] == given[0]
    assert kept[1] == {"id": "7", "event": "call_ended", "at": "2026-11-21T10:30:00.000Z"}
    assert (kept[2]["note"], len(kept[2]["id"])) == ("?", 32)


@pytest.mark.parametrize("body", [b"", b"7", b"[7]", b"\xff", json.dumps([{}] * 501).encode()])
def test_events_that_are_none_are_refused(app: CallPath, body: bytes) -> None:
    assert call(app, "POST", "/v1/sip/events", body).status == 400


def test_event_is_not_promised_when_the_disk_fails(
    state: Path, make_app: Callable[..., CallPath]
) -> None:
    (state / "spool").write_text("a file where the directory should be")
    app = make_app(state)
    app.node.recorder.start()

    answer = call(app, "POST", "/v1/sip/events", b'{"event": "call_ended"}')
    reply = route(app, ruri="sip:911@x", src_ip="10.2.1.9")

    app.node.recorder.stop()
    assert (answer.status, reply.status) == (503, 200)


def test_trunk_reported_down_is_tried_last_until_it_is_up(live: CallPath) -> None:
    def report(event: str) -> None:
        body = json.dumps({"event": event, "target": "provider"}).encode()
        call(live, "POST", "/v1/sip/events", body)

    def targets() -> list[str]:
        return ids(route(live, ruri="sip:911@x", src_ip="10.2.1.9").json())

    report("gateway_down")
    assert eventually(lambda: targets() == ["la-gateway", "provider"])
    other = route(live, ruri="sip:911@x", src_ip="10.2.1.9", edge="sip:e911@192.0.2.9:5060")
    assert ids(other.json()) == ["provider", "la-gateway"]
    report("gateway_up")
    assert eventually(lambda: targets() == ["provider", "la-gateway"])


def callback(app: CallPath, number: object, **fields: object) -> Answer:
    body = json.dumps({"number": number, **fields}).encode()
    return call(app, "POST", "/v1/sip/callback", body)


def test_psap_reaches_the_phone_that_called(live: CallPath) -> None:
    before = callback(live, "+12125550123").json()["uri"]
    contact = '"Anna" <sip:anna@10.1.1.9:5060;transport=tcp>;expires=60'

    route(live, ruri="sip:911@x", from_uri=ANNA, contact=contact, src_ip="10.1.1.9")

    spooled(live, 1)
    wanted = "sip:anna@10.1.1.9:5060;transport=tcp"
    assert before == ANNA
    assert eventually(lambda: callback(live, "+12125550123").json()["uri"] == wanted)


def test_callback_is_told_once_as_part_of_the_call_that_showed_the_number(live: CallPath) -> None:
    callback(live, "+12125550123", call_id="early@psap", from_uri="sip:911@psap.example")
    route(live, ruri="sip:911@x", from_uri=ANNA, src_ip="10.1.1.9", call_ref="r1")
    assert eventually(lambda: callback(live, "2125550123", call_id="1").json()["psap_callback"])

    for call_id in ("1", "2", "2"):
        callback(live, "2125550123", call_id=call_id, from_uri="sip:911@psap.example")

    live.node.recorder.stop()
    told = [entry.event for entry in live.node.spool.pending()]
    assert [event["event"] for event in told] == ["call_routed", "called_back", "called_back"]
    assert (told[2]["call_ref"], told[2]["from_uri"], told[2]["number"]) == (
        "r1",
        "sip:911@psap.example",
        "2125550123",
    )


@pytest.mark.parametrize(
    ("number", "status"), [("+12125559999", 404), ("nobody", 404), ("", 400), (7, 400), (None, 400)]
)
def test_callback_to_nobody(app: CallPath, number: object, status: int) -> None:
    assert callback(app, number).status == status
