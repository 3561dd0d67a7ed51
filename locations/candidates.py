"""Elements of two snapshots that may be answered differently, found by set algebra in SQL over the
two attached files."""

import ipaddress
import sqlite3
from collections.abc import Callable, Iterable, Iterator
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
        _standings(db, "old", old)
        _standings(db, "new", new)
        _shared(db, "old_shared", old)
        _shared(db, "new_shared", new)
        _modes(db, "old_mode", old, old_withholds)
        _modes(db, "new_mode", new, new_withholds)
        if old:
            _touched(db)
        yield db
    finally:
        db.close()


def _standings(db: sqlite3.Connection, side: str, snapshot: Snapshot | None) -> None:
    """Tell SQL what the ERLs of a file say where unvalidated addresses are answered (``shown``) and
    where they are not (``proven``): the name, or NULL.

    A table of its own, because the rows of ``erl`` carry so much else that they fill no cache.
    """
    db.execute(
        f"CREATE TEMP TABLE {side}_erl"
        " (id INTEGER PRIMARY KEY, verdict TEXT, shown TEXT, proven TEXT)"
    )
    if snapshot:
        db.executemany(
            f"INSERT INTO {side}_erl VALUES (?, ?, ?, ?)",  # noqa: S608  a name of ours
            (
                (
                    key,
                    verdict,
                    name if may_answer(verdict, withhold=False) else None,
                    name if may_answer(verdict, withhold=True) else None,
                )
                for key, name, verdict in snapshot.db.execute("SELECT id, name, verdict FROM erl")
            ),
        )


def _answered(erl: str, mode: str) -> str:
    """Return the expression for the name of an element's own ERL; NULL if it is not answered."""
    return f"CASE WHEN {mode}.flags THEN {erl}.shown ELSE {erl}.proven END"


def _deciding(kind: Kind, row: str, shared: str, answered: str) -> str:
    """Return ``answered`` where the row itself is what a device at the element is answered from
    first, else NULL.

    A BSSID wildcard yields to exact BSSIDs inside it, a subnet to a smaller one.
    """
    if kind.tier == "bssid":
        return f"CASE WHEN instr({row}.label, '*') = 0 THEN {answered} END"
    if kind.tier == "subnet":
        first = f"substr({row}.cidr, 1, instr({row}.cidr, '/') - 1)"
        return f"CASE WHEN {first} NOT IN (SELECT first FROM {shared}) THEN {answered} END"  # noqa: S608
    return answered


def _shared(db: sqlite3.Connection, name: str, snapshot: Snapshot | None) -> None:
    """Tell SQL the network ids of subnets whose first host may lie in a smaller subnet too."""
    db.execute(f"CREATE TEMP TABLE {name} (first TEXT PRIMARY KEY) WITHOUT ROWID")
    if snapshot:
        cidrs = (cidr for (cidr,) in snapshot.db.execute("SELECT cidr FROM subnet"))
        db.executemany(
            f"INSERT INTO {name} VALUES (?)",  # noqa: S608  a name of ours
            ((first,) for first in _shared_beginnings(cidrs)),
        )


def _shared_beginnings(cidrs: Iterable[str]) -> set[str]:
    """Return the network ids that several subnets have, or whose first host has a route of its own
    among ``cidrs``."""
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
    now = _deciding(kind, "n", "new_shared", own)
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
        was = _deciding(kind, "o", "old_shared", _answered("oe", "om"))
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
