"""The routing table and its JSON form."""

import json

import pytest

from routing.domain.elins import ELIN
from routing.domain.numbers import NormalizationRule
from routing.domain.policy import LocationPolicy
from routing.domain.selection import Trunk, TrunkKind, VoiceRoute
from routing.domain.table import CallParkOrbit, RoutingTable, VoiceUser

TABLE = RoutingTable(
    policies={"New York": LocationPolicy("New York", pstn_usage="E911 (NY)")},
    site_policies={1: "New York"},
    global_policy="New York",
    usages=("E911 (NY)",),
    routes=(VoiceRoute("E911(NY)", r"^\+911$", ("E911 (NY)",), ("Provider",)),),
    trunks={"Provider": Trunk("Provider", "sip.provider.example", TrunkKind.PROVIDER)},
    voice_policies={"NY users": ("E911 (NY)", "Failover")},
    rules=(NormalizationRule("Strip 9", r"^9(911)$", "+$1"),),
    orbits=(CallParkOrbit("Park", "*100", "*199"),),
    elins=(ELIN("+12125550670", "New York Wired", 15),),
    last_resort=("Provider",),
)


def test_table_survives_json() -> None:
    values = json.loads(json.dumps(TABLE.to_values()))
    policies = [policy.to_record() for policy in TABLE.policies.values()]

    assert RoutingTable.from_values(values, policies, {1: "New York"}) == TABLE


def test_table_of_nothing_is_empty() -> None:
    assert RoutingTable.from_values({}) == RoutingTable()


def test_table_reads_round_a_bad_record() -> None:
    table = RoutingTable.from_values(
        {
            "trunks": [{"name": "No host"}, {"name": "Good", "host": "10.0.0.1"}],
            "routes": [None, {"name": "R", "pattern": "^9$"}],
            "voice_policies": {"P": None, "Q": ["U"]},
            "normalization": [{"pattern": "^9$", "translation": "8"}],
            "orbits": [{"first": "1", "last": "2"}],
            "elins": 5,
        },
        [{}, {"name": "New York"}],
    )

    assert list(table.trunks) == ["Good"]
    assert [route.name for route in table.routes] == ["R"]
    assert table.voice_policies == {"Q": ("U",)}
    assert table.rules == (NormalizationRule("^9$", "^9$", "8"),)
    assert table.orbits == (CallParkOrbit("", "1", "2"),)
    assert table.elins == ()
    assert list(table.policies) == ["New York"]
    assert [fault.split(":")[0] for fault in table.faults] == [
        "policy",
        "trunk",
        "route",
        "voice policy",
    ]


@pytest.mark.parametrize(
    ("orbit", "number", "inside"),
    [
        (CallParkOrbit("P", "900", "919"), "911", True),
        (CallParkOrbit("P", "900", "919"), "900", True),
        (CallParkOrbit("P", "900", "919"), "919", True),
        (CallParkOrbit("P", "900", "919"), "920", False),
        (CallParkOrbit("P", "900", "919"), "9110", False),
        (CallParkOrbit("P", "*900", "*919"), "911", False),
        (CallParkOrbit("P", "*900", "*919"), "*911", True),
    ],
)
def test_orbit_contains(orbit: CallParkOrbit, number: str, inside: bool) -> None:
    assert orbit.contains(number) is inside


def test_elins_of_a_location_are_its_own_else_those_in_its_company_name() -> None:
    assert TABLE.elins_of("New York Wired", "1111111111") == TABLE.elins
    assert TABLE.elins_of("LA", "1111-222-333; 1234567890") == (
        ELIN("1111222333", "LA"),
        ELIN("1234567890", "LA"),
    )
    assert TABLE.elins_of("LA", "UnplugThePBX") == ()


def test_voice_user_from_record() -> None:
    record = {"sip_uri": "sip:anna@example.com", "number": "+12125550100", "home_site": 1}

    assert VoiceUser.from_record(record) == VoiceUser(
        "sip:anna@example.com", number="+12125550100", home_site=1
    )
    assert VoiceUser.from_record({"sip_uri": "sip:a@b"}).home_site is None
