"""The search from clue to location: the order of the tiers, verdicts, BSSIDs, and the reasons."""

import pytest

from locations.domain.resolution import (
    Clue,
    Row,
    resolve,
)
from tests.locations.domain.estate import (
    BSSID,
    CHASSIS,
    EVERYTHING,
    FULL,
    MAC,
    NOW,
    OTHER_BSSID,
    SITES,
    Estate,
    summary,
)


@pytest.mark.parametrize(
    ("clue", "expected"),
    [
        pytest.param(EVERYTHING, ("bssid", BSSID, "New York Wireless"), id="bssid-first"),
        pytest.param(
            Clue(chassis=CHASSIS, port="7", ip="10.1.1.20", mac=MAC),
            ("port", f"{CHASSIS} / 7", "New York Wired"),
            id="port",
        ),
        pytest.param(
            Clue(chassis=CHASSIS, port="8", ip="10.1.1.20"),
            ("chassis", CHASSIS, "NY lobby"),
            id="unmapped-port-of-a-mapped-chassis",
        ),
        pytest.param(
            Clue(chassis="00-00-00-00-00-01", port="7", ip="10.1.1.20", mac=MAC),
            ("subnet", "10.1.1.0/24", "New York 1st Floor"),
            id="unknown-chassis-falls-through-to-subnet",
        ),
        pytest.param(Clue(ip="10.9.9.9", mac=MAC), ("mac", MAC, "New York Wired"), id="mac"),
        pytest.param(
            Clue(uri="sip:lobby@example.com"),
            ("endpoint", "sip:lobby@example.com", "NY lobby"),
            id="endpoint",
        ),
        pytest.param(Clue(ip="10.9.9.9"), (None, None, None), id="nothing-mapped"),
        pytest.param(Clue(), (None, None, None), id="empty-clue"),
        pytest.param(
            Clue(entity="sip:lobby@example.com"), (None, None, None), id="entity-is-no-evidence"
        ),
    ],
)
def test_first_tier_with_a_location_wins(
    clue: Clue, expected: tuple[str | None, str | None, str | None]
) -> None:
    assert summary(resolve(clue, FULL, now=NOW)) == expected


def test_runners_up_are_the_further_usable_matches_in_order() -> None:
    found = resolve(EVERYTHING, FULL, now=NOW)

    assert [(match.tier, match.matched, match.erl.name) for match in found.runners_up] == [
        ("port", f"{CHASSIS} / 7", "New York Wired"),
        ("chassis", CHASSIS, "NY lobby"),
        ("subnet", "10.1.1.0/24", "New York 1st Floor"),
        ("mac", MAC, "New York Wired"),
        ("endpoint", "sip:lobby@example.com", "NY lobby"),
        ("site_default", "NY1", "NY lobby"),
    ]


def test_reasons_name_every_step_up_to_the_winner() -> None:
    found = resolve(Clue(chassis=CHASSIS, port="7", ip="10.1.1.20"), FULL, now=NOW)

    assert found.reasons == (
        "bssid: none given",
        "port 3c-4a-92-30-ec-00/7: New York Wired",
    )


def test_reasons_name_every_step_when_nothing_is_found() -> None:
    clue = Clue((BSSID,), chassis="c", port="p", ip="10.9.9.9", mac=MAC, uri="sip:a@b")

    assert resolve(clue, Estate(), now=NOW).reasons == (
        f"bssid {BSSID}: not mapped",
        "port c/p: not mapped",
        "chassis c: not mapped",
        "subnet 10.9.9.9: not mapped",
        f"mac {MAC}: not mapped",
        "endpoint sip:a@b: not mapped",
        "last_known: none given",
        "site_default: no network site known",
    )


def test_port_that_was_not_given_is_said() -> None:
    reasons = resolve(Clue(chassis="c"), Estate(), now=NOW).reasons

    assert reasons[1:3] == ("port: none given", "chassis c: not mapped")


def test_reasons_name_what_was_not_given() -> None:
    assert resolve(Clue(port="7"), Estate(), now=NOW).reasons == (
        "bssid: none given",
        "port: given without a chassis",
        "chassis: none given",
        "subnet: no address given",
        "mac: none given",
        "endpoint: none given",
        "last_known: none given",
        "site_default: no network site known",
    )


@pytest.mark.parametrize(
    ("erl_id", "withhold", "located", "confidence", "reason"),
    [
        pytest.param(2, True, True, "validated", "port c/7: New York Wired", id="valid"),
        pytest.param(
            4,
            True,
            False,
            "none",
            "port c/7: mapped to Refused, whose address is not validated (invalid): withheld",
            id="invalid",
        ),
        pytest.param(
            4,
            False,
            False,
            "none",
            "port c/7: mapped to Refused, whose address is not validated (invalid): withheld",
            id="invalid-is-never-answered",
        ),
        pytest.param(
            5,
            True,
            False,
            "none",
            "port c/7: mapped to Unchecked, whose address is not validated (none): withheld",
            id="unchecked-withheld",
        ),
        pytest.param(
            5,
            False,
            True,
            "unvalidated",
            "port c/7: Unchecked, whose address is not validated (none)",
            id="unchecked-flagged",
        ),
        pytest.param(
            None, True, False, "none", "port c/7: known, but without a location", id="no-location"
        ),
        pytest.param(
            99, True, False, "none", "port c/7: known, but without a location", id="dangling"
        ),
    ],
)
def test_verdict_of_the_address_decides_whether_it_is_answered(
    erl_id: int | None, withhold: bool, located: bool, confidence: str, reason: str
) -> None:
    estate = Estate(ports={("c", "7"): Row("c / 7", erl_id, None)})

    found = resolve(Clue(chassis="c", port="7"), estate, now=NOW, withhold=withhold)

    assert (found.located, found.confidence, found.reasons[1]) == (located, confidence, reason)


def test_withheld_address_is_a_miss_and_the_search_goes_on() -> None:
    estate = Estate(
        ports={(CHASSIS, "7"): Row(f"{CHASSIS} / 7", 4, 1)}, networks=FULL.networks, sites=SITES
    )

    found = resolve(Clue(chassis=CHASSIS, port="7", ip="10.1.1.20"), estate, now=NOW)

    assert summary(found) == ("subnet", "10.1.1.0/24", "New York 1st Floor")


@pytest.mark.parametrize(
    ("bssids", "rows", "expected"),
    [
        pytest.param(
            (BSSID,),
            {"00-19-5b-7f-77-*": 1, "00-19-5b-7f-77-0*": 2, BSSID: 3},
            (BSSID, f"bssid {BSSID}: New York 1st Floor"),
            id="exact-beats-wildcards",
        ),
        pytest.param(
            (BSSID,),
            {"00-19-5b-7f-77-*": 1, "00-19-5b-7f-77-0*": 2},
            ("00-19-5b-7f-77-0*", f"bssid {BSSID} in 00-19-5b-7f-77-0*: New York Wired"),
            id="eleven-digits-beat-ten",
        ),
        pytest.param(
            (BSSID,),
            {"00-19-5b-7f-77-*": 1, BSSID: None},
            ("00-19-5b-7f-77-*", f"bssid {BSSID}: known, but without a location"),
            id="exact-without-location-falls-to-the-wildcard",
        ),
        pytest.param(
            (OTHER_BSSID, BSSID),
            {BSSID: 1, OTHER_BSSID: 2},
            (OTHER_BSSID, f"bssid {OTHER_BSSID}: New York Wired"),
            id="first-given-wins",
        ),
        pytest.param(
            (OTHER_BSSID, BSSID),
            {BSSID: 1, OTHER_BSSID: 4},
            (
                BSSID,
                f"bssid {OTHER_BSSID}: mapped to Refused, "
                "whose address is not validated (invalid): withheld",
            ),
            id="first-usable-wins",
        ),
    ],
)
def test_bssids(
    bssids: tuple[str, ...], rows: dict[str, int | None], expected: tuple[str, str]
) -> None:
    estate = Estate(bssids={key: Row(key, erl_id, None) for key, erl_id in rows.items()})

    found = resolve(Clue(bssids=bssids), estate, now=NOW)

    assert (found.matched, found.reasons[0]) == expected
