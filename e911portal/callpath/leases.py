"""Which caller has which ELIN: one small SQLite file that all workers of a node choose from.

Two calls in the same instant must not be given the same ELIN while another is free, so choosing
and taking are one transaction; and the lease is in the file before the answer leaves, so that a
killed process leaves no ELIN with its last caller's name on it.  A lease counts as *sent* only when
the answer has left: one that was taken by a process that then died may never have been shown to
anybody, see ``elins.caller_of``.

Only calls that can leave by an ELIN gateway come here.  Nothing here may fail a call: whatever goes
wrong is logged, waits a tenth of a second at most, and the call leaves with an ELIN all the same.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from e911portal.callpath.exchange import Event
from routing.domain.elins import LONGEST_CALL, MAX_CALLBACK_MINUTES, Lease, number_key

log = logging.getLogger("e911portal.callpath.leases")

# No fsync: the page cache outlives a killed process, and a call must not wait for a disk.
# A rollback journal for the reason that ``memory`` gives.
_SCHEMA = """
PRAGMA journal_mode = PERSIST;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS elin_lease (
    call_ref TEXT PRIMARY KEY, elin TEXT NOT NULL, caller TEXT NOT NULL, contact TEXT NOT NULL,
    leased_at REAL NOT NULL, ended_at REAL, sent INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS elin_lease_elin ON elin_lease (elin);
CREATE INDEX IF NOT EXISTS elin_lease_age ON elin_lease (leased_at);
CREATE INDEX IF NOT EXISTS elin_lease_end ON elin_lease (ended_at);
"""
_OF = (
    "SELECT elin, caller, contact, leased_at, ended_at, sent, call_ref FROM elin_lease "
    "WHERE elin = ?"
)
_KEEP = (
    "REPLACE INTO elin_lease (elin, caller, contact, leased_at, ended_at, sent, call_ref) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
#: A few per call: after a busy day no call has to wait until all of them are erased.
_FORGET = (
    "DELETE FROM elin_lease WHERE call_ref IN (SELECT call_ref FROM elin_lease "
    "WHERE ended_at < ? OR leased_at < ? LIMIT 100)"
)
_WINDOW = timedelta(minutes=MAX_CALLBACK_MINUTES)
#: How long a call waits for a sibling that is choosing, which takes it less than a millisecond.
PATIENCE_SECONDS = 0.1
_ENDED = frozenset({"call_ended", "call_failed", "caller_cancel"})


class Leases:
    """The ELINs that recent calls showed, over the file at ``path``; for one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: sqlite3.Connection | None = None
        self._unwritten: dict[str, Lease] = {}

    @contextmanager
    def choosing(self) -> Iterator["Choosing"]:
        """Give the leases to choose by; they are locked for others from the moment that they are
        read until the block ends, and what was taken is kept then."""
        choice = Choosing(self)
        try:
            yield choice
        finally:
            choice.close()

    def of(self, number: str) -> tuple[Lease, ...]:
        """Return the leases of an ELIN, as far as they can be read; its ``number_key`` decides."""
        elin = number_key(number)
        found: tuple[Lease, ...] = ()
        try:
            found = tuple(_lease(row) for row in self._db().execute(_OF, (elin,)))
        except Exception as error:
            self._give_up(error)
        return (*found, *(lease for lease in self._unwritten.values() if lease.elin == elin))

    def sent(self, events: Iterable[Event]) -> None:
        """Note that the answers that these events record have left."""
        refs = [(event["call_ref"],) for event in events if event.get("leased_elin")]
        for (ref,) in refs:
            if ref in self._unwritten:
                self._unwritten[ref] = replace(self._unwritten[ref], sent=True)
        if refs:
            self._update("UPDATE elin_lease SET sent = 1 WHERE call_ref = ?", refs)

    def ended(self, events: Iterable[Event], now: datetime) -> None:
        """Begin the callback window of the calls that ended by these events."""
        ended = (event for event in events if str(event.get("event")) in _ENDED)
        refs = [str(event.get("call_ref")) for event in ended]
        for ref in self._unwritten.keys() & set(refs):
            self._unwritten[ref] = replace(self._unwritten[ref], ended_at=now)
        if refs and self._path.exists():
            statement = "UPDATE elin_lease SET ended_at = ? WHERE call_ref = ? AND ended_at IS NULL"
            self._update(statement, [(now.timestamp(), ref) for ref in refs])

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        if self._open:
            self._open.close()
            self._open = None

    def _update(self, statement: str, values: Iterable[tuple[object, ...]]) -> None:
        try:
            db = self._db()
            db.execute("BEGIN IMMEDIATE")
            db.executemany(statement, values)
            db.execute("COMMIT")
        except Exception as error:
            self._give_up(error)

    def _db(self) -> sqlite3.Connection:
        if self._open is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(
                self._path, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
            )
            db.executescript(_SCHEMA)
            self._open = db
        return self._open

    def _give_up(self, error: Exception) -> None:
        log.error("leases not at hand", extra={"fields": {"why": error}})
        with suppress(sqlite3.Error):
            self.close()  # which ends a transaction, too
        self._open = None
        damaged = isinstance(error, sqlite3.DatabaseError)
        if damaged and not isinstance(error, sqlite3.OperationalError):
            with suppress(OSError):
                self._path.unlink(missing_ok=True)  # of no use to anybody; begin anew


class Choosing:
    """The leases during one decision.  They are locked when they are read, so that a call that
    needs no ELIN never waits."""

    __slots__ = ("_leases", "_locked")

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._locked = False

    def of(self, numbers: Iterable[str]) -> list[Lease]:
        """Lock all leases, and return those of the ELINs with these numbers, however many others
        have; see ``number_key``."""
        own = self._leases
        asked = {number_key(number) for number in numbers}
        found: list[Lease] = []
        try:
            db = own._db()
            if not self._locked:
                db.execute("BEGIN IMMEDIATE")
                self._locked = True
            found = [_lease(row) for elin in asked for row in db.execute(_OF, (elin,))]
        except Exception as error:
            self._locked = False
            own._give_up(error)
        return [*found, *(lease for lease in own._unwritten.values() if lease.elin in asked)]

    def take(self, lease: Lease) -> None:
        """Keep a lease: in the file, or in this process when there is no getting at the file."""
        own = self._leases
        lease = replace(lease, elin=number_key(lease.elin))
        own._unwritten[lease.call_ref] = lease
        if not self._locked:
            return
        try:
            db = own._db()
            _forget(db, lease.leased_at)
            for waiting in own._unwritten.values():
                db.execute(_KEEP, _row(waiting))
            db.execute("COMMIT")
            own._unwritten.clear()
        except Exception as error:
            own._give_up(error)
        self._locked = False

    def close(self) -> None:
        """Let others choose."""
        if self._locked:
            self._locked = False
            try:
                self._leases._db().execute("ROLLBACK")
            except Exception as error:
                self._leases._give_up(error)


def _forget(db: sqlite3.Connection, now: datetime) -> None:
    db.execute(_FORGET, ((now - _WINDOW).timestamp(), (now - LONGEST_CALL).timestamp()))


def _row(lease: Lease) -> tuple[object, ...]:
    ended_at = lease.ended_at.timestamp() if lease.ended_at else None
    started = lease.leased_at.timestamp()
    who = (lease.elin, lease.caller, lease.contact)
    return (*who, started, ended_at, lease.sent, lease.call_ref)


def _lease(row: tuple[str, str, str, float, float | None, int, str]) -> Lease:
    elin, caller, contact, start, end, sent, ref = row
    began = datetime.fromtimestamp(start, UTC)
    ended_at = None if end is None else datetime.fromtimestamp(end, UTC)
    return Lease(elin, caller, contact, began, ended_at, bool(sent), ref)
