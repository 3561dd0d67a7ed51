"""The difference of two snapshots by location: which elements would be answered differently.

Set algebra in SQL over the two attached files finds the candidates; each of them is then put to the
real resolution on both sides, so that what the gate says is what devices would be told.
"""

import ipaddress
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from e911portal.core.changes import ChangeSet, Effect
from e911portal.core.findings import Finding, Severity, Subject
from e911portal.core.snapshot import Snapshot
from locations import lookup
from locations.domain.resolution import Clue, Resolution

#: Whether the location policy of a site (None: of nobody in particular) withholds what is not
#: validated.
Withholds = Callable[[int | None], bool]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A table of elements: the columns that identify a row, and its name for people."""

    table: str
    keys: tuple[str, ...]
    label: str
    title: str


_KINDS = (
    _Kind("bssid", ("key",), "label", "BSSID"),
    _Kind("port", ("chassis", "port", "subtype"), "label", "Switch port"),
    _Kind("chassis", ("key",), "label", "Chassis"),
    _Kind("subnet", ("cidr",), "cidr", "Subnet"),
    _Kind("mac", ("key",), "label", "MAC address"),
    _Kind("uri", ("key",), "label", "Fixed endpoint"),
)


def compare(
    old: Snapshot | None,
    new: Snapshot,
    *,
    now: datetime,
    old_withholds: Withholds,
    new_withholds: Withholds,
) -> tuple[list[ChangeSet], list[Finding]]:
    """Return the changes by kind of element, and a WARNING for each element that would lose its
    location.

    ``old`` is None before the first publication: then everything is gained.
    """
    db = sqlite3.connect("file::memory:", uri=True)
    try:
        db.execute("ATTACH ? AS new", (new.uri,))
        db.execute("ATTACH ? AS old", (old.uri if old else "file::memory:",))
        _modes(db, "old_mode", old, old_withholds)
        _modes(db, "new_mode", new, new_withholds)
        sets: list[ChangeSet] = []
        findings: list[Finding] = []
        for kind in _KINDS:
            changes = ChangeSet(kind.title)
            for label, clue, old_site, new_site in _candidates(db, kind, first=old is None):
                before = _resolve(old, clue, now, old_withholds(old_site)) if old else None
                after = _resolve(new, clue, now, new_withholds(new_site))
                effect = _effect(before, after)
                if effect is None:
                    continue
                changes.add(label, effect, _words(before), _words(after))
                if effect is Effect.LOSES:
                    findings.append(_loses(kind, label, before, after))
            sets.append(changes)
        sets.append(_places(db, first=old is None))
        return [entry for entry in sets if entry.total], findings
    finally:
        db.close()


def _modes(
    db: sqlite3.Connection, name: str, snapshot: Snapshot | None, withholds: Withholds
) -> None:
    """Tell SQL which sites answer unvalidated addresses; the site 0 stands for no site."""
    db.execute(f"CREATE TEMP TABLE {name} (site_id INTEGER PRIMARY KEY, flags INTEGER)")
    rows = [(0, int(not withholds(None)))]
    if snapshot:
        rows += [
            (site_id, int(not withholds(site_id)))
            for (site_id,) in snapshot.db.execute("SELECT id FROM site")
        ]
    db.executemany(f"INSERT INTO {name} VALUES (?, ?)", rows)  # noqa: S608  a name of ours


def _candidates(
    db: sqlite3.Connection, kind: _Kind, *, first: bool
) -> Iterator[tuple[str, Clue, int | None, int | None]]:
    """Yield elements whose row, or whose location's standing, differs between the two files, each
    with its site before and after."""
    columns = ", ".join(f"n.{key}" for key in kind.keys)
    if first:
        statement = f"SELECT n.{kind.label}, NULL, n.site_id, {columns} FROM new.{kind.table} n"  # noqa: S608
    else:
        match = " AND ".join(f"o.{key} = n.{key}" for key in kind.keys)
        gone = ", ".join(f"o.{key}" for key in kind.keys)
        excluded = " OR n.excluded IS NOT o.excluded" if kind.table == "subnet" else ""
        statement = f"""
            SELECT n.{kind.label}, o.site_id, n.site_id, {columns} FROM new.{kind.table} n
              LEFT JOIN old.{kind.table} o ON {match}
              LEFT JOIN new.erl ne ON ne.id = n.erl_id
              LEFT JOIN old.erl oe ON oe.id = o.erl_id
              LEFT JOIN new_mode nm ON nm.site_id = coalesce(n.site_id, 0)
              LEFT JOIN old_mode om ON om.site_id = coalesce(o.site_id, 0)
             WHERE o.{kind.keys[0]} IS NULL OR n.erl_id IS NOT o.erl_id
                OR n.site_id IS NOT o.site_id{excluded}
                OR ne.verdict IS NOT oe.verdict OR nm.flags IS NOT om.flags
            UNION ALL
            SELECT o.{kind.label}, o.site_id, o.site_id, {gone} FROM old.{kind.table} o
              LEFT JOIN new.{kind.table} n ON {match}
             WHERE n.{kind.keys[0]} IS NULL
        """  # noqa: S608  names of ours only
    for label, old_site, new_site, *key in db.execute(statement):
        yield label, _clue(kind.table, label, key), old_site, new_site


def _clue(table: str, label: str, key: list[str]) -> Clue:
    """Return what a device at this element would report."""
    match table:
        case "bssid":
            # For a range, one of the BSSIDs it stands for.
            return Clue(bssids=(label.replace("*", "f" * (17 - len(label) + 1)),))
        case "port":
            return Clue(chassis=key[0], port=key[1], port_subtype=int(key[2]))
        case "chassis":
            return Clue(chassis=key[0])
        case "subnet":
            network = ipaddress.ip_network(key[0])
            return Clue(ip=str(network[min(1, network.num_addresses - 1)]))
        case "mac":
            return Clue(mac=key[0])
    return Clue(uri=key[0])


def _resolve(snapshot: Snapshot, clue: Clue, now: datetime, withhold: bool) -> Resolution:
    return lookup.resolve(snapshot, clue, now=now, withhold=withhold)


def _effect(before: Resolution | None, after: Resolution | None) -> Effect | None:
    was, will = _erl(before), _erl(after)
    if was == will:
        return None
    if was is None:
        return Effect.GAINS
    return Effect.LOSES if will is None else Effect.MOVES


def _erl(resolution: Resolution | None) -> str | None:
    return resolution.erl.name if resolution and resolution.located and resolution.erl else None


def _words(resolution: Resolution | None) -> str:
    name = _erl(resolution)
    return f"{name} (by {resolution.tier})" if name and resolution else "no location"


def _loses(kind: _Kind, label: str, before: Resolution | None, after: Resolution | None) -> Finding:
    reason = after.reasons[-1] if after and after.reasons else "it is no longer mapped"
    return Finding(
        Severity.WARNING,
        "PUB001",
        f"{kind.title} {label} would lose its location {_erl(before)}: {reason}.",
        Subject(f"snapshot.{kind.table}", None, label),
        "Map it again, or acknowledge that phones there will have no location.",
    )


def _places(db: sqlite3.Connection, *, first: bool) -> ChangeSet:
    """Return the ERLs whose content or standing changes."""
    changes = ChangeSet("ERL")
    if first:
        for name, verdict in db.execute("SELECT name, verdict FROM new.erl ORDER BY name"):
            changes.add(name, Effect.GAINS, "", f"address {verdict}")
        return changes
    rows = db.execute(
        """
        SELECT n.name, o.name, o.verdict, n.verdict FROM new.erl n
          LEFT JOIN old.erl o ON o.id = n.id
         WHERE o.id IS NULL OR o.record IS NOT n.record OR o.verdict IS NOT n.verdict
        UNION ALL
        SELECT NULL, o.name, o.verdict, NULL FROM old.erl o
         WHERE o.id NOT IN (SELECT id FROM new.erl)
        """
    )
    for name, old_name, old_verdict, new_verdict in rows:
        if old_name is None:
            changes.add(name, Effect.GAINS, "", f"address {new_verdict}")
        elif name is None:
            changes.add(old_name, Effect.LOSES, f"address {old_verdict}", "")
        else:
            after = f"address {new_verdict}" if old_verdict != new_verdict else "other content"
            changes.add(name, Effect.CHANGES, f"address {old_verdict}", after)
    return changes
