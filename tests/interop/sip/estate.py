"""The guide's deployment on addresses of this machine: New York is 127.0.1.0/24, Los Angeles
127.0.2.0/24, the VPN 127.0.3.0/24, and 127.0.4.0/24 is somewhere in New York; each trunk is a port.
Names are those of the worked example."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from e911portal.core import access
from e911portal.core.snapshot import SnapshotWriter, activate
from locations import lookup as locations
from locations.domain.profiles import Profile
from routing import lookup as routing
from routing.domain.elins import ELIN
from routing.domain.numbers import EmergencyNumber, NormalizationRule
from routing.domain.policy import ConferenceMode, LocationPolicy
from routing.domain.selection import Transport, Trunk, TrunkKind, VoiceRoute
from routing.domain.table import RoutingTable, VoiceUser
from tests.callpath import sample
from tests.callpath.sample import LA, NY

DOMAIN = "unplugthepbx.com"
NY_PHONE, LA_PHONE, VPN_PHONE, NY_SOMEWHERE, ANALOG_GATEWAY = (
    "127.0.1.20",
    "127.0.2.20",
    "127.0.3.20",
    "127.0.4.20",
    "127.0.9.9",
)
#: Its host is no host's name, by RFC 6761 §6.4.
UNKNOWN_DESK = "sip:desk@nobody.invalid"
DESK_PHONE = "sip:NYSecurity@unplugthepbx.com"
#: Nobody calls as Cara in any test: what calls showed is remembered from one test to the next.
USERS = (
    *sample.USERS,
    VoiceUser("sip:cara.diaz@unplugthepbx.com", "Cara Diaz", "+12135550146", "Office users",
              home_site=LA),
    VoiceUser(DESK_PHONE, "Security of New York", "+12125550199", "Office users", home_site=NY),
)  # fmt: skip
CONFERENCE = f"sip:+12125550199@{DOMAIN};user=phone"
SUBNETS = (
    (1, "127.0.1.0/24", 3, NY, False),
    (2, "127.0.2.0/24", 7, LA, False),
    (3, "127.0.3.0/24", None, NY, True),
    (4, "127.0.4.0/24", None, NY, False),
)


@dataclass(frozen=True, slots=True)
class Ports:
    """The port of each trunk, and of the desk's phone."""

    provider: int
    ny_gateway: int
    la_gateway: int
    la_elin: int
    desk: int


def table(ports: Ports, transport: Transport = Transport.TCP) -> RoutingTable:
    """Return policies, routes and trunks; the far gateways are the last resort."""
    numbers = (EmergencyNumber("911", ("9911",)),)
    provider = Trunk(
        "provider", "127.0.0.1", TrunkKind.PROVIDER, ports.provider, transport, True,
        Profile.MICROSOFT, send_conference_data=True, no_reply_ms=1000, no_answer_ms=4000,
    )  # fmt: skip
    ny_gateway = Trunk("ny-gateway", "127.0.0.1", port=ports.ny_gateway, no_reply_ms=1000)
    la_gateway = Trunk(
        "la-gateway", "127.0.0.1", TrunkKind.BRANCH_GATEWAY, ports.la_gateway, no_reply_ms=1000
    )
    la_elin = Trunk(
        "la-elin", "127.0.0.1", TrunkKind.ELIN_GATEWAY, ports.la_elin, send_pidf_lo=True,
        no_reply_ms=1000,
    )  # fmt: skip
    desk = f"sip:desk@127.0.0.1:{ports.desk}"
    return RoutingTable(
        policies={
            "New York": LocationPolicy(
                "New York", emergency_numbers=numbers, pstn_usage="E911 (NY)",
                notification_uris=(desk,), conference_uri=CONFERENCE,
                conference_mode=ConferenceMode.TWO_WAY,
            ),
            "Los Angeles": LocationPolicy(
                "Los Angeles", emergency_numbers=numbers, pstn_usage="E911 (LA)",
                notification_uris=(UNKNOWN_DESK, desk), conference_uri=CONFERENCE,
                conference_mode=ConferenceMode.ONE_WAY,
            ),
            "Global": LocationPolicy(
                "Global", emergency_numbers=numbers, pstn_usage="E911 (Global)"
            ),
        },
        site_policies={NY: "New York", LA: "Los Angeles"},
        global_policy="Global",
        usages=("E911 (NY)", "E911 (LA)", "E911 (Global)", "911 Failover"),
        routes=(
            VoiceRoute("E911(NY)", r"^\+911$", ("E911 (NY)",), ("provider", "ny-gateway"), 10),
            VoiceRoute(
                "E911(LA)", r"^\+911$", ("E911 (LA)",), ("provider", "la-elin", "la-gateway"), 20,
                suppress_caller_id=False,
            ),
            VoiceRoute(
                "E911(Global)", r"^\+911$", ("E911 (Global)",), ("provider",), 30,
                suppress_caller_id=True, alternate_caller_id="+12125550100",
            ),
            VoiceRoute("911Failover", r"^\+911$", ("911 Failover",), ("ny-gateway",), 90),
        ),
        trunks={trunk.name: trunk for trunk in (provider, ny_gateway, la_gateway, la_elin)},
        voice_policies={"Office users": ("911 Failover",)},
        rules=(NormalizationRule("Outside line", r"^0(911)$", "+$1"),),
        elins=(ELIN("+13105550171", "Los Angeles 1st Floor"),),
        last_resort=("ny-gateway", "la-gateway"),
    )  # fmt: skip


def publish(state: Path, number: int, found: RoutingTable) -> None:
    """Write the publication and make it the active one."""
    directory = state / "publications"
    with SnapshotWriter(directory, number) as writer:
        tables = {**locations.TABLES, **routing.TABLES, **access.TABLES}
        content = _rows(found)
        for name, ddl in tables.items():
            writer.table(name, ddl)
            writer.rows(name, content.get(name, []))
        writer.meta(created_at=sample.AT, author="test")
        path, sha256 = writer.finish()
    activate(directory, number, path.name, sha256)


def _rows(found: RoutingTable) -> Mapping[str, list[tuple[object, ...]]]:
    places = sample.erls()
    site_ids = {name: key for key, name in sample.SITES.items()}
    rows4, rows6 = locations.range_rows((key, cidr) for key, cidr, *_ in SUBNETS)
    return {
        "erl": [
            locations.erl_row(erl.id, erl.name, site_ids[erl.site], erl.verdict, erl.record)
            for erl in places
        ],
        "civic": locations.civic_rows(places),
        "site": [
            locations.site_row(NY, "NY1", 3, {"region": "NorthAmerica"}),
            locations.site_row(LA, "LA1", None, {"region": "NorthAmerica"}),
        ],
        "bssid": [locations.bssid_row(sample.BSSID, 2, NY)],
        "port": [locations.port_row(sample.CHASSIS, "7", 7, "7", 1, NY)],
        "uri": [locations.keyed_row("tel:+12125550150", 5, NY)],
        "subnet": [locations.subnet_row(*subnet) for subnet in SUBNETS],
        "ip4": rows4,
        "ip6": rows6,
        "policy": [
            (name, json.dumps(policy.to_record())) for name, policy in found.policies.items()
        ],
        "site_policy": sorted(found.site_policies.items()),
        "routing": [(name, json.dumps(value)) for name, value in found.to_values().items()],
        "user": [(user.sip_uri, json.dumps(asdict(user))) for user in USERS],
        "user_number": sorted((user.number, user.sip_uri) for user in USERS),
    }
