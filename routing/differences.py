"""The difference of two routing tables by consequence: whose emergency calls would leave another
way."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from e911portal.core.changes import ChangeSet, Effect
from e911portal.core.findings import Finding, Severity, Subject
from e911portal.core.wording import how_many
from routing import grants
from routing.domain import selection
from routing.domain.numbers import DEFAULT_DIAL_STRING, match_emergency
from routing.domain.policy import BUILT_IN, LocationPolicy
from routing.domain.selection import usages_of
from routing.domain.table import RoutingTable, VoiceUser
from routing.grants import Regrant

_ELSEWHERE = "Elsewhere"


class _Case(NamedTuple):
    """Somebody's calls before and after: from which network site (None: none of them), and whose.

    ``existed``: whether there were such calls before.  ``among``: the labels of cases, asked for
    before, whose calls these are too: what they all would lose is not said again of some.
    """

    label: str
    old_site: int | None
    new_site: int | None
    old_user: VoiceUser | None = None
    new_user: VoiceUser | None = None
    existed: bool = True
    among: tuple[str, ...] = ()


def compare(
    old: RoutingTable | None,
    new: RoutingTable,
    *,
    old_sites: Mapping[int, str],
    new_sites: Mapping[int, str],
    moves: Mapping[tuple[int | None, int | None], int] | None = None,
    regrants: Mapping[Regrant, int] | None = None,
) -> tuple[list[ChangeSet], list[Finding]]:
    """Return the changes of policy and way out by consequence, and of the objects themselves.

    Asked for are the calls from each network site and from elsewhere, those of elements that go
    from one site to another (``moves``) and those of users who are granted something else
    (``regrants``), for each emergency number.  Who would be left with the last resort, with no
    policy, without an emergency number or without a location in the call is a WARNING of its own.
    Sites are given as id → name.
    """
    ways, policies = ChangeSet("Way out"), ChangeSet("Location policy of a site")
    findings: list[Finding] = []
    said: set[tuple[str, str, str]] = set()
    cases = [
        *_sites(old_sites, new_sites, new),
        *_moved(moves or {}, old_sites, new_sites, new),
        *_regranted(regrants or {}, old_sites, new_sites, new),
    ]
    for case in cases:
        before = _policy(old, case.old_site, case.old_user) if old and case.existed else None
        after = _policy(new, case.new_site, case.new_user)
        if case.old_user is None or case.old_user != case.new_user:
            _note(policies, case.label, before.name if before else None, after.name)
        lost = list(_policy_lost(case.label, old, before, new, after)) if old and before else []
        for number in _numbers(before, after):
            label = case.label if number == DEFAULT_DIAL_STRING else f"{case.label}, {number}"
            had = _way(old, before, number, case.old_user) if old and before else None
            will = _way(new, after, number, case.new_user)
            _note(ways, label, _trunks(had), _trunks(will))
            if had and before and will:
                lost += [(number, entry) for entry in _worse(label, before, had, after, will)]
        for number, finding in lost:
            if not any((label, number, finding.code) in said for label in case.among):
                findings.append(finding)
            said.add((case.label, number, finding.code))
    sets = [policies, ways, *_objects(old, new)]
    return [entry for entry in sets if entry.total], findings


def _sites(
    old_sites: Mapping[int, str], new_sites: Mapping[int, str], table: RoutingTable
) -> Iterator[_Case]:
    sites = sorted(new_sites.items(), key=lambda site: site[1])
    for pk, name in [*sites, (None, _ELSEWHERE)]:
        case = _Case(name, pk, pk, existed=pk is None or pk in old_sites)
        yield case
        yield from _voiced(case, table)


def _voiced(case: _Case, table: RoutingTable) -> Iterator[_Case]:
    """Yield the calls of users of each voice policy: it has ways of its own behind those of the
    location policy."""
    for name in sorted(table.voice_policies):
        user = VoiceUser("", voice_policy=name)
        label = f"{case.label}, voice policy {name}"
        among = (case.label, *case.among)
        yield case._replace(label=label, old_user=user, new_user=user, among=among)


def _moved(
    moves: Mapping[tuple[int | None, int | None], int],
    old_sites: Mapping[int, str],
    new_sites: Mapping[int, str],
    table: RoutingTable,
) -> Iterator[_Case]:
    for (left, entered), number in moves.items():
        before = _ELSEWHERE if left is None else old_sites[left]
        after = _ELSEWHERE if entered is None else new_sites[entered]
        label = f"{before} → {after} ({how_many(number, 'element')})"
        case = _Case(label, left, entered, among=(after,))
        yield case
        if _is_silent(table, entered):
            yield from _voiced(case, table)


def _regranted(
    regrants: Mapping[Regrant, int],
    old_sites: Mapping[int, str],
    new_sites: Mapping[int, str],
    table: RoutingTable,
) -> Iterator[_Case]:
    for (was, will), number in regrants.items():
        before, after = grants.words(was, will, (old_sites, new_sites))
        who = f"{how_many(number, 'user')} ({before} → {after})"
        home = new_sites.get(will.home_site or 0, "")
        if home and was.home_site == will.home_site:
            who += f" at home in {home}"
        # Elsewhere the policy of the home site may be theirs.
        case = _Case(who, None, None, was.user, will.user, among=(_ELSEWHERE, home))
        yield case
        for pk in filter(partial(_is_silent, table), table.site_policies):
            site = new_sites[pk]
            yield case._replace(
                label=f"{who}, {site}",
                old_site=pk,
                new_site=pk,
                existed=pk in old_sites,
                among=(who, site),
            )


def _is_silent(table: RoutingTable, site: int | None) -> bool:
    """Return whether the policy at a site names no way out, so that what a user was granted
    decides; else it only adds to the ways."""
    return not _policy(table, site, None).pstn_usage


def _policy(table: RoutingTable, site: int | None, user: VoiceUser | None) -> LocationPolicy:
    return table.policy_for(site, user).policy


def _numbers(*policies: LocationPolicy | None) -> list[str]:
    """Return the emergency numbers of the policies, 911 first."""
    listed = (entry.dial_string for one in policies if one for entry in one.emergency_numbers)
    return list(dict.fromkeys([DEFAULT_DIAL_STRING, *listed]))


def _way(
    table: RoutingTable, chosen: LocationPolicy, number: str, user: VoiceUser | None
) -> selection.Selection | None:
    """Return how a call to the number leaves; None where it is no emergency call."""
    match = match_emergency(number, chosen.emergency_numbers, table.rules)
    if not match.emergency:
        return None
    granted = table.voice_policies.get(user.voice_policy, ()) if user else ()
    return selection.select(
        match.route_numbers,
        usages_of(chosen.pstn_usage, granted),
        table.routes,
        table.trunks,
        last_resort=table.last_resort,
    )


def _trunks(way: selection.Selection | None) -> str | None:
    if way is None:
        return None
    names = " → ".join(attempt.trunk.name for attempt in way.attempts) or "no trunk"
    return f"last resort: {names}" if way.last_resort else names


def _note(changes: ChangeSet, label: str, before: str | None, after: str | None) -> None:
    if before == after:
        return
    if before is None:
        changes.add(label, Effect.GAINS, "", after or "")
    elif after is None:
        changes.add(label, Effect.LOSES, before, "")
    else:
        changes.add(label, Effect.MOVES, before, after)


def _policy_lost(
    label: str,
    old: RoutingTable,
    before: LocationPolicy,
    new: RoutingTable,
    after: LocationPolicy,
) -> Iterator[tuple[str, Finding]]:
    """Yield what the policy itself loses, with the number that it is about: there is none any more,
    or one that knows less numbers (masks included) for an emergency."""
    if before.name != BUILT_IN.name == after.name:
        yield (
            "",
            Finding(
                Severity.WARNING,
                "PUB003",
                f"{label} would lose its location policy {before.name} and have none at all.",
                Subject("snapshot.site_policy", None, label),
                "Assign a location policy to the site, or define a global one.",
            ),
        )
    listed = (text for one in before.emergency_numbers for text in (one.dial_string, *one.masks))
    for number in dict.fromkeys(listed):
        known = match_emergency(number, before.emergency_numbers, old.rules).emergency
        if known and not match_emergency(number, after.emergency_numbers, new.rules).emergency:
            yield (
                number,
                Finding(
                    Severity.WARNING,
                    "PUB005",
                    f"{label}: {number} would no longer be an emergency number.",
                    Subject("snapshot.number", None, f"{label}, {number}"),
                    f"List it in the location policy {after.name}, as a number or as a mask.",
                ),
            )


def _worse(
    way: str,
    before: LocationPolicy,
    had: selection.Selection,
    after: LocationPolicy,
    will: selection.Selection,
) -> Iterator[Finding]:
    """Yield what a way out loses: the route itself, or the location that the call carries."""
    if had.attempts and not had.last_resort and (will.last_resort or not will.attempts):
        yield Finding(
            Severity.WARNING,
            "PUB002",
            f"{way}: emergency calls would have only the last resort; they leave by {_trunks(had)} "
            f"now.",
            Subject("snapshot.way", None, way),
            "Give the PSTN usage of the location policy a route whose pattern matches the number.",
        )
    elif _carries_location(before, had) and not _carries_location(after, will):
        yield Finding(
            Severity.WARNING,
            "PUB006",
            f"{way}: emergency calls would leave by {_first(will)} without the caller's location; "
            f"they carry it now, by {_first(had)}.",
            Subject("snapshot.way", None, way),
            "Let the trunk send PIDF-LO and the location policy enhanced emergency services.",
        )


def _first(way: selection.Selection) -> str:
    return way.attempts[0].trunk.name if way.attempts else "no trunk"


def _carries_location(chosen: LocationPolicy, way: selection.Selection) -> bool:
    """Return whether the first trunk of a way is sent the location."""
    if not way.attempts:
        return False
    trunk = way.attempts[0].trunk
    if trunk.kind is selection.TrunkKind.ELIN_GATEWAY:
        return True  # by the number that it shows
    return trunk.send_pidf_lo and chosen.enhanced_emergency_services_enabled


def _objects(old: RoutingTable | None, new: RoutingTable) -> Iterator[ChangeSet]:
    """Yield what was added, removed or edited, whether or not a way out changes by it."""
    tables = (
        ("Location policy", lambda table: dict(table.policies)),
        ("Voice route", lambda table: {route.name: route for route in table.routes}),
        ("Trunk", lambda table: dict(table.trunks)),
        ("Voice policy", lambda table: dict(table.voice_policies)),
        ("Normalization rule", lambda table: {rule.name: rule for rule in table.rules}),
        ("Call-park orbit", lambda table: {orbit.name: orbit for orbit in table.orbits}),
        ("ELIN", lambda table: {elin.number: elin for elin in table.elins}),
        ("PSTN usage", lambda table: {usage: usage for usage in table.usages}),
        (
            "Last resort",
            lambda table: {"trunks": table.last_resort} if table.last_resort else {},
        ),
    )
    for kind, entries in tables:
        before = entries(old) if old else {}
        after = entries(new)
        changes = ChangeSet(kind)
        for name in sorted(before.keys() | after.keys()):
            if name not in before:
                changes.add(name, Effect.GAINS, "", "added")
            elif name not in after:
                changes.add(name, Effect.LOSES, "removed", "")
            elif before[name] != after[name]:
                changes.add(name, Effect.CHANGES, "edited", "")
        yield changes
