"""The guide's deployment as a publication, written without a database: New York and Los Angeles.

Small on purpose, and the same names as the worked example: a wired port, an access point, subnets,
an address that the provider refuses, two trunks for each site and one user of each.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from e911portal.core import access
from e911portal.core.snapshot import SnapshotWriter, activate
from locations import lookup as locations
from locations.domain.resolution import ERLRecord
from routing import lookup as routing
from routing.domain.elins import ELIN
from routing.domain.numbers import EmergencyNumber, NormalizationRule
from routing.domain.policy import ConferenceMode, LocationPolicy
from routing.domain.selection import Transport, Trunk, TrunkKind, VoiceRoute
from routing.domain.table import RoutingTable, VoiceUser

AT = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
CHASSIS = "3c-4a-92-30-ec-00"
BSSID = "00-19-5b-7f-77-0d"
LOCATION_KEY, SIP_KEY = "key-of-the-lab", "key-of-the-edge"
NY, LA = 1, 2
SITES = {NY: "NY1", LA: "LA1"}
_STREETS = {
    "NY1": {"A1": "NY", "A3": "New York", "PRD": "N", "RD": "Cedar", "STS": "Dr", "HNO": "12345",
            "PC": "98765"},
    "LA1": {"A1": "CA", "A3": "Los Angeles", "PRD": "S", "RD": "Grand", "STS": "Ave", "HNO": "500",
            "PC": "90071"},
}  # fmt: skip
NUMBERS = (EmergencyNumber("911", ("9911",)),)


def erl(key: int, name: str, site: int, floor: str, verdict: str = "valid") -> ERLRecord:
    """Return an ERL of the example; ``comment`` of the publication may be part of its name."""
    civic = {"country": "US", **_STREETS[SITES[site]], "LOC": name, "FLR": floor}
    record: dict[str, Any] = {
        "name": name,
        "location": name,
        "company": "UnplugThePBX",
        "site": SITES[site],
        "civic": civic,
        "psap_text": name.upper(),
        "area_sq_ft": 4500,
        "lat": 40.7412 if site == NY else 34.0499,
        "lon": -73.9897 if site == NY else -118.254,
        "radius_m": 25,
        "verdict": {"status": verdict, "provider": "Example", "at": "2026-11-20T09:00:00Z"},
    }
    return ERLRecord(key, name, SITES[site], verdict, record)


def erls(mark: str = "") -> list[ERLRecord]:
    """Return the ERLs; ``mark`` is added to each name, to tell publications apart."""
    return [
        erl(1, f"New York Wired{mark}", NY, "2"),
        erl(2, f"New York 3rd Floor Wireless{mark}", NY, "3"),
        erl(3, f"New York 1st Floor{mark}", NY, "1"),
        erl(4, f"New York Annex{mark}", NY, "1", "invalid"),
        erl(5, f"New York Main Entrance{mark}", NY, "1"),
        erl(6, f"Los Angeles Wired{mark}", LA, "1"),
        erl(7, f"Los Angeles 1st Floor{mark}", LA, "1"),
    ]


SUBNETS: tuple[tuple[int, str, int | None, int, bool], ...] = (
    (1, "10.1.1.0/24", 3, NY, False),
    (2, "10.2.1.0/24", 7, LA, False),
    (3, "10.1.250.0/24", None, NY, True),
    (4, "2001:db8:1::/64", 3, NY, False),
)


def routing_table() -> RoutingTable:
    """Return the ways out: per site the provider, then its gateway; failover over both gateways."""
    provider = Trunk("provider", "192.0.2.10", TrunkKind.PROVIDER, 5060, Transport.TCP, True)
    return RoutingTable(
        policies={
            "New York": LocationPolicy(
                "New York",
                emergency_numbers=NUMBERS,
                pstn_usage="E911 (NY)",
                notification_uris=("sip:NYSecurity@unplugthepbx.com",),
                conference_uri="sip:+12125550199@unplugthepbx.com;user=phone",
                conference_mode=ConferenceMode.TWO_WAY,
            ),
            "Los Angeles": LocationPolicy(
                "Los Angeles",
                emergency_numbers=NUMBERS,
                pstn_usage="E911 (LA)",
                notification_uris=("sip:LASecurity@unplugthepbx.com",),
            ),
            "Global": LocationPolicy("Global", emergency_numbers=NUMBERS),
        },
        site_policies={NY: "New York", LA: "Los Angeles"},
        global_policy="Global",
        usages=("E911 (NY)", "E911 (LA)", "911 Failover"),
        routes=(
            VoiceRoute("E911(NY)", r"^\+911$", ("E911 (NY)",), ("provider",), 10),
            VoiceRoute("E911(LA)", r"^\+911$", ("E911 (LA)",), ("provider", "la-gateway"), 20),
            VoiceRoute("911Failover", r"^\+911$", ("911 Failover",), ("ny-gateway",), 90),
        ),
        trunks={
            "provider": provider,
            "ny-gateway": Trunk("ny-gateway", "192.0.2.20"),
            "la-gateway": Trunk("la-gateway", "192.0.2.30", TrunkKind.BRANCH_GATEWAY),
        },
        voice_policies={"Office users": ("911 Failover",)},
        rules=(NormalizationRule("Outside line", r"^9(911)$", "+$1"),),
        elins=(ELIN("+12125550177", "New York Wired"),),
        last_resort=("ny-gateway", "la-gateway"),
    )


USERS = (
    VoiceUser("sip:anna.rossi@unplugthepbx.com", "Anna Rossi", "+12125550123", "Office users",
              home_site=NY),
    VoiceUser("sip:ben.ito@unplugthepbx.com", "Ben Ito", "+12135550145", "Office users",
              home_site=LA),
)  # fmt: skip


def write(
    directory: Path,
    number: int,
    *,
    mark: str = "",
    networks: Iterable[tuple[str, str]] = (),
    without: Iterable[str] = (),
    table: RoutingTable | None = None,
) -> tuple[Path, str]:
    """Write the publication ``number`` into ``directory``; return its file and SHA-256.

    ``networks`` are (CIDR, role) of access; tables named in ``without`` are left out;
    ``table`` stands in for the ways out of the example.
    """
    content = rows(mark, table or routing_table())
    content["access_network"] = list(networks)
    content["access_key"] = [
        (access.token_digest(LOCATION_KEY), "lab", access.LOCATION),
        (access.token_digest(SIP_KEY), "edge", access.SIP),
    ]
    with SnapshotWriter(directory, number) as writer:
        for name, ddl in {**locations.TABLES, **routing.TABLES, **access.TABLES}.items():
            if name not in without:
                writer.table(name, ddl)
                writer.rows(name, content.get(name, []))
        writer.meta(created_at=AT, author="test")
        return writer.finish()


def publish(directory: Path, number: int, **options: Any) -> None:
    """Write a publication and make it the active one."""
    path, sha256 = write(directory, number, **options)
    activate(directory, number, path.name, sha256)


def rows(mark: str, table: RoutingTable) -> dict[str, list[Any]]:
    """Return the rows of the example by table of the snapshot."""
    places = erls(mark)
    site_ids = {name: key for key, name in SITES.items()}
    rows4, rows6 = locations.range_rows((key, cidr) for key, cidr, *_ in SUBNETS)
    return {
        "erl": [
            locations.erl_row(
                place.id, place.name, site_ids[place.site], place.verdict, place.record
            )
            for place in places
        ],
        "civic": locations.civic_rows(places),
        "city": locations.city_rows(places),
        "site": [
            locations.site_row(NY, "NY1", 5, {"region": "NorthAmerica"}),
            locations.site_row(LA, "LA1", None, {"region": "NorthAmerica"}),
        ],
        "bssid": [locations.bssid_row(BSSID, 2, NY)],
        "port": [
            locations.port_row(CHASSIS, "7", 7, "7", 1, NY),
            locations.port_row(CHASSIS, "8", 7, "8", 4, NY),
        ],
        "mac": [locations.keyed_row("00-04-13-aa-bb-cc", 1, NY)],
        "uri": [locations.keyed_row("tel:+12125550150", 5, NY)],
        "subnet": [locations.subnet_row(*subnet) for subnet in SUBNETS],
        "ip4": rows4,
        "ip6": rows6,
        "policy": [(name, _json(policy.to_record())) for name, policy in table.policies.items()],
        "site_policy": sorted(table.site_policies.items()),
        "routing": [(name, _json(value)) for name, value in table.to_values().items()],
        "user": [(user.sip_uri, _json(_user(user))) for user in USERS],
        "user_number": sorted((user.number, user.sip_uri) for user in USERS),
    }


def _user(user: VoiceUser) -> Mapping[str, Any]:
    return {name: getattr(user, name) for name in VoiceUser.__dataclass_fields__}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
