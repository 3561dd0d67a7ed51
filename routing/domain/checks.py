"""Findings about routing as a whole: what would keep an emergency call from leaving, leave without
its location, or turn an ordinary call into an emergency.

Pages, the API, ``manage.py plan`` and the publish gate call ``check`` on the same RoutingTable that
calls are routed by.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from e911portal.core.findings import Finding, Severity, Subject
from routing.domain import limits
from routing.domain.elins import MAX_ELINS_IN_NAM, elins_of_company
from routing.domain.numbers import (
    ALWAYS_EMERGENCY,
    ALWAYS_TEST,
    NormalizationRule,
    primary_dial_string,
)
from routing.domain.patterns import PatternError, compile_pattern, is_anchored
from routing.domain.policy import LocationPolicy
from routing.domain.selection import Transport, Trunk, TrunkKind, VoiceRoute, select
from routing.domain.table import RoutingTable

_CALLER_ID = re.compile(r"\+?[1-9]\d*(;ext=[1-9]\d*)?", re.ASCII)
_READS_PIDF = (TrunkKind.PROVIDER, TrunkKind.ELIN_GATEWAY)

#: Primary keys of the draft's rows by (model label, name), so that a finding can be linked.
Keys = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class ERLFacts:
    """What the ELIN check needs to know of a location."""

    name: str
    site: int | None
    company: str = ""


def check(
    table: RoutingTable,
    *,
    extensions: Iterable[str] = (),
    erls: Iterable[ERLFacts] = (),
    keys: Keys | None = None,
) -> list[Finding]:
    """Return all findings of a routing table.

    ``extensions`` are the ordinary numbers that people can dial (extensions, users' numbers).
    """
    keys = keys or {}
    findings: list[Finding] = []
    if not table.trunks:
        findings.append(
            Finding(
                Severity.ERROR,
                "ROU030",
                "There is no trunk: an emergency call cannot leave.",
                None,
                "Add the E9-1-1 provider's trunk or a gateway.",
            )
        )
    for name in {table.global_policy, *table.site_policies.values()} - {"", *table.policies}:
        findings.append(
            Finding(
                Severity.ERROR,
                "ROU031",
                f"The location policy “{name}” is assigned, but does not exist.",
                None,
                "Assign another location policy.",
            )
        )
    if not table.global_policy:
        findings.append(
            Finding(
                Severity.WARNING,
                "ROU032",
                "There is no Global location policy for callers at unmapped places.",
                None,
                "Make one location policy the Global one.",
            )
        )
    extensions = {number.removeprefix("+") for number in extensions}
    for policy in table.policies.values():
        subject = _subject("routing.locationpolicy", policy.name, keys)
        findings.extend(limits.check_policy(policy, subject))
        findings.extend(_check_collisions(policy, table, extensions, subject))
        findings.extend(_check_way_out(policy, table, subject))
    for route in table.routes:
        findings.extend(_check_route(route, _subject("routing.voiceroute", route.name, keys)))
    for trunk in table.trunks.values():
        findings.extend(_check_trunk(trunk, _subject("routing.trunk", trunk.name, keys)))
    for rule in table.rules:
        subject = _subject("routing.normalizationrule", rule.name, keys)
        findings.extend(_check_rule(rule, subject))
    findings.extend(_check_elins(table, erls, keys))
    return findings


def check_pattern(pattern: str, subject: Subject | None = None) -> Iterator[Finding]:
    """Yield why a number pattern is refused, or that it is not anchored at both ends."""
    try:
        compile_pattern(pattern)
    except PatternError as error:
        yield Finding(Severity.ERROR, "ROU010", str(error), subject, "Correct the pattern.")
        return
    if not is_anchored(pattern):
        yield Finding(
            Severity.WARNING,
            "ROU011",
            f"“{pattern}” also matches numbers that merely contain it.",
            subject,
            "Begin the pattern with ^ and end it with $.",
        )


def _subject(kind: str, name: str, keys: Keys) -> Subject:
    return Subject(kind, keys.get((kind, name)), name)


def _check_collisions(
    policy: LocationPolicy, table: RoutingTable, extensions: set[str], subject: Subject
) -> Iterator[Finding]:
    """Yield numbers that mean an emergency here and something else there."""
    listed = {text for n in policy.emergency_numbers for text in (n.dial_string, *n.masks)}
    for number in sorted(listed | ALWAYS_EMERGENCY):
        for orbit in table.orbits:
            if orbit.contains(number):
                yield Finding(
                    Severity.ERROR,
                    "ROU012",
                    f"{number} is an emergency number and lies in the call park orbit "
                    f"“{orbit.name}” ({orbit.first} to {orbit.last}); call park would win.",
                    subject,
                    "Move the orbit, or remove the mask.",
                )
        if number in extensions:
            yield Finding(
                Severity.WARNING,
                "ROU013",
                f"{number} is an emergency number and an ordinary number: who dials it calls 911.",
                subject,
                "Renumber the extension, or remove the mask.",
            )


def _check_way_out(
    policy: LocationPolicy, table: RoutingTable, subject: Subject
) -> Iterator[Finding]:
    """Yield emergency numbers for which the policy's usage has no route."""
    if not policy.pstn_usage:
        yield Finding(
            Severity.WARNING,
            "ROU014",
            "The policy has no PSTN usage: calls leave by the user's voice policy or last resort.",
            subject,
            "Choose the PSTN usage of the site's emergency route.",
        )
        return
    numbers = {n.dial_string for n in policy.emergency_numbers if n.dial_string}
    for number in sorted((numbers | {primary_dial_string(policy.emergency_numbers)}) - ALWAYS_TEST):
        way = select((f"+{number}",), (policy.pstn_usage,), table.routes, table.trunks)
        if way.last_resort:
            yield Finding(
                Severity.ERROR,
                "ROU015",
                f"No route of the usage “{policy.pstn_usage}” with a trunk matches +{number}: "
                "such calls have no way out but failover and last resort.",
                subject,
                f"Give the usage a route with the pattern ^\\+{number}$ and a trunk.",
            )


def _check_route(route: VoiceRoute, subject: Subject) -> Iterator[Finding]:
    yield from check_pattern(route.pattern, subject)
    if not route.trunks:
        yield Finding(
            Severity.WARNING, "ROU016", "The route has no trunk.", subject, "Add a trunk to it."
        )
    if not route.usages:
        yield Finding(
            Severity.WARNING,
            "ROU017",
            "The route has no PSTN usage, so no call takes it.",
            subject,
            "Add a PSTN usage to it.",
        )
    if route.suppress_caller_id and not route.alternate_caller_id:
        yield Finding(
            Severity.ERROR,
            "ROU018",
            "The route suppresses the caller id without an alternate: nobody could call back.",
            subject,
            "Give the number of the site's security desk as alternate caller id.",
        )
    if route.alternate_caller_id and not _CALLER_ID.fullmatch(route.alternate_caller_id):
        yield Finding(
            Severity.ERROR,
            "ROU019",
            f"The alternate caller id “{route.alternate_caller_id}” is not a number.",
            subject,
            "Write it as +12125550100.",
        )


def _check_trunk(trunk: Trunk, subject: Subject) -> Iterator[Finding]:
    if trunk.kind in _READS_PIDF and not trunk.send_pidf_lo:
        yield Finding(
            Severity.WARNING,
            "ROU020",
            "The trunk does not send PIDF-LO, so its far end never learns the location.",
            subject,
            "Switch PIDF-LO on.",
        )
    if trunk.send_pidf_lo and trunk.transport is Transport.UDP:
        yield Finding(
            Severity.WARNING,
            "ROU021",
            "The trunk sends PIDF-LO over UDP: an INVITE with a location outgrows one packet, "
            "and fragments get lost.",
            subject,
            "Set the transport to TCP or TLS if the far end offers it.",
        )
    if not _is_address(trunk.host):
        yield Finding(
            Severity.WARNING,
            "ROU025",
            f"The trunk's host “{trunk.host}” is a name: while no name server answers, a call "
            "loses up to two seconds and then leaves by the next trunk.",
            subject,
            "Give the far end's IP address, and one trunk for each where it has several.",
        )


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _check_rule(rule: NormalizationRule, subject: Subject) -> Iterator[Finding]:
    yield from check_pattern(rule.pattern, subject)
    if not rule.translation_works():
        yield Finding(
            Severity.ERROR,
            "ROU022",
            f"The translation “{rule.translation}” names a group that the pattern does not have.",
            subject,
            "Use $1 for the first pair of parentheses of the pattern.",
        )


def _check_elins(table: RoutingTable, erls: Iterable[ERLFacts], keys: Keys) -> Iterator[Finding]:
    """Yield locations whose calls may leave by an ELIN gateway without an ELIN to show."""
    behind = {site: _uses_elins(table, site) for site in (None, *table.site_policies)}
    for erl in erls:
        subject = _subject("locations.erl", erl.name, keys)
        if behind.get(erl.site, behind[None]) and not table.elins_of(erl.name, erl.company):
            yield Finding(
                Severity.WARNING,
                "ROU023",
                "Calls from here may leave by an ELIN gateway, and the location has no ELIN.",
                subject,
                "Add an ELIN to the location.",
            )
        if elins_of_company(erl.company) and erl.company.strip(" ;").count(";") >= MAX_ELINS_IN_NAM:
            yield Finding(
                Severity.WARNING,
                "ROU024",
                f"The company name holds more than {MAX_ELINS_IN_NAM} ELINs; gateways read the "
                f"first {MAX_ELINS_IN_NAM}.",
                subject,
                "Remove the rest.",
            )


def _uses_elins(table: RoutingTable, site: int | None) -> bool:
    """Return whether the policy of a site sends emergency calls to an ELIN gateway."""
    name = table.site_policies.get(site, "") if site is not None else ""
    policy = table.policies.get(name) or table.policies.get(table.global_policy)
    if policy is None:
        return False
    number = f"+{primary_dial_string(policy.emergency_numbers)}"
    way = select((number,), (policy.pstn_usage,), table.routes, table.trunks)
    return any(attempt.trunk.kind is TrunkKind.ELIN_GATEWAY for attempt in way.attempts)
