"""A call from INVITE to answer, by a published snapshot: the deployment guide's NY and LA."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from e911portal.core.snapshot import Snapshot, SnapshotWriter
from locations import lookup as locations
from locations.domain import pidflo
from locations.domain.resolution import Clue, ERLRecord, Evidence
from routing import lookup
from routing.domain import service_info
from routing.domain.elins import ELIN, Lease
from routing.domain.numbers import EmergencyNumber, NormalizationRule
from routing.domain.policy import LocationPolicy, UnvalidatedAddresses
from routing.domain.reply import RouteDecision
from routing.domain.request import RouteRequest
from routing.domain.selection import CivicProfile, Transport, Trunk, TrunkKind, VoiceRoute
from routing.domain.table import RoutingTable
from tests.schemas import schema_errors

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
NY1, LA1 = 1, 2

CEDAR = {
    "country": "US",
    "A1": "NY",
    "A3": "New York",
    "PRD": "N",
    "RD": "Cedar",
    "STS": "Dr",
    "HNO": "12345",
    "PC": "98765",
}
SUNSET = {"country": "US", "A1": "CA", "A3": "Los Angeles", "RD": "Sunset", "HNO": "1"}


def erl(key: int, name: str, site: str, civic: Mapping[str, str], verdict: str = "valid") -> Any:
    record = {
        "name": name,
        "location": name,
        "company": "UnplugThePBX",
        "site": site,
        "civic": {**civic, "LOC": name, "NAM": "UnplugThePBX"},
        "psap_text": f"{name} (PSAP)",
        "verdict": {"status": verdict, "provider": "911 Enable", "at": "2026-11-20T09:00:00Z"},
    }
    return ERLRecord(key, name, site, verdict, record)


ERLS = (
    erl(1, "New York Wired", "NY1", CEDAR),
    erl(2, "New York 3rd Floor Wireless", "NY1", CEDAR),
    erl(3, "New York 1st Floor", "NY1", CEDAR),
    erl(4, "Los Angeles 1st Floor", "LA1", SUNSET),
    erl(5, "New York Annex", "NY1", {**CEDAR, "HNO": "1"}, "stale"),
)

PROVIDER = Trunk(
    "911 Enable",
    "sip.911enable.example",
    TrunkKind.PROVIDER,
    transport=Transport.TCP,
    send_pidf_lo=True,
)
SBA = Trunk("SBA", "10.1.0.9", TrunkKind.BRANCH_GATEWAY)
ELIN_GATEWAY = Trunk(
    "ELIN gateway",
    "10.1.0.10",
    TrunkKind.ELIN_GATEWAY,
    send_pidf_lo=True,
    civic_profile=CivicProfile.MICROSOFT,
    send_conference_data=True,
    send_service_info=True,
)
NY_POLICY = LocationPolicy(
    "New York Location Policy",
    emergency_numbers=(EmergencyNumber("911", ("9911",)),),
    pstn_usage="E911 (NY)",
    notification_uris=("sip:nysecurity@unplugthepbx.com",),
    conference_uri="sip:+12125550199@unplugthepbx.com;user=phone",
)
LA_POLICY = LocationPolicy(
    "Los Angeles Location Policy",
    emergency_numbers=(EmergencyNumber("911", ("9911", "112")),),
    pstn_usage="E911 (LA)",
    notification_uris=("sip:lasecurity@unplugthepbx.com",),
    conference_uri="sip:+13105550199@unplugthepbx.com;user=phone",
)
ELIN_POLICY = LocationPolicy(
    "ELIN",
    pstn_usage="E911 (ELIN)",
    conference_uri="sip:+12125550199@unplugthepbx.com",
    unvalidated_addresses=UnvalidatedAddresses.FLAG,
)
OFF_POLICY = LocationPolicy(
    "Off", enhanced_emergency_services_enabled=False, pstn_usage="E911 (NY)"
)
LOST_POLICY = LocationPolicy("Lost", pstn_usage="Nowhere")
GLOBAL_POLICY = LocationPolicy("Global", pstn_usage="E911 (NY)")

TABLE = RoutingTable(
    policies={
        p.name: p
        for p in (NY_POLICY, LA_POLICY, ELIN_POLICY, OFF_POLICY, LOST_POLICY, GLOBAL_POLICY)
    },
    site_policies={NY1: NY_POLICY.name, LA1: LA_POLICY.name},
    global_policy="Global",
    routes=(
        VoiceRoute(
            "E911(NY)", r"^\+911$", ("E911 (NY)",), ("911 Enable",), 1, True, "+12125550199"
        ),
        VoiceRoute(
            "E911(LA)", r"^\+911$", ("E911 (LA)",), ("911 Enable",), 2, True, "+13105550199"
        ),
        VoiceRoute("E911(ELIN)", r"^\+911$", ("E911 (ELIN)",), ("ELIN gateway",), 3),
        VoiceRoute("911Failover", r"^\+911$", ("Failover",), ("SBA",), 9),
    ),
    trunks={trunk.name: trunk for trunk in (PROVIDER, SBA, ELIN_GATEWAY)},
    voice_policies={"NY users": ("Local", "Failover")},
    rules=(NormalizationRule("US", r"^1?(\d{10})$", "+1$1"),),
    elins=(ELIN("+12125550670", "New York Wired"), ELIN("+12125550678", "New York Wired")),
    last_resort=("SBA",),
)
USERS = (
    {
        "sip_uri": "sip:anna@unplugthepbx.com",
        "display_name": 'Anna "Ace" Lee',
        "number": "+12125550100",
        "voice_policy": "NY users",
        "location_policy": NY_POLICY.name,
        "home_site": NY1,
    },
    {"sip_uri": "sip:bob@unplugthepbx.com", "voice_policy": "NY users", "home_site": LA1},
)
NOTIFY = (
    ("policy", LA_POLICY.name, "sip:lasecurity@unplugthepbx.com"),
    ("site", "LA1", "sip:lobby@unplugthepbx.com"),
    ("erl", "Los Angeles 1st Floor", "sip:floor@unplugthepbx.com"),
    ("site", "NY1", "sip:other@unplugthepbx.com"),
)


def write(
    directory: Path,
    *,
    table: RoutingTable = TABLE,
    routing: Mapping[str, str] | None = None,
    notify: Iterable[tuple[str, str, str]] | None = NOTIFY,
    without: Iterable[str] = (),
) -> Snapshot:
    """Publish the guide's deployment, with raw ``routing`` values, ``without`` some tables."""
    rows: dict[str, list[Any]] = {
        "erl": [
            locations.erl_row(e.id, e.name, NY1 if e.site == "NY1" else LA1, e.verdict, e.record)
            for e in ERLS
        ],
        "civic": locations.civic_rows(ERLS),
        "bssid": [locations.bssid_row("00-19-5b-7f-77-0d", 2, NY1)],
        "port": [locations.port_row("3c-4a-92-30-ec-00", "7", 7, "7", 1, NY1)],
        "chassis": [],
        "subnet": [
            locations.subnet_row(1, "10.1.1.0/24", 3, NY1, False),
            locations.subnet_row(2, "10.2.1.0/24", 4, LA1, False),
            locations.subnet_row(3, "10.9.0.0/16", None, NY1, True),
            locations.subnet_row(4, "10.1.5.0/24", 5, NY1, False),
        ],
        "mac": [],
        "uri": [locations.keyed_row("tel:+12125550142", 1, NY1)],
        "site": [
            locations.site_row(NY1, "NY1", None, {"caller_id": "+12125550000"}),
            locations.site_row(LA1, "LA1", None, {}),
        ],
        "policy": [(p.name, json.dumps(p.to_record())) for p in table.policies.values()],
        "site_policy": [*table.site_policies.items()],
        "user": [(user["sip_uri"], json.dumps(user)) for user in USERS],
        "user_number": [("+12125550100", "sip:anna@unplugthepbx.com")],
        "routing": [
            *(
                {k: json.dumps(v) for k, v in table.to_values().items()} | dict(routing or {})
            ).items()
        ],
    }
    rows["ip4"], rows["ip6"] = locations.range_rows(
        [(1, "10.1.1.0/24"), (2, "10.2.1.0/24"), (3, "10.9.0.0/16"), (4, "10.1.5.0/24")]
    )
    with SnapshotWriter(directory, 42) as writer:
        for name, ddl in {**locations.TABLES, **lookup.TABLES}.items():
            if name not in without:
                writer.table(name, ddl)
                writer.rows(name, rows.get(name, []))
        if notify is not None:
            writer.table("notify", "CREATE TABLE notify (kind TEXT, subject TEXT, uri TEXT)")
            writer.rows("notify", notify)
        writer.meta(created_at=NOW)
        path, _ = writer.finish()
    return Snapshot(path)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return write(tmp_path_factory.mktemp("publications"))


def invite(**fields: str) -> RouteRequest:
    """An INVITE from Anna's phone, in the LA subnet unless told otherwise."""
    facts = {
        "ruri": "sip:911@pbx.unplugthepbx.com;user=phone",
        "call_ref": "ref-1",
        "from_uri": "sip:anna@unplugthepbx.com",
        "from_display": '"Anna"',
        "src_ip": "10.2.1.20",
    }
    return RouteRequest(**{**facts, **fields})


def decide(snapshot: Snapshot, request: RouteRequest, **arguments: Any) -> RouteDecision:
    return lookup.decide(snapshot, request, now=NOW, new_ref=lambda: "new-ref", **arguments)


def trunks(decision: RouteDecision) -> list[str]:
    return [target.trunk.name for target in decision.targets]


def shown(decision: RouteDecision) -> list[str]:
    return [target.caller_id.number for target in decision.targets]


# --- the guide's story --------------------------------------------------------------------------


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


# --- locations that the client sends ------------------------------------------------------------


def client_pidf(civic: Mapping[str, str]) -> str:
    return pidflo.for_sip(
        pidflo.Location(civic),
        entity="sip:anna@unplugthepbx.com",
        device_id="mac:a01234567890",
        now=NOW,
        expires=NOW,
    )


def test_a_client_location_refines_the_subnet_of_its_site(snapshot: Snapshot) -> None:
    wireless = ERLS[1].record["civic"]

    decision = decide(snapshot, invite(src_ip="10.1.1.20", pidf_lo=client_pidf(wireless)))

    assert (decision.location.tier, decision.location.confidence) == ("client", "validated")
    assert decision.location.erl == ERLS[1]


def test_a_client_location_left_from_another_site_is_not_sent(snapshot: Snapshot) -> None:
    decision = decide(snapshot, invite(pidf_lo=client_pidf(ERLS[1].record["civic"])))

    assert decision.location.erl == ERLS[3]


def test_a_typed_location_is_manual(snapshot: Snapshot) -> None:
    typed = {"country": "US", "A1": "NJ", "RD": "Elm", "HNO": "1"}

    decision = decide(snapshot, invite(src_ip="192.0.2.1", pidf_lo=client_pidf(typed)))

    assert (decision.location.confidence, decision.location.erl) == ("manual", None)
    sent = pidflo.read(decision.pidf_lo.encode()).location
    assert (sent.civic, sent.method) == (typed, "Manual")


def test_an_office_location_sent_over_vpn_is_manual(snapshot: Snapshot) -> None:
    pidf_lo = client_pidf(ERLS[0].record["civic"])

    decision = decide(snapshot, invite(src_ip="10.9.1.1", pidf_lo=pidf_lo))

    assert (decision.location.confidence, decision.location.erl) == ("manual", ERLS[0])


@pytest.mark.parametrize("pidf_lo", ["<presence", "<other/>", "<!DOCTYPE a><presence/>", "\x00"])
def test_an_unreadable_client_location_changes_nothing(snapshot: Snapshot, pidf_lo: str) -> None:
    decision = decide(snapshot, invite(pidf_lo=pidf_lo))

    assert decision.targets == decide(snapshot, invite()).targets
    assert any(reason.startswith("client location: ") for reason in decision.reasons)


def test_a_place_not_validated_is_withheld_unless_the_policy_flags_it(snapshot: Snapshot) -> None:
    withheld = decide(snapshot, invite(src_ip="10.1.5.1"))
    flagged = decide(snapshot, invite(src_ip="10.1.5.1", tag="ELIN"))

    assert (withheld.location.confidence, withheld.location.erl) == ("none", None)
    assert (flagged.location.confidence, flagged.location.erl) == ("unvalidated", ERLS[4])


def test_the_last_known_place_is_used_when_nothing_else_is_known(snapshot: Snapshot) -> None:
    earlier = Evidence(Clue(ip="10.1.1.20"), NOW - timedelta(minutes=5))

    decision = decide(snapshot, invite(src_ip="192.0.2.1"), last_known=earlier)

    assert (decision.location.tier, decision.location.age_s) == ("last_known", 300)


# --- ELINs and callback -------------------------------------------------------------------------


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
    lease = Lease("12125550100", "sip:anna@unplugthepbx.com", "sip:anna@10.2.1.20", NOW)

    target = lookup.callback(snapshot, "+12125550100", now=NOW, leases=[lease])

    assert target is not None
    assert target.to_json() == {
        "uri": "sip:anna@10.2.1.20",
        "number": "+12125550100",
        "psap_callback": True,
        "reasons": ["callback: 12125550100 was shown by a call of sip:anna@unplugthepbx.com"],
    }


# --- policy -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ip", "user", "tag", "policy", "scope"),
    [
        ("10.2.1.20", "sip:anna@unplugthepbx.com", None, LA_POLICY, "site"),
        ("10.9.1.1", "sip:anna@unplugthepbx.com", None, NY_POLICY, "site"),
        ("192.0.2.1", "sip:Anna@UnplugThePBX.com", None, NY_POLICY, "user"),
        ("192.0.2.1", "tel:+12125550100", None, NY_POLICY, "user"),
        (None, "sip:bob@unplugthepbx.com", None, LA_POLICY, "home_site"),
        (None, "sip:nobody@unplugthepbx.com", None, GLOBAL_POLICY, "global"),
        (None, None, None, GLOBAL_POLICY, "global"),
        ("10.2.1.20", None, "user-tagid:ELIN", ELIN_POLICY, "tag"),
    ],
    ids=["R1", "VPN has a site", "R2", "by number", "R3", "stranger", "nothing", "tag"],
)
def test_policy_for(
    snapshot: Snapshot,
    ip: str | None,
    user: str | None,
    tag: str | None,
    policy: LocationPolicy,
    scope: str,
) -> None:
    choice = lookup.policy_for(snapshot, ip=ip, user=user, tag=tag)

    assert (choice.policy, str(choice.scope)) == (policy, scope)


def test_policy_for_refuses_what_is_no_address(snapshot: Snapshot) -> None:
    with pytest.raises(ValueError, match="not an IP address"):
        lookup.policy_for(snapshot, ip="ten", user=None)


# --- 911 completes ------------------------------------------------------------------------------


@pytest.mark.parametrize("table", sorted({*locations.TABLES, *lookup.TABLES} - {"routing"}))
def test_911_leaves_although_a_table_is_missing(tmp_path: Path, table: str) -> None:
    broken = write(tmp_path, without=[table])

    decision = decide(broken, invite())

    assert trunks(decision)


def test_911_leaves_by_the_same_way_although_nothing_can_be_located(tmp_path: Path) -> None:
    broken = write(tmp_path, without=["erl", "bssid", "civic", "uri", "mac", "chassis", "port"])

    decision = decide(broken, invite())

    assert trunks(decision) == ["911 Enable", "SBA"]
    assert shown(decision) == ["+13105550199", "+12125550100"]
    assert (decision.location.located, decision.pidf_lo) == (False, "")
    assert any(
        reason == "location: failed inside (OperationalError), the call goes on without it"
        for reason in decision.reasons
    )


@pytest.mark.parametrize("notify", [None, [], [(1, 2, 3)]], ids=["absent", "empty", "nonsense"])
def test_r25_notifications_never_change_the_way(tmp_path: Path, notify: Any) -> None:
    decision = decide(write(tmp_path, notify=notify), invite())

    assert trunks(decision) == ["911 Enable", "SBA"]
    assert decision.notify == ("sip:lasecurity@unplugthepbx.com",)


def test_911_leaves_although_routes_and_policies_are_unreadable(tmp_path: Path) -> None:
    broken = write(tmp_path, routing={"routes": "{", "voice_policies": "[1]", "elins": "null"})

    assert trunks(decide(broken, invite())) == ["SBA"]


def test_without_trunks_the_edge_is_told_so(tmp_path: Path) -> None:
    empty = write(tmp_path, table=RoutingTable())

    reply = decide(empty, invite()).to_json()

    assert (reply["emergency"], reply["targets"]) == (True, [])
    assert "route: no way out matched, last resort has no trunk" in reply["reasons"]


FIELDS = st.sampled_from(list(RouteRequest.__dataclass_fields__))
VALUES = st.text(max_size=40) | st.sampled_from(
    ["911", "sip:anna@unplugthepbx.com", "10.2.1.20", "::1", "\x00", "<presence/>", "user-tagid"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.dictionaries(FIELDS, VALUES))
def test_whatever_a_phone_sends_911_has_a_way_out(
    snapshot: Snapshot, fields: dict[str, str]
) -> None:
    request = RouteRequest.from_json({**fields, "ruri": "sip:911@pbx"})

    reply = decide(snapshot, request).to_json()

    assert reply["targets"]
    json.dumps(reply)
