"""Two snapshots in one connection: their difference is set algebra in SQL."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from e911portal.core.changes import ChangeSet, Effect
from e911portal.core.snapshot import Snapshot


@contextmanager
def side_by_side(old: Snapshot | None, new: Snapshot) -> Iterator[sqlite3.Connection]:
    """Open two files as schemas ``old`` (empty for None) and ``new``, for the block."""
    db = sqlite3.connect("file::memory:", uri=True)
    try:
        db.execute("ATTACH ? AS new", (new.uri,))
        db.execute("ATTACH ? AS old", (old.uri if old else "file::memory:",))
        if old is None:
            # The same tables without a row, so that nobody need ask which of the two it is.
            for (ddl,) in db.execute("SELECT sql FROM new.sqlite_schema WHERE sql > ''").fetchall():
                db.execute(ddl.replace("CREATE TABLE ", "CREATE TABLE old.", 1))
        yield db
    finally:
        db.close()


def edits(
    db: sqlite3.Connection,
    kind: str,
    table: str,
    *,
    key: Sequence[str],
    label: str,
    content: Sequence[str] = (),
) -> ChangeSet:
    """Return the rows of a table that come, go, or have other ``content`` under the same ``key``.

    ``label`` is the SQL expression that names a row for people, in columns of ``r``; all names are
    the caller's own.
    """
    changes = ChangeSet(kind)
    same = " AND ".join(f"o.{column} IS r.{column}" for column in key)
    differs = " OR ".join(f"o.{column} IS NOT r.{column}" for column in content) or "0"
    statement = """
        SELECT {label}, {found} FROM {one}.{table} r LEFT JOIN {other}.{table} o ON {same}
         WHERE o.{first} IS NULL OR {differs} ORDER BY 1
    """
    names = {"label": label, "table": table, "same": same, "first": key[0]}
    for text, was_there in db.execute(
        statement.format(
            **names, one="new", other="old", differs=differs, found=f"o.{key[0]} IS NOT NULL"
        )
    ):
        if was_there:
            changes.add(text, Effect.CHANGES, "edited", "")
        else:
            changes.add(text, Effect.GAINS, "", "added")
    for text, _ in db.execute(
        statement.format(**names, one="old", other="new", differs="0", found="0")
    ):
        changes.add(text, Effect.LOSES, "removed", "")
    return changes
