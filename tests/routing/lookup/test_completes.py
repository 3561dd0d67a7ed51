"""911 has a way out, whatever is damaged and whatever a phone sends."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from e911portal.core.snapshot import Snapshot
from locations import lookup as locations
from routing import lookup
from routing.domain.request import RouteRequest
from routing.domain.table import RoutingTable
from tests.routing.lookup.guide import (
    decide,
    invite,
    shown,
    trunks,
    write,
)


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
