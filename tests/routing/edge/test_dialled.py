"""What the edge takes for an emergency call is what the call path does."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.numbers import EmergencyNumber, NormalizationRule, match_emergency
from routing.domain.policy import LocationPolicy
from routing.domain.table import RoutingTable
from routing.edge.dialled import ANY, dial_strings, expression

TABLE = RoutingTable(
    policies={
        "Berlin": LocationPolicy(
            "Berlin", emergency_numbers=(EmergencyNumber("112", ("110", "911")),)
        ),
        "Global": LocationPolicy("Global", emergency_numbers=(EmergencyNumber("911", ("112",)),)),
    },
    global_policy="Global",
    rules=(NormalizationRule("Outside line", r"^0(911)$", "+$1"),),
)


def test_numbers_of_all_policies_the_global_one_first() -> None:
    assert dial_strings(TABLE) == {
        ANY: "911", "911": "911", "112": "911", "110": "112", "9911": "911", "0911": "911",
    }  # fmt: skip


def test_without_a_publication_911_is_known() -> None:
    assert dial_strings(RoutingTable()) == {ANY: "911", "911": "911", "9911": "911"}


def test_test_number_never_has_a_dial_string() -> None:
    policy = LocationPolicy("Global", emergency_numbers=(EmergencyNumber("911", ("933",)),))

    assert "933" not in dial_strings(RoutingTable({"Global": policy}, global_policy="Global"))


@pytest.mark.parametrize(
    ("digits", "matches"),
    [("911", True), ("0911", True), ("933", True), ("9110", False), ("2911", False), ("", False)],
)
def test_expression_matches_whole_numbers(digits: str, matches: bool) -> None:
    assert bool(re.search(expression(dial_strings(TABLE)), digits)) is matches


def test_keys_of_the_telephone_stand_for_themselves() -> None:
    assert re.search(expression(["*#911"]), "*#911")
    assert not re.search(expression(["*911"]), "911")


@given(st.text("0123456789*#", max_size=5))
def test_edge_recognises_all_that_the_call_path_does(digits: str) -> None:
    known = expression(dial_strings(TABLE))

    for policy in TABLE.policies.values():
        match = match_emergency(digits, policy.emergency_numbers, TABLE.rules)
        assert not match.emergency or re.search(known, digits)
