"""The search from clue to location: what was known last, and what a client says of itself."""

from datetime import timedelta

import pytest

from locations.domain.resolution import (
    Clue,
    ERLRecord,
    Evidence,
    judge,
    resolve,
)
from tests.locations.domain.estate import (
    CEDAR,
    CHASSIS,
    ERLS,
    FULL,
    MAC,
    NOW,
    SITES,
    Estate,
    subnet,
    summary,
)

WIRED = Evidence(Clue(chassis=CHASSIS, port="7"), NOW - timedelta(minutes=35))


def test_last_known_answers_with_its_age_and_the_tier_of_its_evidence() -> None:
    found = resolve(Clue(ip="192.168.0.9"), FULL, now=NOW, last_known=WIRED)

    assert summary(found) == ("last_known", f"{CHASSIS} / 7", "New York Wired")
    assert (found.age_s, found.via, found.site) == (2100, "port", "NY1")
    assert found.reasons[-1] == f"last_known, 35 min old, port {CHASSIS}/7: New York Wired"


def test_stale_precise_loses_to_fresh_coarse() -> None:
    found = resolve(Clue(ip="10.1.1.20"), FULL, now=NOW, last_known=WIRED)

    assert summary(found) == ("subnet", "10.1.1.0/24", "New York 1st Floor")
    assert (found.age_s, found.runners_up[0].tier, found.runners_up[0].age_s) == (
        0,
        "last_known",
        2100,
    )


@pytest.mark.parametrize(
    ("ip", "age", "tier", "reason"),
    [
        pytest.param(
            "192.168.0.9",
            timedelta(hours=5),
            None,
            f"last_known, 5 h old, port {CHASSIS}/7: New York Wired: older than 4 h, not used",
            id="older-than-the-limit",
        ),
        pytest.param(
            "10.9.0.1",
            timedelta(minutes=1),
            None,
            f"last_known, 1 min old, port {CHASSIS}/7: New York Wired: "
            "the device is now in excluded 10.9.0.0/16, not used",
            id="now-on-the-vpn",
        ),
        pytest.param(
            "10.2.1.1",
            timedelta(minutes=1),
            None,
            f"last_known, 1 min old, port {CHASSIS}/7: New York Wired: "
            "the device is now in site LA1, not used",
            id="now-in-another-site",
        ),
        pytest.param(
            "10.1.2.1",
            timedelta(hours=4),
            "last_known",
            f"last_known, 4 h old, port {CHASSIS}/7: New York Wired",
            id="same-site-at-the-limit",
        ),
        pytest.param(
            "10.1.2.1",
            timedelta(days=3),
            "site_default",
            f"last_known, 3 d old, port {CHASSIS}/7: New York Wired: older than 4 h, not used",
            id="old-loses-to-the-site-default",
        ),
        pytest.param(
            "10.1.2.1",
            timedelta(seconds=-9),
            "last_known",
            f"last_known, 0 min old, port {CHASSIS}/7: New York Wired",
            id="clock-ahead",
        ),
    ],
)
def test_last_known_is_used_only_while_nothing_contradicts_it(
    ip: str, age: timedelta, tier: str | None, reason: str
) -> None:
    estate = Estate(
        ports=FULL.ports,
        networks={
            "10.9.0.0/16": subnet("10.9.0.0/16", None, excluded=True),
            "10.2.1.0/24": subnet("10.2.1.0/24", None, 2),
            "10.1.2.0/24": subnet("10.1.2.0/24", None, 1),
        },
        sites=SITES,
    )
    evidence = Evidence(WIRED.clue, NOW - age)

    found = resolve(Clue(ip=ip), estate, now=NOW, last_known=evidence)

    assert found.tier == tier
    assert [line for line in found.reasons if line.startswith("last_known")] == [reason]


def test_last_known_that_leads_nowhere_is_said() -> None:
    evidence = Evidence(Clue(mac=MAC), NOW)

    found = resolve(Clue(), Estate(), now=NOW, last_known=evidence)

    assert found.reasons[-2] == "last_known, 0 min old: leads to no location"


@pytest.mark.parametrize(
    ("civic", "expected"),
    [
        pytest.param(CEDAR, "validated", id="equal"),
        pytest.param(
            {**CEDAR, "RD": " cedar ", "NAM": "1111-222-333"},
            "validated",
            id="spelling-and-company",
        ),
        pytest.param({**CEDAR, "HNO": "12346"}, "manual", id="another-house"),
        pytest.param({**CEDAR, "FLR": "3"}, "manual", id="more-than-published"),
        pytest.param({}, "manual", id="empty"),
    ],
)
def test_judge_compares_with_what_is_published(civic: dict[str, str], expected: str) -> None:
    assert judge(civic, FULL) == expected


@pytest.mark.parametrize("verdict", ["invalid", "stale", "none", "adjusted"])
def test_judge_of_an_address_without_a_valid_verdict(
    verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ERLS, 2, ERLRecord(2, "x", "NY1", verdict, {"civic": CEDAR}))

    assert judge(CEDAR, FULL) == "unvalidated"
