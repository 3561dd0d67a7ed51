"""Findings about routing as a whole."""

from dataclasses import replace
from typing import Any

import pytest

from e911portal.core.findings import Finding, Severity, Subject
from routing.domain.checks import ERLFacts, check, check_pattern
from routing.domain.elins import ELIN
from routing.domain.numbers import EmergencyNumber, NormalizationRule
from routing.domain.policy import LocationPolicy
from routing.domain.selection import Transport, Trunk, TrunkKind, VoiceRoute
from routing.domain.table import CallParkOrbit, RoutingTable

POLICY = LocationPolicy(
    "New York",
    emergency_numbers=(EmergencyNumber("911", ("9911", "112")), EmergencyNumber("933")),
    pstn_usage="E911 (NY)",
)
ROUTE = VoiceRoute("E911(NY)", r"^\+911$", ("E911 (NY)",), ("Provider",))
PROVIDER = Trunk(
    "Provider", "192.0.2.1", TrunkKind.PROVIDER, transport=Transport.TCP, send_pidf_lo=True
)
ELIN_GATEWAY = replace(PROVIDER, name="ELIN gateway", kind=TrunkKind.ELIN_GATEWAY)
GOOD = RoutingTable(
    policies={"New York": POLICY},
    site_policies={1: "New York"},
    global_policy="New York",
    usages=("E911 (NY)",),
    routes=(ROUTE,),
    trunks={"Provider": PROVIDER},
    rules=(NormalizationRule("Strip 9", r"^9(911)$", "+$1"),),
    orbits=(CallParkOrbit("Park", "700", "799"),),
)
BY_ELIN = replace(
    GOOD,
    trunks={"ELIN gateway": ELIN_GATEWAY},
    routes=(replace(ROUTE, trunks=("ELIN gateway",)),),
    elins=(ELIN("+12125550670", "Wired"),),
)


def summary(findings: list[Finding]) -> list[tuple[str, Severity, str]]:
    return [(f.code, f.severity, f.subject.label if f.subject else "") for f in findings]


def test_check_good() -> None:
    assert check(GOOD, extensions=["+12125550100", "4711"]) == []


def with_policy(**change: Any) -> RoutingTable:
    return replace(GOOD, policies={"New York": replace(POLICY, **change)})


def with_route(**change: Any) -> RoutingTable:
    return replace(GOOD, routes=(ROUTE, replace(ROUTE, name="Other", **change)))


def with_trunk(**change: Any) -> RoutingTable:
    other = replace(PROVIDER, name="Other", **change)
    return replace(GOOD, trunks={"Provider": PROVIDER, "Other": other})


ERROR, WARNING = Severity.ERROR, Severity.WARNING


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            replace(GOOD, trunks={}),
            [("ROU030", ERROR, ""), ("ROU015", ERROR, "New York")],
        ),
        (replace(GOOD, site_policies={1: "Gone"}), [("ROU031", ERROR, "")]),
        (replace(GOOD, global_policy=""), [("ROU032", WARNING, "")]),
        (
            replace(GOOD, orbits=(CallParkOrbit("Park", "100", "119"),)),
            [("ROU012", ERROR, "New York")],
        ),
        (
            with_policy(emergency_numbers=(EmergencyNumber("112"),)),
            [("ROU015", ERROR, "New York")],
        ),
        (with_policy(pstn_usage="Other"), [("ROU015", ERROR, "New York")]),
        (with_policy(pstn_usage=""), [("ROU014", WARNING, "New York")]),
        (with_policy(notification_uris=("x",)), [("ROU006", ERROR, "New York")]),
        (with_route(pattern=r"^(\d+)+$"), [("ROU010", ERROR, "Other")]),
        (with_route(pattern=r"911"), [("ROU011", WARNING, "Other")]),
        (with_route(trunks=()), [("ROU016", WARNING, "Other")]),
        (with_route(usages=()), [("ROU017", WARNING, "Other")]),
        (with_route(suppress_caller_id=True), [("ROU018", ERROR, "Other")]),
        (with_route(alternate_caller_id="security"), [("ROU019", ERROR, "Other")]),
        (
            with_route(suppress_caller_id=True, alternate_caller_id="+12125550199;ext=12"),
            [],
        ),
        (with_trunk(send_pidf_lo=False), [("ROU020", WARNING, "Other")]),
        (
            with_trunk(kind=TrunkKind.ELIN_GATEWAY, send_pidf_lo=False),
            [("ROU020", WARNING, "Other")],
        ),
        (with_trunk(kind=TrunkKind.GATEWAY, send_pidf_lo=False), []),
        (with_trunk(transport=Transport.UDP), [("ROU021", WARNING, "Other")]),
        (with_trunk(host="sip.provider.example"), [("ROU025", WARNING, "Other")]),
        (with_trunk(host="2001:db8::5"), []),
        (with_trunk(host="[2001:db8::5]"), []),
        (with_trunk(transport=Transport.UDP, send_pidf_lo=False, kind=TrunkKind.GATEWAY), []),
        (
            replace(GOOD, rules=(NormalizationRule("R", r"^9911$", "+$1"),)),
            [("ROU022", ERROR, "R")],
        ),
        (
            replace(GOOD, rules=(NormalizationRule("R", r"9(911)", "+$1"),)),
            [("ROU011", WARNING, "R")],
        ),
    ],
    ids=[
        "no trunk",
        "assigned policy is gone",
        "no Global policy",
        "mask in a call park orbit",
        "no route for the dial string",
        "no route in the usage",
        "no usage",
        "limits of the policy are checked",
        "catastrophic pattern",
        "pattern without anchors",
        "route without trunk",
        "route without usage",
        "suppressed without alternate",
        "alternate is no number",
        "suppressed with alternate",
        "provider without PIDF-LO",
        "ELIN gateway without PIDF-LO",
        "gateway without PIDF-LO",
        "PIDF-LO over UDP",
        "host is a name",
        "host is an IPv6 address",
        "host is an IPv6 address in brackets",
        "UDP without PIDF-LO",
        "translation without its group",
        "rule without anchors",
    ],
)
def test_check(table: RoutingTable, expected: list[tuple[str, Severity, str]]) -> None:
    findings = check(table)

    assert summary(findings) == expected
    assert all(finding.remedy for finding in findings)


@pytest.mark.parametrize("extension", ["112", "+112", "9911"])
def test_check_finds_an_emergency_number_that_is_an_ordinary_number(extension: str) -> None:
    assert summary(check(GOOD, extensions=[extension])) == [("ROU013", WARNING, "New York")]


def test_check_finds_9911_although_no_policy_lists_it() -> None:
    table = with_policy(emergency_numbers=())

    assert summary(check(table, extensions=["9911"])) == [("ROU013", WARNING, "New York")]


@pytest.mark.parametrize(
    ("table", "erl", "expected"),
    [
        (BY_ELIN, ERLFacts("Wired", 1), []),
        (BY_ELIN, ERLFacts("Wireless", 1), ["ROU023"]),
        (BY_ELIN, ERLFacts("Wireless", 2), ["ROU023"]),
        (BY_ELIN, ERLFacts("Wireless", None), ["ROU023"]),
        (BY_ELIN, ERLFacts("Wireless", 1, "1111-222-333; 1234567890"), []),
        (BY_ELIN, ERLFacts("Wireless", 1, "1001;1002;1003;1004;1005"), []),
        (BY_ELIN, ERLFacts("Wireless", 1, "1001;1002;1003;1004;1005;1006"), ["ROU024"]),
        (BY_ELIN, ERLFacts("Wired", 1, "Tick; Trick; Track; A; B; C; D"), []),
        (GOOD, ERLFacts("Wireless", 1), []),
        (replace(BY_ELIN, policies={}, site_policies={}, global_policy=""), ERLFacts("W", 1), []),
    ],
    ids=[
        "has its own",
        "has none",
        "unassigned site uses Global",
        "no site uses Global",
        "in the company name",
        "five in the company name",
        "six in the company name",
        "an ordinary name with semicolons",
        "no ELIN gateway",
        "no policy",
    ],
)
def test_check_elins(table: RoutingTable, erl: ERLFacts, expected: list[str]) -> None:
    findings = [f for f in check(table, erls=[erl]) if f.subject and f.subject.label == erl.name]

    assert [finding.code for finding in findings] == expected


def test_check_links_findings_to_the_rows_of_the_draft() -> None:
    keys = {("routing.voiceroute", "Other"): 7}

    (finding,) = check(with_route(trunks=()), keys=keys)

    assert finding.subject == Subject("routing.voiceroute", 7, "Other")


def test_check_pattern_alone() -> None:
    assert list(check_pattern(r"^\+911$")) == []
