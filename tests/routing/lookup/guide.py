"""The deployment guide's New York and Los Angeles as a published snapshot, and calls from there."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from e911portal.core.snapshot import Snapshot, SnapshotWriter
from locations import lookup as locations
from locations.domain.resolution import ERLRecord
from routing import lookup
from routing.domain.elins import ELIN
from routing.domain.numbers import EmergencyNumber, NormalizationRule
from routing.domain.policy import LocationPolicy, UnvalidatedAddresses
from routing.domain.reply import RouteDecision
from routing.domain.request import RouteRequest
from routing.domain.selection import CivicProfile, Transport, Trunk, TrunkKind, VoiceRoute
from routing.domain.table import RoutingTable

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
