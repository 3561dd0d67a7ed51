"""The difference of two snapshots by location: which elements would be answered differently.

``candidates`` finds those that may be.  An element whose own row may be answered is decided by that
row; every other one is put to the real resolution, so that what the gate says is what devices would
be told.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from e911portal.core.changes import ChangeSet, Effect
from e911portal.core.findings import Finding, Severity, Subject
from e911portal.core.side_by_side import edits
from e911portal.core.snapshot import Snapshot
from locations import descriptions
from locations.candidates import KINDS, Kind, both, candidates
from locations.domain.resolution import Clue
from locations.sides import Side, Told, Withholds, bssids_of

#: The tier of those who have no location of their own.
_DEFAULT = "site_default"

_NOTHING = Told(None, None)

#: The network site that a device leaves and the one it enters, by key; None: no site.
Move = tuple[int | None, int | None]


class Difference(NamedTuple):
    """The changes by kind of element, a WARNING for each element that would lose its location, and
    how many elements go from one network site to another: there, another policy applies."""

    sets: list[ChangeSet]
    findings: list[Finding]
    moves: Counter[Move]


def compare(
    old: Snapshot | None,
    new: Snapshot,
    *,
    now: datetime,
    old_withholds: Withholds,
    new_withholds: Withholds,
) -> Difference:
    """Return what devices would be told otherwise.

    ``old`` is None before the first publication: then everything is gained.
    """
    was = Side(old, now, old_withholds) if old else None
    will = Side(new, now, new_withholds)
    with both(was, will) as db:
        floors, sites = ChangeSet("Floor"), ChangeSet("Network site of an element")
        moves: Counter[Move] = Counter()
        sets: list[ChangeSet] = []
        findings: list[Finding] = []
        for kind in KINDS:
            changes = ChangeSet(kind.title)
            own_tier = kind.tier
            before: tuple[str | None, str | None, str]
            after: tuple[str | None, str | None, str]
            for label, old_site, new_site, old_erl, new_erl, had, has, *key in candidates(
                db, kind, first=old is None
            ):
                if was and (old_site != new_site if had and has else kind.table == "subnet"):
                    move = _move(was, will, kind, label, key, old_site, new_site)
                    if move[0] != move[1]:
                        moves[move] += 1
                        _note_move(sites, f"{kind.title} {label}", move, was, will)
                # A million of them: what the row itself decides must not cost a call.
                if old_erl is not None:
                    before = old_erl, own_tier, ""
                else:
                    before = _told(was, kind, label, key, old_site, had, (will, was))
                if new_erl is not None:
                    after = new_erl, own_tier, ""
                else:
                    after = _told(will, kind, label, key, new_site, has, (will, was))
                effect = _effect(before[0], after[0])
                if effect is None:
                    continue
                if effect is Effect.MOVES and after[1] == _DEFAULT != before[1]:
                    effect = Effect.LOSES
                if effect is Effect.MOVES and was:
                    floor = was.floors.get(before[0])
                    if floor and after[0] not in will.floors:
                        floors.add(f"{kind.title} {label}", Effect.LOSES, floor, "no floor")
                if changes.is_full:
                    changes.count(effect)
                else:
                    changes.add(label, effect, _words(*before), _words(*after))
                if effect is Effect.LOSES:
                    findings.append(_loses(kind, label, before[0], Told(*after)))
            sets.append(changes)
            if was:
                _floors_gone(db, kind, was, will, floors)
        of_sites = edits(
            db, "Network site", "site", key=("id",), label="r.name", content=("name", "record")
        )
        sets += [floors, sites, *descriptions.compare(db, first=old is None), of_sites]
        return Difference([entry for entry in sets if entry.total], findings, moves)


def _floors_gone(
    db: sqlite3.Connection, kind: Kind, was: Side, will: Side, floors: ChangeSet
) -> None:
    """Add the elements that stay where they are mapped, at an ERL that no longer says its floor."""
    if not was.floors.keys() - will.floors.keys():
        return
    match = " AND ".join(f"o.{key} = n.{key}" for key in kind.keys)
    rows = db.execute(
        f"""
        SELECT n.{kind.label}, oe.name FROM new.{kind.table} n
          JOIN old.{kind.table} o ON {match} AND o.erl_id = n.erl_id
          JOIN new.erl ne ON ne.id = n.erl_id JOIN old.erl oe ON oe.id = o.erl_id
         WHERE json_extract(oe.record, '$.civic.FLR') <> ''
           AND coalesce(json_extract(ne.record, '$.civic.FLR'), '') = ''
        """  # noqa: S608  names of ours only
    )
    for label, erl in rows:
        floors.add(f"{kind.title} {label}", Effect.LOSES, was.floors[erl], "no floor")


def _move(
    was: Side,
    will: Side,
    kind: Kind,
    label: str,
    key: Sequence[str],
    old_site: int | None,
    new_site: int | None,
) -> Move:
    """Return the network site of devices at an element before and after.

    Their address tells it, so that of a subnet is looked up, as for one that comes or goes.
    """
    if kind.table != "subnet":
        return old_site, new_site
    address = str(_clue(kind.table, label, key, (will, was)).ip)
    return was.site_at(address), will.site_at(address)


def _note_move(sites: ChangeSet, label: str, move: Move, was: Side, will: Side) -> None:
    left, entered = move
    before = was.sites[left] if left is not None else ""
    after = will.sites[entered] if entered is not None else ""
    effect = Effect.GAINS if left is None else Effect.LOSES if entered is None else Effect.MOVES
    sites.add(label, effect, before, after)


def _told(
    side: Side | None,
    kind: Kind,
    label: str,
    key: Sequence[str],
    site: int | None,
    there: bool,
    sides: Sequence[Side | None],
) -> Told:
    """Return what a device is told at an element whose own row does not decide it; ``there``:
    whether this side has the element."""
    if side is None:
        return _NOTHING
    if kind.table == "port" and there:
        return side.told_at_switch(key[0], site)
    return side.told(_clue(kind.table, label, key, sides), site)


def _clue(table: str, label: str, key: Sequence[str], sides: Sequence[Side | None]) -> Clue:
    """Return what a device at this element would report.

    For a range, one of the addresses for which it is the most specific entry on one of the sides,
    which are asked in this order: what lies in a smaller one too tells of that.
    """
    match table:
        case "bssid" if "*" in label:
            found = (side.bssid_in(label) for side in sides if side)
            return Clue(bssids=(next(filter(None, found), next(bssids_of(label))),))
        case "bssid":
            return Clue(bssids=(label,))
        case "port":
            return Clue(chassis=key[0], port=key[1], port_subtype=int(key[2]))
        case "chassis":
            return Clue(chassis=key[0])
        case "subnet":
            found = (side.address_in(label) for side in sides if side)
            return Clue(ip=next(filter(None, found), label.partition("/")[0]))
        case "mac":
            return Clue(mac=key[0])
    return Clue(uri=key[0])


def _effect(was: str | None, will: str | None) -> Effect | None:
    if was == will:
        return None
    if was is None:
        return Effect.GAINS
    return Effect.LOSES if will is None else Effect.MOVES


def _words(erl: str | None, tier: str | None, _: str) -> str:
    return f"{erl} (by {tier})" if erl else "no location"


def _loses(kind: Kind, label: str, erl: str | None, after: Told) -> Finding:
    subject = Subject(f"snapshot.{kind.table}", None, label)
    if after.erl:
        return Finding(
            Severity.WARNING,
            "PUB004",
            f"{kind.title} {label} would lose its location {erl}: devices there would be told the "
            f"site's default, {after.erl}.",
            subject,
            "Map it again, or acknowledge that help for phones there goes to the site's default.",
        )
    return Finding(
        Severity.WARNING,
        "PUB001",
        f"{kind.title} {label} would lose its location {erl}: "
        f"{after.reason or 'it is no longer mapped'}.",
        subject,
        "Map it again, or acknowledge that phones there will have no location.",
    )
