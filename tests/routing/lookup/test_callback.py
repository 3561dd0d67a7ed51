"""Which number a call shows, and who is reached at it."""

from datetime import timedelta

import pytest

from e911portal.core.snapshot import Snapshot
from locations.domain import pidflo
from routing import lookup
from routing.domain import service_info
from routing.domain.elins import Lease
from routing.domain.request import RouteRequest
from tests.routing.lookup.guide import NOW, decide, invite, shown
from tests.schemas import schema_errors


def at_the_port(**fields: str) -> RouteRequest:
    return invite(tag="ELIN", chassis="3c-4a-92-30-ec-00", port="7", **fields)


def test_an_elin_gateway_shows_a_free_elin(snapshot: Snapshot) -> None:
    busy = Lease("+12125550670", "sip:other@x", "sip:other@10.0.0.1", NOW)

    decision = decide(snapshot, at_the_port(), leases=lambda _: [busy])

    assert shown(decision) == ["+12125550678", "+12125550100"]
    assert decision.leased_elin == decision.callback_number == "+12125550678"


def test_a_caller_keeps_the_elin_it_holds(snapshot: Snapshot) -> None:
    own = Lease("12125550678", "sip:anna@unplugthepbx.com", "sip:anna@10.0.0.1", NOW)

    assert decide(snapshot, at_the_port(), leases=lambda _: [own]).leased_elin == "+12125550678"


def test_an_elin_gateway_gets_the_microsoft_document_with_the_conference(
    snapshot: Snapshot,
) -> None:
    decision = decide(snapshot, at_the_port())

    extension = pidflo.read(decision.pidf_lo.encode()).extension
    assert extension == pidflo.MicrosoftExtension(
        "sip:+12125550199@unplugthepbx.com", "twoway", "ELIN"
    )


def test_service_info_goes_to_the_trunk_that_asks(snapshot: Snapshot) -> None:
    request = at_the_port(call_ref="r1")

    decision = decide(snapshot, request)

    sent = [target["id"] for target in decision.to_json()["targets"] if "service_info" in target]
    asking = [target for target in decision.targets if target.trunk.send_service_info]
    assert sent == [target.trunk.name for target in asking] != []
    assert schema_errors(asking[0].service_info) == []
    assert asking[0].service_info == service_info.document(decision.content_id, "port")


def test_a_location_without_elin_shows_the_caller(snapshot: Snapshot) -> None:
    decision = decide(snapshot, invite(tag="ELIN"))

    assert shown(decision) == ["+12125550100", "+12125550100"]
    assert "elin: the location has none" in decision.reasons


@pytest.mark.parametrize(
    ("number", "ended", "uri"),
    [
        ("+12125550670", 29, "sip:anna@10.2.1.20:5060"),
        ("sip:12125550670@edge", 29, "sip:anna@10.2.1.20:5060"),
        ("2125550670", 29, "sip:anna@10.2.1.20:5060"),
        ("+12125550670", 31, None),
        ("+12125550100", 31, "sip:anna@unplugthepbx.com"),
        ("2125550100", 31, "sip:anna@unplugthepbx.com"),
        ("+19995550000", 29, None),
        ("sip:anna@unplugthepbx.com", 29, None),
    ],
    ids=[
        "E4 in the window",
        "digits of a SIP URI",
        "ten digits",
        "E4 after the window",
        "a user's number",
        "a user's ten digits",
        "nobody's number",
        "no number",
    ],
)
def test_callback(snapshot: Snapshot, number: str, ended: int, uri: str | None) -> None:
    began = NOW - timedelta(hours=1)
    lease = Lease(
        "12125550670",
        "sip:anna@unplugthepbx.com",
        "sip:anna@10.2.1.20:5060",
        began,
        NOW - timedelta(minutes=ended),
    )

    target = lookup.callback(snapshot, number, now=NOW, leases=[lease])

    assert (target.uri if target else None) == uri


def test_callback_to_a_number_that_a_call_showed_reaches_that_phone(snapshot: Snapshot) -> None:
    caller, contact = "sip:anna@unplugthepbx.com", "sip:anna@10.2.1.20"
    lease = Lease("12125550100", caller, contact, NOW, call_ref="r1")

    target = lookup.callback(snapshot, "+12125550100", now=NOW, leases=[lease])

    assert target is not None
    assert target.call_ref == "r1"
    assert target.to_json() == {
        "uri": "sip:anna@10.2.1.20",
        "number": "+12125550100",
        "psap_callback": True,
        "reasons": ["callback: 12125550100 was shown by a call of sip:anna@unplugthepbx.com"],
    }
