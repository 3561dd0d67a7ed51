"""A durable queue of events on local disk, for as long as the portal cannot be reached.

One SQLite file, shared by all processes of a call path: an append is committed and fsynced before
it returns, so ``kill -9`` and a power cut lose nothing that was accepted.  A restarted process
finds what an earlier one left, because the file belongs to the machine and not to a process id.

Delivery is at least once and in order: read ``pending``, send, ``acknowledge``.  Every event has an
id, by which the receiver takes it exactly once.  ``delivering`` lets one process at a time do that.
The journal is a rollback journal, not WAL: SQLite before 3.51.3 can damage a WAL file that several
processes write, and at the rate of emergency calls its speed is of no use.
"""

import fcntl
import json
import logging
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

log = logging.getLogger(__name__)

DEFAULT_LIMIT_BYTES = 64 * 1024 * 1024
#: How long a call waits for those of other threads and processes; each takes about a millisecond.
BUSY_SECONDS = 2.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS total (
    single INTEGER PRIMARY KEY CHECK (single = 1), bytes INTEGER NOT NULL, dropped INTEGER NOT NULL
);
INSERT OR IGNORE INTO total VALUES (1, 0, 0);
CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON event
    BEGIN UPDATE total SET bytes = bytes + length(CAST(new.id || new.body AS BLOB)); END;
CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON event
    BEGIN UPDATE total SET bytes = bytes - length(CAST(old.id || old.body AS BLOB)); END;
"""


class SpoolError(Exception):
    """The spool cannot be read or written now (disk full, no permission, damaged file)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event that waits; ``id`` is what the receiver recognises it by."""

    id: str
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SpoolState:
    """How much waits, and how many events were dropped, oldest first, to stay within the limit."""

    waiting: int
    bytes: int
    dropped: int


class Spool:
    """The queue in ``path``.  Safe for several threads and several processes.

    Nothing is opened before it is needed and every method may raise ``SpoolError``, so a full disk
    at start is survived, and the queue works again when the cause is gone.  A damaged file is set
    aside and the queue begins anew.
    """

    def __init__(self, path: Path, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.path = path
        self.limit_bytes = limit_bytes
        self._open: sqlite3.Connection | None = None
        self._inode = 0

    def append(self, event_id: str, event: Mapping[str, Any]) -> None:
        """Store an event durably; one whose id already waits is kept as it is.

        Where the limit would be passed, the oldest events are dropped and counted: what happens now
        matters more to the people at the desk.  ``event`` must be JSON.
        """
        self.append_all([(event_id, event)])

    def append_all(self, events: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """``append`` for several events at the price of one: all of them are stored or none."""
        rows = [
            (event_id, json.dumps(event, ensure_ascii=False, separators=(",", ":")))
            for event_id, event in events
        ]
        with self._transaction() as db:
            for row in rows:
                added = db.execute("INSERT OR IGNORE INTO event (id, body) VALUES (?, ?)", row)
                if added.rowcount:
                    self._keep_the_limit(db, added.lastrowid)

    def pending(self, limit: int = 100) -> list[Entry]:
        """Return the oldest events that are not acknowledged, in the order of their arrival."""
        with self._transaction() as db:
            rows = db.execute("SELECT id, body FROM event ORDER BY position LIMIT ?", (limit,))
            return [Entry(event_id, json.loads(body)) for event_id, body in rows]

    def acknowledge(self, event_ids: Iterable[str]) -> None:
        """Forget events that the receiver has confirmed; unknown ids do not matter."""
        with self._transaction() as db:
            db.executemany(
                "DELETE FROM event WHERE id = ?", [(event_id,) for event_id in event_ids]
            )

    def state(self) -> SpoolState:
        """Return how much waits, for health pages and metrics."""
        with self._transaction() as db:
            waiting = db.execute("SELECT count(*) FROM event").fetchone()[0]
            return SpoolState(waiting, *db.execute("SELECT bytes, dropped FROM total").fetchone())

    @contextmanager
    def delivering(self) -> Iterator[bool]:
        """Give ``True`` to one process at a time, which may deliver, and ``False`` to the others.

        The right is a lock of the operating system: it ends with the ``with`` block or with the
        process, however that ends.
        """
        try:
            lock = self._lock_file("delivery")
        except OSError as error:
            raise SpoolError(f"The spool {self.path} cannot be used: {error}") from error
        with lock:
            yield _locked(lock)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._alone():
            self._forget()

    def _keep_the_limit(self, db: sqlite3.Connection, newest: int | None) -> None:
        while db.execute("SELECT bytes FROM total").fetchone()[0] > self.limit_bytes:
            dropped = db.execute(
                "DELETE FROM event WHERE position = (SELECT min(position) FROM event) "
                "AND position < ?",
                (newest,),
            )
            if not dropped.rowcount:
                return  # the newest event is kept whatever its size
            db.execute("UPDATE total SET dropped = dropped + 1")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._alone():
                db = self._opened()
                try:
                    db.execute("BEGIN IMMEDIATE")
                    yield db
                    db.execute("COMMIT")
                except BaseException as error:
                    self._forget()  # which rolls back
                    if _is_damage(error):
                        self._set_aside()
                    raise
        except (sqlite3.Error, OSError) as error:
            raise SpoolError(f"The spool {self.path} cannot be used: {error}") from error

    def _opened(self) -> sqlite3.Connection:
        """Return the open file if it is still the one in ``path``, else open that one."""
        here = self.path.stat().st_ino if self.path.exists() else 0
        if self._open and here != self._inode:
            self._forget()  # a sibling began anew
        if self._open is None:
            try:
                self._open = self._connect()
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._set_aside()
                self._open = self._connect()
            self._inode = self.path.stat().st_ino
        return self._open

    def _set_aside(self) -> None:
        """Begin anew after damage, unless a sibling did: what happens now must be kept somewhere.

        The damaged file stays beside as ``.damaged``, for somebody to look at.
        """
        try:
            with closing(self._connect()) as db:
                if db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                    return
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                return  # the disk fails, which says nothing about the file
        aside = self.path.with_name(f"{self.path.name}.damaged")
        # The journal belongs to the damaged file; left here, it would be played into the new one.
        self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
        self.path.replace(aside)
        log.error("spool damaged, begun anew", extra={"fields": {"aside": str(aside)}})

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # SQLite's own wait for a lock sleeps up to 100 ms at a time and can starve beside a busy
        # writer; this one keeps out the other threads of this process as well.
        deadline = time.monotonic() + BUSY_SECONDS
        with self._lock_file("lock") as lock:
            while not _locked(lock):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"another process has kept it for {BUSY_SECONDS:g} s")
                time.sleep(0.001)
            yield

    def _lock_file(self, purpose: str) -> IO[bytes]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self.path.with_name(f"{self.path.name}.{purpose}").open("wb")

    def _forget(self) -> None:
        if self._open:
            self._open.close()
            self._open = None

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            # TRUNCATE with FULL also syncs the journal's end, so a commit survives a power cut.
            db.execute("PRAGMA journal_mode = TRUNCATE")
            db.execute("PRAGMA synchronous = FULL")
            db.executescript(_SCHEMA)
        except BaseException:
            db.close()
            raise
        return db


def _is_damage(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _locked(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
