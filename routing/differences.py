"""The difference of two routing tables by consequence: whose emergency calls would leave another
way."""

from collections.abc import Iterator, Mapping

from e911portal.core.changes import ChangeSet, Effect
from e911portal.core.findings import Finding, Severity, Subject
from routing.domain import policy, selection
from routing.domain.table import RoutingTable

#: What a call to the first emergency number is routed as.
EMERGENCY = "+911"


def compare(
    old: RoutingTable | None,
    new: RoutingTable,
    *,
    old_sites: Mapping[int, str],
    new_sites: Mapping[int, str],
) -> tuple[list[ChangeSet], list[Finding]]:
    """Return the changes of policy and way out per network site, and of the objects themselves.

    A site whose calls had a route and would be left with the last resort, or whose policy would
    fall back to the built-in one, is a WARNING of its own.  Sites are given as id → name.
    """
    ways = ChangeSet("Way out")
    policies = ChangeSet("Location policy of a site")
    findings: list[Finding] = []
    for label, site_id in [
        *((name, pk) for pk, name in sorted(new_sites.items())),
        ("Elsewhere", None),
    ]:
        before = (
            _policy(old, site_id) if old and (site_id in old_sites or site_id is None) else None
        )
        after = _policy(new, site_id)
        _note(policies, label, before.name if before else None, after.name)
        if before and before.name != policy.BUILT_IN.name == after.name:
            findings.append(_no_policy(label, before.name))
        for voice_policy in ("", *sorted(new.voice_policies)):
            way = f"{label}, voice policy {voice_policy}" if voice_policy else label
            had = _way(old, before, voice_policy) if old and before else None
            will = _way(new, after, voice_policy)
            _note(ways, way, _trunks(had), _trunks(will))
            if (
                had
                and had.attempts
                and not had.last_resort
                and (will.last_resort or not will.attempts)
            ):
                findings.append(_no_way(way, had))
    sets = [policies, ways, *_objects(old, new)]
    return [entry for entry in sets if entry.total], findings


def _policy(table: RoutingTable, site_id: int | None) -> policy.LocationPolicy:
    site_policy = table.site_policies.get(site_id) if site_id is not None else None
    return policy.choose(
        table.policies, site_policy=site_policy, global_policy=table.global_policy
    ).policy


def _way(
    table: RoutingTable, chosen: policy.LocationPolicy, voice_policy: str
) -> selection.Selection:
    usages = selection.usages_of(chosen.pstn_usage, table.voice_policies.get(voice_policy, ()))
    return selection.select(
        [EMERGENCY], usages, table.routes, table.trunks, last_resort=table.last_resort
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


def _no_policy(site: str, before: str) -> Finding:
    return Finding(
        Severity.WARNING,
        "PUB003",
        f"{site} would lose its location policy {before} and have none at all.",
        Subject("snapshot.site_policy", None, site),
        "Assign a location policy to the site, or define a global one.",
    )


def _no_way(way: str, had: selection.Selection) -> Finding:
    return Finding(
        Severity.WARNING,
        "PUB002",
        f"{way}: emergency calls would have only the last resort; they leave by {_trunks(had)} "
        f"now.",
        Subject("snapshot.way", None, way),
        "Give the PSTN usage of the location policy a route whose pattern matches +911.",
    )


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
