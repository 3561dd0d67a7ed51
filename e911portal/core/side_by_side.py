"""Two snapshots in one connection: their difference is set algebra in SQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from e911portal.core.snapshot import Snapshot


@contextmanager
def side_by_side(old: Snapshot | None, new: Snapshot) -> Iterator[sqlite3.Connection]:
    """Open two files as schemas ``old`` (empty for None) and ``new``, for the block."""
    db = sqlite3.connect("file::memory:", uri=True)
    try:
        db.execute("ATTACH ? AS new", (new.uri,))
        db.execute("ATTACH ? AS old", (old.uri if old else "file::memory:",))
        yield db
    finally:
        db.close()
