"""The difference of two routing tables by consequence; no database."""

from dataclasses import replace

import pytest

from routing.differences import compare
from routing.domain.numbers import EmergencyNumber, NormalizationRule
from routing.domain.policy import LocationPolicy
from routing.domain.selection import Trunk, TrunkKind, VoiceRoute
from routing.domain.table import RoutingTable
from routing.grants import Grant

SITES = {1: "NY1", 2: "LA1"}


def table(**values):
    """A table in which NY1 leaves by trunk A and everything else by the last resort Z."""
    return RoutingTable(
        **{
            "policies": {"NY": LocationPolicy("NY", pstn_usage="E911")},
            "site_policies": {1: "NY"},
            "usages": ("E911",),
            "routes": (VoiceRoute("E911", r"^\+911$", ("E911",), ("A",)),),
            "trunks": {"A": Trunk("A", "a.example"), "Z": Trunk("Z", "z.example")},
            "last_resort": ("Z",),
            **values,
        }
    )


def rows(old, new, old_sites=SITES, new_sites=SITES, **more):
    sets, findings = compare(old, new, old_sites=old_sites, new_sites=new_sites, **more)
    changes = {
        (entry.kind, row.label): (str(row.effect), row.before, row.after)
        for entry in sets
        for row in entry.rows
    }
    return changes, [(finding.code, finding.subject.label) for finding in findings]


def test_equal_tables_differ_in_nothing():
    assert rows(table(), table()) == ({}, [])


@pytest.mark.parametrize(
    ("change", "expected", "codes"),
    [
        pytest.param(
            {"routes": (VoiceRoute("E911", r"^\+911$", ("E911",), ("Z",)),)},
            {
                ("Way out", "NY1"): ("moves", "A", "Z"),
                ("Voice route", "E911"): ("changes", "edited", ""),
            },
            [],
            id="another trunk",
        ),
        pytest.param(
            {"routes": ()},
            {
                ("Way out", "NY1"): ("moves", "A", "last resort: Z"),
                ("Voice route", "E911"): ("loses", "removed", ""),
            },
            [("PUB002", "NY1")],
            id="route removed",
        ),
        pytest.param(
            {"routes": (VoiceRoute("E911", r"^911$", ("E911",), ("A",)),)},
            {
                ("Way out", "NY1"): ("moves", "A", "last resort: Z"),
                ("Voice route", "E911"): ("changes", "edited", ""),
            },
            [("PUB002", "NY1")],
            id="pattern that matches +911 no more",
        ),
        pytest.param(
            {"site_policies": {}},
            {
                ("Location policy of a site", "NY1"): ("moves", "NY", "built-in"),
                ("Way out", "NY1"): ("moves", "A", "last resort: Z"),
            },
            [("PUB003", "NY1"), ("PUB002", "NY1")],
            id="policy taken from the site",
        ),
        pytest.param(
            {"site_policies": {1: "NY", 2: "NY"}},
            {
                ("Location policy of a site", "LA1"): ("moves", "built-in", "NY"),
                ("Way out", "LA1"): ("moves", "last resort: Z", "A"),
            },
            [],
            id="policy given to another site",
        ),
    ],
)
def test_change_is_told_by_its_consequence(change, expected, codes):
    assert rows(table(), table(**change)) == (expected, codes)


def test_first_publication_gains_everything():
    changes, findings = rows(None, table())

    assert {effect for effect, *_ in changes.values()} == {"gains"}
    assert findings == []


def test_new_site_gains_its_way_out():
    changes, findings = rows(table(), table(), old_sites={1: "NY1"})

    assert changes["Way out", "LA1"] == ("gains", "", "last resort: Z")
    assert findings == []


def test_voice_policy_is_followed_as_a_fallback():
    failover = VoiceRoute("911Failover", r"^\+911$", ("Failover",), ("Z",))
    old = table(voice_policies={"Users": ("Failover",)}, routes=(*table().routes, failover))
    new = table(voice_policies={"Users": ()}, routes=old.routes)

    changes, _ = rows(old, new)

    assert changes["Way out", "NY1, voice policy Users"] == ("moves", "A → Z", "A")


def test_elements_that_go_to_a_site_without_policy_lose_it_and_their_way():
    changes, findings = rows(table(), table(), moves={(1, 2): 12})

    label = "NY1 → LA1 (12 elements)"
    assert changes == {
        ("Location policy of a site", label): ("moves", "NY", "built-in"),
        ("Way out", label): ("moves", "A", "last resort: Z"),
    }
    assert findings == [("PUB003", label), ("PUB002", label)]


@pytest.mark.parametrize("move", [(2, 1), (None, 1), (2, None)], ids=str)
def test_elements_that_go_to_no_worse_a_site_need_no_acknowledgement(move):
    _, findings = rows(table(), table(), moves={move: 1})

    assert findings == []


NUMBERS = (EmergencyNumber("911", ("9911", "0911")), EmergencyNumber("112"))
POLICY = LocationPolicy("NY", pstn_usage="E911", emergency_numbers=NUMBERS)
ROUTES = (*table().routes, VoiceRoute("E112", r"^\+112$", ("E911",), ("A",), priority=2))


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"policies": {"NY": replace(POLICY, emergency_numbers=NUMBERS[:1])}},
         [("PUB005", "NY1, 112")]),
        ({"policies": {"NY": replace(POLICY, emergency_numbers=())}},
         [("PUB005", "NY1, 0911"), ("PUB005", "NY1, 112")]),
        ({"routes": ROUTES[:1]}, [("PUB002", "NY1, 112")]),
        ({"rules": (NormalizationRule("112", "^112$", "112"),)}, []),
    ],
    ids=["number", "masks", "route of one number", "nothing of it"],
)  # fmt: skip
def test_every_emergency_number_is_asked_for(change, codes):
    old = {"policies": {"NY": POLICY}, "routes": ROUTES}

    assert rows(table(**old), table(**{**old, **change}))[1] == codes


@pytest.mark.parametrize(
    ("trunk", "policy", "codes"),
    [
        ({}, {}, []),
        ({"send_pidf_lo": False}, {}, [("PUB006", "NY1")]),
        ({}, {"enhanced_emergency_services_enabled": False}, [("PUB006", "NY1")]),
        ({"send_pidf_lo": False, "kind": TrunkKind.ELIN_GATEWAY}, {}, []),
    ],
    ids=["the same", "without PIDF-LO", "switched off", "by ELIN"],
)
def test_way_that_stays_without_the_location_is_a_warning(trunk, policy, codes):
    sends = Trunk("A", "a.example", send_pidf_lo=True)
    plain = LocationPolicy("NY", pstn_usage="E911")
    old = table(trunks={"A": sends, "Z": table().trunks["Z"]})
    new = table(
        trunks={"A": replace(sends, **trunk), "Z": table().trunks["Z"]},
        policies={"NY": replace(plain, **policy)},
    )

    assert rows(old, new)[1] == codes


def test_users_are_asked_for_where_their_grants_decide():
    old = table(
        voice_policies={"Office": ("E911",), "Guests": ()},
        policies={"NY": LocationPolicy("NY", pstn_usage="E911"), "LA": LocationPolicy("LA")},
        site_policies={1: "NY", 2: "LA"},
    )
    office, guests = Grant("Office", "", None), Grant("Guests", "", 2)

    changes, findings = rows(old, old, regrants={(office, guests): 3})

    who = "3 users (voice policy Office, home site none → voice policy Guests, home site LA1)"
    assert changes == {
        ("Location policy of a site", who): ("moves", "built-in", "LA"),
        ("Way out", who): ("moves", "A", "last resort: Z"),
        ("Way out", f"{who}, LA1"): ("moves", "A", "last resort: Z"),
    }
    assert findings == [("PUB002", who)]


def test_what_all_lose_is_not_said_again_of_some():
    office = Grant("Office", "", 1)
    sends = Trunk("A", "a.example", send_pidf_lo=True)
    old = table(
        trunks={"A": sends, "Z": table().trunks["Z"]},
        voice_policies={"Office": (), "Guests": ()},
        site_policies={1: "NY", 2: "NY"},
    )
    new = replace(old, trunks={"A": replace(sends, send_pidf_lo=False), "Z": old.trunks["Z"]})

    moved = {"moves": {(1, 2): 12}, "regrants": {(office, office._replace(voice_policy="")): 1}}
    _, findings = rows(old, new, **moved)

    assert findings == [("PUB006", "LA1"), ("PUB006", "NY1")]
