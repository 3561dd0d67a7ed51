"""Decisions that the edge keeps for the time when it cannot ask."""

import json
import sqlite3
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e911portal.core.snapshot import Snapshot
from routing.edge.fallback import Fallback, fallback, last_resort, octet_prefixes
from tests.callpath import sample
from tests.schemas import schema_errors

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Fallback:
    """The tables of the sample publication."""
    path, _ = sample.write(tmp_path_factory.mktemp("edge"), 7)
    return fallback(Snapshot(path), now=NOW)


def decision(made: Fallback, key: str) -> dict[str, Any]:
    """Return the decision that a key of ``where`` leads to."""
    return json.loads(made.decisions[made.where[key].split("|")[0]])


def test_network_leads_to_its_location_and_way(made: Fallback) -> None:
    found = decision(made, "net:10.2.1")

    assert found["location"]["erl"]["name"] == "Los Angeles 1st Floor"
    assert [target["id"] for target in found["targets"]] == ["provider", "la-gateway"]
    assert found["publication"] == 7


def test_document_awaits_the_time_of_the_call(made: Fallback) -> None:
    document = decision(made, "net:10.1.1")["pidf_lo"]

    assert "<dm:timestamp>@NOW@</dm:timestamp>" in document
    assert "retention-expiry" not in document
    assert schema_errors(document.replace("@NOW@", "2026-11-21T12:00:00Z")) == []


def test_caller_leads_to_the_way_of_its_home_and_its_number(made: Fallback) -> None:
    key = made.where["aor:ben.ito@unplugthepbx.com"]
    found = decision(made, "aor:ben.ito@unplugthepbx.com")

    assert key.split("|")[1] == "+12135550145"
    # … and by its number to the user too, whom a callback without the call path reaches.
    assert made.where["num:+12135550145"] == f"{key}||sip:ben.ito@unplugthepbx.com"
    assert [target["id"] for target in found["targets"]] == ["provider", "la-gateway", "ny-gateway"]
    assert {target["from_uri"] for target in found["targets"]} == {""}
    assert found["pidf_lo"] == ""


def test_fixed_phone_is_known_by_its_number_and_place(made: Fallback) -> None:
    assert made.where["num:+12125550150"].endswith("|+12125550150|fixed")
    found = decision(made, "num:+12125550150")
    assert found["location"]["erl"]["name"] == "New York Main Entrance"


def test_excluded_network_has_a_way_and_no_location(made: Fallback) -> None:
    found = decision(made, "net:10.1.250")

    assert (found["location"]["erl"], found["pidf_lo"]) == (None, "")
    assert found["targets"][0]["id"] == "provider"


def test_last_resort_is_every_trunk_in_order() -> None:
    targets = last_resort(sample.routing_table())

    assert [target["id"] for target in targets] == ["ny-gateway", "la-gateway", "provider"]
    assert [target["takes_pidf"] for target in targets] == [0, 0, 1]


def test_without_a_publication_the_numbers_are_known() -> None:
    made = fallback(None, now=NOW)

    assert (made.decisions, made.where) == ({}, {})
    assert made.numbers["911"] == "911"


def test_broken_publication_leaves_the_default(tmp_path: Path) -> None:
    path, _ = sample.write(tmp_path, 8, without=["ip4", "user", "uri"])

    made = fallback(Snapshot(path), now=NOW)

    assert made.where == {}
    assert set(made.decisions) == {"default", "last_resort"}


def test_tables_are_as_kamailio_reads_them(made: Fallback, tmp_path: Path) -> None:
    path = tmp_path / "fallback.sqlite"
    made.write(path)

    with sqlite3.connect(path) as db:
        versions = dict(db.execute("SELECT * FROM version"))
        numbers = dict(db.execute("SELECT key_name, key_value FROM htable_numbers"))
    db.close()

    assert versions == {"htable_decisions": 2, "htable_where": 2, "htable_numbers": 2}
    assert numbers == made.numbers


@pytest.mark.parametrize(
    ("first", "last", "prefixes"),
    [
        ("10.0.0.0", "10.255.255.255", ["10"]),
        ("10.1.0.0", "10.2.255.255", ["10.1", "10.2"]),
        ("10.1.1.254", "10.1.3.0", ["10.1.1.254", "10.1.1.255", "10.1.2", "10.1.3.0"]),
    ],
)
def test_range_becomes_whole_octets(first: str, last: str, prefixes: list[str]) -> None:
    assert list(octet_prefixes(int(IPv4Address(first)), int(IPv4Address(last)))) == prefixes


@given(st.integers(0, 2**32 - 1), st.integers(0, 200_000))
def test_prefixes_cover_exactly_the_range(first: int, size: int) -> None:
    last = min(first + size, 2**32 - 1)

    at = first
    for prefix in octet_prefixes(first, last):
        octets = prefix.split(".")
        assert int(IPv4Address(".".join([*octets, "0", "0", "0"][:4]))) == at
        at += 256 ** (4 - len(octets))

    assert at == last + 1
