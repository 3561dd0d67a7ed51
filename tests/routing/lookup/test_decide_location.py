"""Which location goes with a call, and which policy decides about it."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from e911portal.core.snapshot import Snapshot
from locations.domain import pidflo
from locations.domain.resolution import Clue, Evidence
from routing import lookup
from routing.domain.policy import LocationPolicy
from tests.routing.lookup.guide import (
    ELIN_POLICY,
    ERLS,
    GLOBAL_POLICY,
    LA_POLICY,
    NOW,
    NY_POLICY,
    decide,
    invite,
)


def client_pidf(civic: Mapping[str, str]) -> str:
    return pidflo.for_sip(
        pidflo.Location(civic),
        entity="sip:anna@unplugthepbx.com",
        device_id="mac:a01234567890",
        now=NOW,
        expires=NOW,
    )


def test_a_client_location_refines_the_subnet_of_its_site(snapshot: Snapshot) -> None:
    wireless = ERLS[1].record["civic"]

    decision = decide(snapshot, invite(src_ip="10.1.1.20", pidf_lo=client_pidf(wireless)))

    assert (decision.location.tier, decision.location.confidence) == ("client", "validated")
    assert decision.location.erl == ERLS[1]


def test_a_client_location_left_from_another_site_is_not_sent(snapshot: Snapshot) -> None:
    decision = decide(snapshot, invite(pidf_lo=client_pidf(ERLS[1].record["civic"])))

    assert decision.location.erl == ERLS[3]


def test_a_typed_location_is_manual(snapshot: Snapshot) -> None:
    typed = {"country": "US", "A1": "NJ", "RD": "Elm", "HNO": "1"}

    decision = decide(snapshot, invite(src_ip="192.0.2.1", pidf_lo=client_pidf(typed)))

    assert (decision.location.confidence, decision.location.erl) == ("manual", None)
    sent = pidflo.read(decision.pidf_lo.encode()).location
    assert (sent.civic, sent.method) == (typed, "Manual")


def test_an_office_location_sent_over_vpn_is_manual(snapshot: Snapshot) -> None:
    pidf_lo = client_pidf(ERLS[0].record["civic"])

    decision = decide(snapshot, invite(src_ip="10.9.1.1", pidf_lo=pidf_lo))

    assert (decision.location.confidence, decision.location.erl) == ("manual", ERLS[0])


@pytest.mark.parametrize("pidf_lo", ["<presence", "<other/>", "<!DOCTYPE a><presence/>", "\x00"])
def test_an_unreadable_client_location_changes_nothing(snapshot: Snapshot, pidf_lo: str) -> None:
    decision = decide(snapshot, invite(pidf_lo=pidf_lo))

    assert decision.targets == decide(snapshot, invite()).targets
    assert any(reason.startswith("client location: ") for reason in decision.reasons)


def test_a_place_not_validated_is_withheld_unless_the_policy_flags_it(snapshot: Snapshot) -> None:
    withheld = decide(snapshot, invite(src_ip="10.1.5.1"))
    flagged = decide(snapshot, invite(src_ip="10.1.5.1", tag="ELIN"))

    assert (withheld.location.confidence, withheld.location.erl) == ("none", None)
    assert (flagged.location.confidence, flagged.location.erl) == ("unvalidated", ERLS[4])


def test_the_last_known_place_is_used_when_nothing_else_is_known(snapshot: Snapshot) -> None:
    earlier = Evidence(Clue(ip="10.1.1.20"), NOW - timedelta(minutes=5))

    decision = decide(snapshot, invite(src_ip="192.0.2.1"), last_known=earlier)

    assert (decision.location.tier, decision.location.age_s) == ("last_known", 300)


@pytest.mark.parametrize(
    ("ip", "user", "tag", "policy", "scope"),
    [
        ("10.2.1.20", "sip:anna@unplugthepbx.com", None, LA_POLICY, "site"),
        ("10.9.1.1", "sip:anna@unplugthepbx.com", None, NY_POLICY, "site"),
        ("192.0.2.1", "sip:Anna@UnplugThePBX.com", None, NY_POLICY, "user"),
        ("192.0.2.1", "tel:+12125550100", None, NY_POLICY, "user"),
        (None, "sip:bob@unplugthepbx.com", None, LA_POLICY, "home_site"),
        (None, "sip:nobody@unplugthepbx.com", None, GLOBAL_POLICY, "global"),
        (None, None, None, GLOBAL_POLICY, "global"),
        ("10.2.1.20", None, "user-tagid:ELIN", ELIN_POLICY, "tag"),
    ],
    ids=["R1", "VPN has a site", "R2", "by number", "R3", "stranger", "nothing", "tag"],
)
def test_policy_for(
    snapshot: Snapshot,
    ip: str | None,
    user: str | None,
    tag: str | None,
    policy: LocationPolicy,
    scope: str,
) -> None:
    choice = lookup.policy_for(snapshot, ip=ip, user=user, tag=tag)

    assert (choice.policy, str(choice.scope)) == (policy, scope)


def test_policy_for_refuses_what_is_no_address(snapshot: Snapshot) -> None:
    with pytest.raises(ValueError, match="not an IP address"):
        lookup.policy_for(snapshot, ip="ten", user=None)
