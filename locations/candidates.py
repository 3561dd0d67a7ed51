"""Elements of two snapshots that may be answered differently, found by set algebra in SQL over the
two attached files."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from e911portal.core.side_by_side import side_by_side
from locations.domain.resolution import may_answer
from locations.sides import Side


@dataclass(frozen=True, slots=True)
class Kind:
    """A table of elements: the columns that identify a row, its name for people, and its tier."""

    table: str
    keys: tuple[str, ...]
    label: str
    title: str
    tier: str


KINDS = (
    Kind("bssid", ("key",), "label", "BSSID", "bssid"),
    Kind("port", ("chassis", "port", "subtype"), "label", "Switch port", "port"),
    Kind("chassis", ("key",), "label", "Chassis", "chassis"),
    Kind("subnet", ("cidr",), "cidr", "Subnet", "subnet"),
    Kind("mac", ("key",), "label", "MAC address", "mac"),
    Kind("uri", ("key",), "label", "Fixed endpoint", "endpoint"),
)


@contextmanager
def both(old: Side | None, new: Side) -> Iterator[sqlite3.Connection]:
    """Open both files as schemas ``old`` and ``new`` of one connection, for the block."""
    with side_by_side(old.snapshot if old else None, new.snapshot) as db:
        for name, side in (("old", old), ("new", new)):
            _standings(db, name, side)
            _modes(db, name, side)
            _covered(db, name, side)
        if old:
            _touched(db)
        yield db


def _standings(db: sqlite3.Connection, name: str, side: Side | None) -> None:
    """Tell SQL what the ERLs of a file say where unvalidated addresses are answered (``shown``) and
    where they are not (``proven``): the name, or NULL.

    A table of its own, because the rows of ``erl`` carry so much else that they fill no cache.
    """
    db.execute(
        f"CREATE TEMP TABLE {name}_erl"
        " (id INTEGER PRIMARY KEY, verdict TEXT, shown TEXT, proven TEXT)"
    )
    if side:
        erls = side.snapshot.db.execute("SELECT id, name, verdict FROM erl")
        db.executemany(
            f"INSERT INTO {name}_erl VALUES (?, ?, ?, ?)",  # noqa: S608  a name of ours
            (
                (
                    key,
                    verdict,
                    erl if may_answer(verdict, withhold=False) else None,
                    erl if may_answer(verdict, withhold=True) else None,
                )
                for key, erl, verdict in erls
            ),
        )


def _answered(erl: str, mode: str) -> str:
    """Return the expression for the name of an element's own ERL; NULL if it is not answered."""
    return f"CASE WHEN {mode}.flags THEN {erl}.shown ELSE {erl}.proven END"


def _deciding(kind: Kind, subnet: str, covered: str, answered: str) -> str:
    """Return ``answered`` where the row itself is what a device at the element is told, else NULL.

    That is everywhere but in a subnet of which each address lies in a smaller one too.
    """
    if kind.tier != "subnet":
        return answered
    return f"CASE WHEN {subnet}.cidr NOT IN (SELECT cidr FROM {covered}) THEN {answered} END"  # noqa: S608


def _covered(db: sqlite3.Connection, name: str, side: Side | None) -> None:
    """Tell SQL which subnets decide nothing by themselves."""
    db.execute(f"CREATE TEMP TABLE {name}_covered (cidr TEXT PRIMARY KEY) WITHOUT ROWID")
    if side:
        db.executemany(
            f"INSERT INTO {name}_covered VALUES (?)",  # noqa: S608  a name of ours
            ((cidr,) for cidr in side.covered()),
        )


def _modes(db: sqlite3.Connection, name: str, side: Side | None) -> None:
    """Tell SQL which sites answer unvalidated addresses; the site 0 stands for no site."""
    db.execute(f"CREATE TEMP TABLE {name}_mode (site_id INTEGER PRIMARY KEY, flags INTEGER)")
    if side:
        sites = [None, *(key for (key,) in side.snapshot.db.execute("SELECT id FROM site"))]
        db.executemany(
            f"INSERT INTO {name}_mode VALUES (?, ?)",  # noqa: S608  a name of ours
            ((site or 0, int(not side.withholds(site))) for site in sites),
        )


def _touched(db: sqlite3.Connection) -> None:
    """Tell SQL in which sites something changes that elements without an answer of their own fall
    back to: a switch, or the site's default location."""
    db.execute(
        """
        CREATE TEMP TABLE touched AS
        SELECT n.site_id FROM new.chassis n LEFT JOIN old.chassis o ON o.key = n.key
          LEFT JOIN new_erl ne ON ne.id = n.erl_id LEFT JOIN old_erl oe ON oe.id = o.erl_id
         WHERE o.key IS NULL OR n.erl_id IS NOT o.erl_id OR ne.verdict IS NOT oe.verdict
        UNION
        SELECT o.site_id FROM old.chassis o WHERE o.key NOT IN (SELECT key FROM new.chassis)
        UNION
        SELECT n.id FROM new.site n LEFT JOIN old.site o ON o.id = n.id
          LEFT JOIN new_erl ne ON ne.id = n.default_erl_id
          LEFT JOIN old_erl oe ON oe.id = o.default_erl_id
         WHERE n.default_erl_id IS NOT o.default_erl_id OR ne.verdict IS NOT oe.verdict
        """
    )


def candidates(db: sqlite3.Connection, kind: Kind, *, first: bool) -> Iterator[tuple[Any, ...]]:
    """Yield the elements that may be answered differently: their row, their location's standing or
    what they fall back to differs between the two files.

    Each has its label, its site before and after, the name of its own ERL before and after (None if
    that is not answered, or does not decide alone), whether it was and will be there, and the
    columns that identify it.
    """
    columns = ", ".join(f"n.{key}" for key in kind.keys)
    own = _answered("ne", "nm")
    now = _deciding(kind, "n", "new_covered", own)
    after = """
          LEFT JOIN new_erl ne ON ne.id = n.erl_id
          LEFT JOIN new_mode nm ON nm.site_id = coalesce(n.site_id, 0)"""
    if first:
        statement = f"""
            SELECT n.{kind.label}, NULL, n.site_id, NULL, {now}, 0, 1, {columns}
              FROM new.{kind.table} n {after}
        """  # noqa: S608  names of ours only
    else:
        match = " AND ".join(f"o.{key} = n.{key}" for key in kind.keys)
        gone = ", ".join(f"o.{key}" for key in kind.keys)
        was = _deciding(kind, "o", "old_covered", _answered("oe", "om"))
        before = """
          LEFT JOIN old_erl oe ON oe.id = o.erl_id
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
                OR ({falls} AND {own} IS NULL)
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
