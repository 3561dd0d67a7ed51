"""The difference of two snapshots by location: which elements would be answered differently.

Set algebra in SQL over the two attached files finds the candidates.  An element whose own row may
be answered is decided by that row; every other one is put to the real resolution on both sides, so
that what the gate says is what devices would be told.
"""

import ipaddress
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from e911portal.core.changes import ChangeSet, Effect
from e911portal.core.findings import Finding, Severity, Subject
from e911portal.core.snapshot import Snapshot
from locations import lookup
from locations.domain.resolution import Clue, may_answer

#: The tier of those who have no location of their own.
_DEFAULT = "site_default"

#: Whether the location policy of a site (None: of nobody in particular) withholds what is not
#: validated.
Withholds = Callable[[int | None], bool]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A table of elements: the columns that identify a row, its name for people, and its tier."""

    table: str
    keys: tuple[str, ...]
    label: str
    title: str
    tier: str

    @property
    def decides(self) -> bool:
        """Whether the row itself, if it may be answered, is always what a device is told."""
        return self.tier not in ("bssid", "subnet")


_KINDS = (
    _Kind("bssid", ("key",), "label", "BSSID", "bssid"),
    _Kind("port", ("chassis", "port", "subtype"), "label", "Switch port", "port"),
    _Kind("chassis", ("key",), "label", "Chassis", "chassis"),
    _Kind("subnet", ("cidr",), "cidr", "Subnet", "subnet"),
    _Kind("mac", ("key",), "label", "MAC address", "mac"),
    _Kind("uri", ("key",), "label", "Fixed endpoint", "endpoint"),
)


class _Answer(NamedTuple):
    """What a device at an element is told: the ERL's name (or None), by which tier, and why."""

    erl: str | None
    tier: str | None
    reason: str = ""


_NOTHING = _Answer(None, None)


def compare(
    old: Snapshot | None,
    new: Snapshot,
    *,
    now: datetime,
    old_withholds: Withholds,
    new_withholds: Withholds,
) -> tuple[list[ChangeSet], list[Finding]]:
    """Return the changes by kind of element, and a WARNING for each that would lose its location.

    ``old`` is None before the first publication: then everything is gained.
    """
    db = sqlite3.connect("file::memory:", uri=True)
    try:
        db.execute("ATTACH ? AS new", (new.uri,))
        db.execute("ATTACH ? AS old", (old.uri if old else "file::memory:",))
        _answerable(db, old, new)
        _modes(db, "old_mode", old, old_withholds)
        _modes(db, "new_mode", new, new_withholds)
        if old:
            _touched(db)
        was = _Side(old, now, old_withholds) if old else None
        will = _Side(new, now, new_withholds)
        floors = ChangeSet("Floor")
        sets: list[ChangeSet] = []
        findings: list[Finding] = []
        for kind in _KINDS:
            changes = ChangeSet(kind.title)
            decides, own_tier = kind.decides, kind.tier
            before: tuple[str | None, str | None, str]
            after: tuple[str | None, str | None, str]
            for label, old_site, new_site, old_erl, new_erl, had, has, *key in _candidates(
                db, kind, first=old is None
            ):
                # A million of them: what the row itself decides must not cost a call.
                if old_erl is not None and decides:
                    before = old_erl, own_tier, ""
                else:
                    before = (
                        was.answer(kind, label, key, old_erl, old_site, had) if was else _NOTHING
                    )
                if new_erl is not None and decides:
                    after = new_erl, own_tier, ""
                else:
                    after = will.answer(kind, label, key, new_erl, new_site, has)
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
                    findings.append(_loses(kind, label, before[0], _Answer(*after)))
            sets.append(changes)
            if was:
                _floors_gone(db, kind, was, will, floors)
        sets.append(floors)
        sets.append(_places(db, first=old is None))
        return [entry for entry in sets if entry.total], findings
    finally:
        db.close()


def _floors_gone(
    db: sqlite3.Connection, kind: _Kind, was: "_Side", will: "_Side", floors: ChangeSet
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


def _answerable(db: sqlite3.Connection, *snapshots: Snapshot | None) -> None:
    """Tell SQL which verdicts may be answered, by whether unvalidated addresses are."""
    db.execute("CREATE TEMP TABLE answerable (verdict TEXT, flags INTEGER)")
    statement = "SELECT DISTINCT verdict FROM erl"
    verdicts = {row for entry in snapshots if entry for (row,) in entry.db.execute(statement)}
    db.executemany(
        "INSERT INTO answerable VALUES (?, ?)",
        [
            (verdict, flags)
            for verdict in verdicts
            for flags in (0, 1)
            if may_answer(verdict, withhold=not flags)
        ],
    )


def _answered(erl: str, mode: str) -> str:
    """Return the condition that an element's own ERL may be answered; false where it has none."""
    return (
        f"EXISTS (SELECT 1 FROM answerable a WHERE a.verdict = {erl}.verdict "  # noqa: S608
        f"AND a.flags = coalesce({mode}.flags, 0))"
    )


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


def _touched(db: sqlite3.Connection) -> None:
    """Tell SQL in which sites something changes that elements without an answer of their own fall
    back to: a switch, or the site's default location."""
    db.execute(
        """
        CREATE TEMP TABLE touched AS
        SELECT n.site_id FROM new.chassis n LEFT JOIN old.chassis o ON o.key = n.key
          LEFT JOIN new.erl ne ON ne.id = n.erl_id LEFT JOIN old.erl oe ON oe.id = o.erl_id
         WHERE o.key IS NULL OR n.erl_id IS NOT o.erl_id OR ne.verdict IS NOT oe.verdict
        UNION
        SELECT o.site_id FROM old.chassis o WHERE o.key NOT IN (SELECT key FROM new.chassis)
        UNION
        SELECT n.id FROM new.site n LEFT JOIN old.site o ON o.id = n.id
          LEFT JOIN new.erl ne ON ne.id = n.default_erl_id
          LEFT JOIN old.erl oe ON oe.id = o.default_erl_id
         WHERE n.default_erl_id IS NOT o.default_erl_id OR ne.verdict IS NOT oe.verdict
        """
    )


def _candidates(db: sqlite3.Connection, kind: _Kind, *, first: bool) -> Iterator[tuple[Any, ...]]:
    """Yield the elements that may be answered differently: their row, their location's standing or
    what they fall back to differs between the two files.

    Each has its label, its site before and after, the name of its own ERL before and after (None if
    that is not answered), whether it was and will be there, and the columns that identify it.
    """
    columns = ", ".join(f"n.{key}" for key in kind.keys)
    now = f"CASE WHEN {_answered('ne', 'nm')} THEN ne.name END"
    after = """
          LEFT JOIN new.erl ne ON ne.id = n.erl_id
          LEFT JOIN new_mode nm ON nm.site_id = coalesce(n.site_id, 0)"""
    if first:
        statement = f"""
            SELECT n.{kind.label}, NULL, n.site_id, NULL, {now}, 0, 1, {columns}
              FROM new.{kind.table} n {after}
        """  # noqa: S608  names of ours only
    else:
        match = " AND ".join(f"o.{key} = n.{key}" for key in kind.keys)
        gone = ", ".join(f"o.{key}" for key in kind.keys)
        was = f"CASE WHEN {_answered('oe', 'om')} THEN oe.name END"
        before = """
          LEFT JOIN old.erl oe ON oe.id = o.erl_id
          LEFT JOIN old_mode om ON om.site_id = coalesce(o.site_id, 0)"""
        excluded = " OR n.excluded IS NOT o.excluded" if kind.table == "subnet" else ""
        # What encloses a subnet may belong to any site.
        falls = "1" if kind.table == "subnet" else "n.site_id IN touched"
        statement = f"""
            SELECT n.{kind.label}, o.site_id, n.site_id, {was}, {now},
                   o.{kind.keys[0]} IS NOT NULL, 1, {columns}
              FROM new.{kind.table} n LEFT JOIN old.{kind.table} o ON {match} {after} {before}
             WHERE o.{kind.keys[0]} IS NULL OR n.erl_id IS NOT o.erl_id
                OR n.site_id IS NOT o.site_id{excluded}
                OR ne.verdict IS NOT oe.verdict OR nm.flags IS NOT om.flags
                OR ({falls} AND NOT {_answered("ne", "nm")})
        """  # noqa: S608  names of ours only
    added = 0
    for row in db.execute(statement):
        added += not row[5]
        yield row
    # Those that are gone are missing in the numbers.  Mostly there are none to look for.
    if not first and _size(db, f"old.{kind.table}") > _size(db, f"new.{kind.table}") - added:
        yield from db.execute(
            f"""
            SELECT o.{kind.label}, o.site_id, o.site_id, {was}, NULL, 1, 0, {gone}
              FROM old.{kind.table} o LEFT JOIN new.{kind.table} n ON {match} {before}
             WHERE n.{kind.keys[0]} IS NULL
            """  # noqa: S608  names of ours only
        )


def _size(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


class _Side:
    """One of the two snapshots: what devices at its elements are told."""

    def __init__(self, snapshot: Snapshot, now: datetime, withholds: Withholds) -> None:
        self.snapshot, self.now, self.withholds = snapshot, now, withholds
        self.shared = _shared_beginnings(
            cidr for (cidr,) in snapshot.db.execute("SELECT cidr FROM subnet")
        )
        self._at_switch: dict[tuple[str, int | None], _Answer] = {}
        #: The floor by the name of the ERL, of those that have one.
        self.floors: dict[str | None, str] = dict(
            snapshot.db.execute(
                "SELECT name, json_extract(record, '$.civic.FLR') FROM erl"
                " WHERE json_extract(record, '$.civic.FLR') <> ''"
            )
        )

    def answer(
        self,
        kind: _Kind,
        label: str,
        key: Sequence[str],
        own: str | None,
        site: int | None,
        there: bool,
    ) -> _Answer:
        """Return what a device at the element is told; ``own`` is its ERL if that may be answered,
        ``there`` whether this side has the element."""
        if own is not None and self._decides(kind, label):
            return _Answer(own, kind.tier)
        if kind.table == "port" and there:
            # Like every device at its switch of which no port is known.
            memo = (key[0], site)
            if memo not in self._at_switch:
                self._at_switch[memo] = self._resolve(Clue(chassis=key[0]), site)
            return self._at_switch[memo]
        return self._resolve(_clue(kind.table, label, key), site)

    def _resolve(self, clue: Clue, site: int | None) -> _Answer:
        told = lookup.resolve(
            self.snapshot, clue, now=self.now, withhold=self.withholds(site), runners_up=False
        )
        reason = told.reasons[-1] if told.reasons else ""
        return _Answer(told.erl.name if told.erl else None, told.tier, reason)

    def _decides(self, kind: _Kind, label: str) -> bool:
        """Return whether the row itself is what a device at the element is answered from first.

        A wildcard yields to exact BSSIDs inside it, a subnet to a smaller one.
        """
        if kind.tier == "subnet":
            return label.partition("/")[0] not in self.shared
        return kind.decides or "*" not in label


def _shared_beginnings(cidrs: Iterable[str]) -> set[str]:
    """Return the network ids of subnets whose first host may lie in a smaller subnet too.

    That is in one with the same network id, or in the route of that host alone.
    """
    once: set[str] = set()
    shared: set[str] = set()
    for cidr in cidrs:
        first, _, length = cidr.partition("/")
        (shared if first in once else once).add(first)
        if length in ("32", "128"):
            host = ipaddress.ip_address(first)
            if int(host):
                shared.add(str(host - 1))
    return shared


def _clue(table: str, label: str, key: Sequence[str]) -> Clue:
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


def _effect(was: str | None, will: str | None) -> Effect | None:
    if was == will:
        return None
    if was is None:
        return Effect.GAINS
    return Effect.LOSES if will is None else Effect.MOVES


def _words(erl: str | None, tier: str | None, _: str) -> str:
    return f"{erl} (by {tier})" if erl else "no location"


def _loses(kind: _Kind, label: str, erl: str | None, after: _Answer) -> Finding:
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
