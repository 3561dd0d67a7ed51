"""A call from INVITE to answer, by a published snapshot: the deployment guide's story."""

import pytest

from e911portal.core.snapshot import Snapshot
from locations.domain import pidflo
from routing.domain.request import RouteRequest
from tests.routing.lookup.guide import (
    ERLS,
    LA_POLICY,
    NY_POLICY,
    SUNSET,
    TABLE,
    decide,
    invite,
    shown,
    trunks,
)


def test_ny_user_in_la_leaves_by_la_then_by_the_failover(snapshot: Snapshot) -> None:
    reply = decide(snapshot, invite()).to_json()

    document = reply.pop("pidf_lo")
    reasons = reply.pop("reasons")
    assert reply == {
        "v": 1,
        "emergency": True,
        "test_call": False,
        "call_ref": "ref-1",
        "policy": "Los Angeles Location Policy",
        "tag": "subnet-tagid:Los Angeles Location Policy",
        "scope": "site",
        "location": {
            "located": True,
            "tier": "subnet",
            "matched": "10.2.1.0/24",
            "erl": {
                "name": "Los Angeles 1st Floor",
                "location": "Los Angeles 1st Floor",
                "company": "UnplugThePBX",
                "site": "LA1",
            },
            "civic": {**SUNSET, "LOC": "Los Angeles 1st Floor", "NAM": "UnplugThePBX"},
            "verdict": {
                "status": "valid",
                "provider": "911 Enable",
                "at": "2026-11-20T09:00:00Z",
            },
            "confidence": "validated",
            "age_s": 0,
            "site": "LA1",
            "runners_up": [],
            "precision": {"area_sq_ft": None, "radius_m": None},
        },
        "confidence": "validated",
        "caller_name": "Anna Ace Lee",
        "callback_number": "+12125550100",
        "content_id": "ref-1@unplugthepbx.com",
        "targets": [
            {
                "id": "911 Enable",
                "uri": "sip:911@sip.911enable.example",
                "dst": "sip:sip.911enable.example:5060;transport=tcp",
                "no_reply_ms": 2000,
                "no_answer_ms": 30000,
                "send_pidf": 1,
                "from_uri": "sip:+13105550199@unplugthepbx.com",
                "from_display": "Los Angeles 1st Floor (PSAP)",
                "pai": "sip:+13105550199@unplugthepbx.com",
                "civic_profile": "rfc5139",
            },
            {
                "id": "SBA",
                "uri": "sip:911@10.1.0.9",
                "dst": "sip:10.1.0.9:5060;transport=udp",
                "no_reply_ms": 2000,
                "no_answer_ms": 30000,
                "send_pidf": 0,
                "from_uri": "sip:+12125550100@unplugthepbx.com",
                "from_display": "Anna Ace Lee",
                "pai": "sip:+12125550100@unplugthepbx.com",
                "civic_profile": "rfc5139",
            },
        ],
        "notify": [
            "sip:lasecurity@unplugthepbx.com",
            "sip:lobby@unplugthepbx.com",
            "sip:floor@unplugthepbx.com",
        ],
        "conference": {
            "uri": "sip:+13105550199@unplugthepbx.com;user=phone",
            "mode": "twoway",
        },
        "publication": 42,
    }
    sent = pidflo.read(document.encode())
    assert sent.entity == "sip:anna@unplugthepbx.com"
    assert sent.location.civic["RD"] == "Sunset"
    assert sent.location.method == "DHCP"
    assert reasons == [
        "policy: none for the call's tag",
        "policy: “Los Angeles Location Policy” of the network site",
        "number: 911, as dialled, is dial string 911 of the policy",
        "bssid: none given",
        "port: none given",
        "chassis: none given",
        "subnet 10.2.1.20 in 10.2.1.0/24: Los Angeles 1st Floor",
        "route: “E911(LA)” of usage “E911 (LA)” matches +911, trunks 911 Enable",
        "usage: “Local” has no route that matches +911",
        "route: “911Failover” of usage “Failover” matches +911, trunks SBA",
        "caller id: 911 Enable: suppressed by “E911(LA)”, +13105550199 in its place",
        "caller id: SBA: the caller's +12125550100",
    ]


def test_the_same_user_at_home_leaves_by_new_york(snapshot: Snapshot) -> None:
    decision = decide(snapshot, invite(src_ip="10.1.1.20", chassis="3c-4a-92-30-ec-00", port="7"))

    assert decision.choice.policy == NY_POLICY
    assert trunks(decision) == ["911 Enable", "SBA"]
    assert shown(decision) == ["+12125550199", "+12125550100"]
    assert decision.location.erl == ERLS[0]
    assert pidflo.read(decision.pidf_lo.encode()).location.method == "Wiremap"


def test_a_phone_on_wifi_is_at_the_access_point(snapshot: Snapshot) -> None:
    info = "IEEE-802.11; i-wlan-node-id=00195b7f770d"

    decision = decide(snapshot, invite(src_ip="10.1.1.20", access_network_info=info))

    assert decision.location.erl == ERLS[1]


@pytest.mark.parametrize(
    "dialled", ["9911", "sip:9911@pbx", "+9911", "112", "urn:service:sos", "tel:911"]
)
def test_every_emergency_number_leaves_the_same_way(snapshot: Snapshot, dialled: str) -> None:
    decision = decide(snapshot, invite(ruri=dialled))

    assert decision.targets == decide(snapshot, invite()).targets


@pytest.mark.parametrize("dialled", ["2125550100", "sip:bob@unplugthepbx.com", "9110"])
def test_an_ordinary_number_is_no_emergency(snapshot: Snapshot, dialled: str) -> None:
    decision = decide(snapshot, invite(ruri=dialled))

    assert (decision.emergency, decision.targets, decision.pidf_lo) == (False, (), "")


@pytest.mark.parametrize("dialled", ["933", "urn:service:test.sos"])
def test_a_test_call_takes_the_way_of_the_real_one_to_933(snapshot: Snapshot, dialled: str) -> None:
    reply = decide(snapshot, invite(ruri=dialled)).to_json()

    assert (reply["emergency"], reply["test_call"]) == (True, True)
    assert [target["uri"] for target in reply["targets"]] == [
        "sip:933@sip.911enable.example",
        "sip:933@10.1.0.9",
    ]


@pytest.mark.parametrize("down", ["911 Enable", "sip:sip.911enable.example:5060;transport=tcp"])
def test_a_trunk_that_is_down_is_tried_last(snapshot: Snapshot, down: str) -> None:
    decision = decide(snapshot, invite(), trunks_down=frozenset({down}))

    assert trunks(decision) == ["SBA", "911 Enable"]


def test_when_every_trunk_is_down_all_are_tried(snapshot: Snapshot) -> None:
    decision = decide(snapshot, invite(), trunks_down=frozenset(TABLE.trunks))

    assert trunks(decision) == ["911 Enable", "SBA"]


def test_an_analog_phone_is_found_by_its_number(snapshot: Snapshot) -> None:
    request = invite(from_uri="sip:+12125550142@10.8.0.9", from_display="", src_ip="10.8.0.9")

    decision = decide(snapshot, request)

    assert (decision.location.tier, decision.location.erl) == ("endpoint", ERLS[0])
    # It has no address that tells, but the building it stands in has a policy.
    assert decision.choice.policy.name == "New York Location Policy"
    assert decision.callback_number == "+12125550142"
    assert trunks(decision) == ["911 Enable"]


def test_an_analog_phone_may_send_ten_digits(snapshot: Snapshot) -> None:
    decision = decide(snapshot, invite(from_uri="sip:2125550142@10.8.0.9", src_ip="10.8.0.9"))

    assert decision.location.erl == ERLS[0]
    assert decision.callback_number == "+12125550142"


def test_a_caller_without_a_number_shows_that_of_the_site(snapshot: Snapshot) -> None:
    decision = decide(snapshot, invite(from_uri="sip:bob@unplugthepbx.com", src_ip="10.1.1.20"))

    assert shown(decision) == ["+12125550199", "+12125550000"]
    assert decision.callback_number == ""


def test_a_user_without_a_policy_has_the_one_of_the_home_site(snapshot: Snapshot) -> None:
    decision = decide(snapshot, invite(from_uri="sip:bob@unplugthepbx.com", src_ip="192.0.2.1"))

    assert (str(decision.choice.scope), decision.choice.policy) == ("home_site", LA_POLICY)


def test_an_unknown_caller_at_an_unmapped_place_still_calls(snapshot: Snapshot) -> None:
    decision = decide(snapshot, RouteRequest("sip:911@pbx"))

    assert (decision.call_ref, decision.content_id) == ("new-ref", "new-ref@e911.invalid")
    assert trunks(decision) == ["911 Enable"]
    assert (decision.location.located, decision.pidf_lo) == (False, "")
    assert decision.to_json()["targets"][0]["from_uri"] == (
        "sip:+12125550199@sip.911enable.example"
    )


def test_no_route_means_the_last_resort(snapshot: Snapshot) -> None:
    decision = decide(snapshot, invite(tag="user-tagid:Lost", from_uri="sip:x@y"))

    assert trunks(decision) == ["SBA"]


def test_the_tag_of_the_call_decides_the_policy(snapshot: Snapshot) -> None:
    tag = "<LocationPolicyTagID>user-tagid:New York Location Policy</LocationPolicyTagID>"

    decision = decide(snapshot, invite(pidf_lo=f"<presence>{tag}</presence>"))

    assert (str(decision.choice.scope), decision.choice.policy) == ("tag", NY_POLICY)
    assert decision.choice.tag == "user-tagid:New York Location Policy"


def test_r17_without_enhanced_services_no_location_is_sent(snapshot: Snapshot) -> None:
    decision = decide(snapshot, invite(tag="Off"))

    assert decision.location.located
    assert [target.pidf_lo for target in decision.targets] == ["", ""]
    assert "PIDF-LO: 911 Enable: “Off” switches it off" in decision.reasons
