"""The difference of two routing tables by consequence; no database."""

import pytest

from routing.differences import compare
from routing.domain.policy import LocationPolicy
from routing.domain.selection import Trunk, VoiceRoute
from routing.domain.table import RoutingTable

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


def rows(old, new, old_sites=SITES, new_sites=SITES):
    sets, findings = compare(old, new, old_sites=old_sites, new_sites=new_sites)
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
