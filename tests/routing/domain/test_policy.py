"""Location policies: the record, and which one applies."""

import json

import pytest

from routing.domain.numbers import EmergencyNumber
from routing.domain.policy import (
    BUILT_IN,
    ConferenceMode,
    LocationPolicy,
    LocationRequired,
    Scope,
    UnvalidatedAddresses,
    choose,
    make_tag,
    policy_of_tag,
)

NY = LocationPolicy("New York")
LA = LocationPolicy("Los Angeles")
HQ = LocationPolicy("Headquarters")
GLOBAL = LocationPolicy("Global")
POLICIES = {policy.name: policy for policy in (NY, LA, HQ, GLOBAL)}


@pytest.mark.parametrize(
    ("names", "policy", "scope", "tag"),
    [
        (
            {"site_policy": "Los Angeles", "user_policy": "New York"},
            LA,
            Scope.SITE,
            "subnet-tagid:Los Angeles",
        ),
        (
            {"user_policy": "New York", "home_site_policy": "Headquarters"},
            NY,
            Scope.USER,
            "user-tagid:New York",
        ),
        (
            {"home_site_policy": "Headquarters", "global_policy": "Global"},
            HQ,
            Scope.HOME_SITE,
            "user-tagid:Headquarters",
        ),
        ({"global_policy": "Global"}, GLOBAL, Scope.GLOBAL, "user-tagid:Global"),
        ({}, BUILT_IN, Scope.GLOBAL, "user-tagid:built-in"),
        (
            {"tag": "user-tagid:Headquarters", "site_policy": "Los Angeles"},
            HQ,
            Scope.TAG,
            "user-tagid:Headquarters",
        ),
        ({"tag": "Headquarters", "user_policy": "New York"}, HQ, Scope.TAG, "Headquarters"),
        (
            {"tag": "subnet-tagid:Gone", "site_policy": "Los Angeles"},
            LA,
            Scope.SITE,
            "subnet-tagid:Los Angeles",
        ),
        ({"tag": "user-tagid", "user_policy": "New York"}, NY, Scope.USER, "user-tagid:New York"),
        (
            {"site_policy": "Gone", "user_policy": "New York"},
            NY,
            Scope.USER,
            "user-tagid:New York",
        ),
    ],
    ids=[
        "R1 the site beats the user",
        "R2 unmapped subnet: the user",
        "R3 no user policy: the home site",
        "R3 none: Global",
        "nothing published",
        "the call's tag beats the site",
        "a tag may be a bare name",
        "a tag of an unknown policy",
        "Microsoft's tag without a name",
        "an assignment to a policy that is gone",
    ],
)
def test_choose(names: dict[str, str], policy: LocationPolicy, scope: Scope, tag: str) -> None:
    choice = choose(POLICIES, **names)

    assert (choice.policy, choice.scope, choice.tag) == (policy, scope, tag)


def test_choose_says_why() -> None:
    choice = choose(POLICIES, tag="user-tagid:Gone", user_policy="New York")

    assert choice.reasons == (
        "policy: the call's tag names “Gone”, which is not published",
        "policy: none for the network site",
        "policy: “New York” of the user",
    )


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("subnet-tagid:New York", "New York"),
        ("SUBNET-TAGID: New York ", "New York"),
        ("user-tagid:a:b", "a:b"),
        ("user-tagid", ""),
        ("New York", "New York"),
        ("", ""),
    ],
)
def test_policy_of_tag(tag: str, name: str) -> None:
    assert policy_of_tag(tag) == name


def test_make_tag_is_read_back() -> None:
    assert policy_of_tag(make_tag("subnet-tagid", "New York")) == "New York"


def test_record_survives_json() -> None:
    policy = LocationPolicy(
        "New York",
        enhanced_emergency_services_enabled=False,
        location_required=LocationRequired.DISCLAIMER,
        disclaimer="Use your mobile.",
        use_location_for_e911_only=False,
        emergency_numbers=(EmergencyNumber("911", ("9911", "112")), EmergencyNumber("933")),
        pstn_usage="E911 (NY)",
        notification_uris=("sip:security@example.com",),
        conference_uri="sip:+12125550199@example.com;user=phone",
        conference_mode=ConferenceMode.ONE_WAY,
        location_refresh_interval_hours=8,
        unvalidated_addresses=UnvalidatedAddresses.FLAG,
    )

    assert LocationPolicy.from_record(json.loads(json.dumps(policy.to_record()))) == policy


def test_record_with_a_name_only_takes_the_defaults() -> None:
    assert LocationPolicy.from_record({"name": "New York"}) == LocationPolicy("New York")


def test_record_with_an_unknown_word_is_refused() -> None:
    with pytest.raises(ValueError, match="perhaps"):
        LocationPolicy.from_record({"name": "New York", "location_required": "perhaps"})
