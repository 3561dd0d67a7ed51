"""Elements of two snapshots that may be answered differently, found by set algebra in SQL over the
two attached files."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from e911portal.core.snapshot import Snapshot
from locations.domain.resolution import may_answer

#: Whether the location policy of a site (None: of nobody in particular) withholds what is not
#: validated.
Withholds = Callable[[int | None], bool]


@dataclass(frozen=True, slots=True)
class Kind:
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


KINDS = (
    Kind("bssid", ("key",), "label", "BSSID", "bssid"),
    Kind("port", ("chassis", "port", "subtype"), "label", "Switch port", "port"),
    Kind("chassis", ("key",), "label", "Chassis", "chassis"),
    Kind("subnet", ("cidr",), "cidr", "Subnet", "subnet"),
    Kind("mac", ("key",), "label", "MAC address", "mac"),
    Kind("uri", ("key",), "label", "Fixed endpoint", "endpoint"),
)


@contextmanager
def both(
    old: Snapshot | None, new: Snapshot, old_withholds: Withholds, new_withholds: Withholds
) -> Iterator[sqlite3.Connection]:
    """Open both files as schemas ``old`` and ``new`` of one connection, for the block."""
    db = sqlite3.connect("file::memory:", uri=True)
    try:
        db.execute("ATTACH ? AS new", (new.uri,))
        db.execute("ATTACH ? AS old", (old.uri if old else "file::memory:",))
        _answerable(db, old, new)
        _modes(db, "old_mode", old, old_withholds)
        _modes(db, "new_mode", new, new_withholds)
        if old:
            _touched(db)
        yield db
    finally:
        db.close()


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


def candidates(db: sqlite3.Connection, kind: Kind, *, first: bool) -> Iterator[tuple[Any, ...]]:
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
