"""What a node remembers of its calls for an hour: who showed which number, which trunks are down.

ELINs are not among these numbers: they change hands, and ``leases`` knows whose they are.

Two decisions need it: a PSAP that calls back must reach the phone that called, and a trunk reported
dead is tried last, by calls of the edge that reported it: edges may stand in networks of their own,
so what one cannot reach another may, and the start of one says nothing of what another found.

A small SQLite file, written by the recorder's thread only, shares it among workers and keeps it
over a restart.  Trunks, which every call asks for, are held in memory; who showed a number is
looked up in the file, because callbacks are rare and calls may come by the thousand.  Nothing here
may fail a call: whatever goes wrong is logged and means “nothing is remembered”.
"""

import logging
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from e911portal.callpath.exchange import Event
from routing.domain.elins import LONGEST_CALL, MAX_CALLBACK_MINUTES, Lease, number_key

log = logging.getLogger("e911portal.callpath.memory")

# No fsync: what is remembered is worth a restart, not a power cut. A rollback journal, because
# SQLite before 3.51.3 can damage a WAL file that several processes write.
_SCHEMA = """
PRAGMA journal_mode = PERSIST;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS shown (
    call_ref TEXT PRIMARY KEY, number TEXT, caller TEXT, contact TEXT, leased_at REAL, ended_at REAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS shown_number ON shown (number);
CREATE INDEX IF NOT EXISTS shown_age ON shown (leased_at);
CREATE INDEX IF NOT EXISTS shown_end ON shown (ended_at);
DROP TABLE IF EXISTS down;
CREATE TABLE IF NOT EXISTS dead (
    edge TEXT, target TEXT, since REAL, PRIMARY KEY (edge, target)
) WITHOUT ROWID;
"""
_WINDOW = timedelta(minutes=MAX_CALLBACK_MINUTES)
#: After this time without word a trunk is tried in its own place again: an edge that went away for
#: good reports no recovery, and one that runs passes over what its own probes find dead.
_DOWN_FOR = timedelta(minutes=15)
MOST_LEASES = 20_000
#: How long a callback waits for the recorder, which writes for less than a millisecond.
PATIENCE_SECONDS = 0.1
_ENDED = frozenset({"call_ended", "call_failed", "caller_cancel"})
_OF = "SELECT number, caller, contact, leased_at, ended_at, call_ref FROM shown WHERE number = ?"


class Memory:
    """The remembered calls and trunks of one node, over the file at ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: sqlite3.Connection | None = None
        self._version = -1
        self._down: dict[
            tuple[str, str], datetime
        ] = {}  # replaced as a whole, so that readers need no lock

    def leases_of(self, number: str) -> tuple[Lease, ...]:
        """Return the recent calls that showed ``number``; its ``number_key`` decides."""
        if not self._path.exists():
            return ()
        try:
            # Opened anew: the recorder may have put another file in the place of a damaged one.
            with closing(sqlite3.connect(self._path, timeout=PATIENCE_SECONDS)) as db:
                return tuple(_of(row) for row in db.execute(_OF, (number_key(number),)))
        except Exception as error:
            log.error("not remembered", extra={"fields": {"why": error}})
            return ()

    def trunks_down(self, edge: str, now: datetime) -> frozenset[str]:
        """Return the names or next hops of trunks that ``edge`` reported dead and not yet alive."""
        down = self._down.items()
        return frozenset(
            target for (by, target), since in down if by == edge and now - since <= _DOWN_FOR
        )

    def learn(self, events: Iterable[Event], now: datetime) -> None:
        """Take in events of calls and gateways, which happened ``now``.  Recorder's thread only."""
        try:
            db = self._db()
            with db:
                for event in events:
                    _learn(db, event, now.timestamp())
                _forget(db, now)
            self._down = _read_down(db)
        except Exception as error:
            self._give_up(error)

    def refresh(self) -> None:
        """Take in what sibling processes have learnt since.  Recorder's thread only."""
        try:
            db = self._db()
            version = db.execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._down = _read_down(db)
                self._version = version
        except Exception as error:
            self._give_up(error)

    def _db(self) -> sqlite3.Connection:
        if self._open is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=1.0)
            db.executescript(_SCHEMA)
            self._open, self._version = db, -1
        return self._open

    def _give_up(self, error: Exception) -> None:
        log.error("not remembered", extra={"fields": {"why": error}})
        if self._open:
            self._open.close()
            self._open = None
        damaged = isinstance(error, sqlite3.DatabaseError)
        if damaged and not isinstance(error, sqlite3.OperationalError):
            self._path.unlink(missing_ok=True)  # of no use to anybody; begin anew


def _learn(db: sqlite3.Connection, event: Event, at: float) -> None:
    kind = event.get("event")
    if kind == "call_routed":
        _lease(db, event, at)
    elif str(kind) in _ENDED:
        db.execute(
            "UPDATE shown SET ended_at = ? WHERE call_ref = ? AND ended_at IS NULL",
            (at, str(event.get("call_ref"))),
        )
    elif kind == "gateway_down":
        db.execute("REPLACE INTO dead VALUES (?, ?, ?)", (*_trunk(event), at))
    elif kind == "gateway_up":
        db.execute("DELETE FROM dead WHERE edge = ? AND target = ?", _trunk(event))


def _trunk(event: Event) -> tuple[str, str]:
    return str(event.get("edge") or ""), str(event.get("target"))


def _lease(db: sqlite3.Connection, event: Event, at: float) -> None:
    request, decision = event["request"], event["decision"]
    elin, shown = number_key(event["leased_elin"]), number_key(decision["callback_number"])
    caller = request.get("from_uri", "")
    contact = contact_of(request.get("contact", ""), caller)
    if contact and shown not in ("", elin):
        db.execute(
            "REPLACE INTO shown VALUES (?, ?, ?, ?, ?, NULL)",
            (event["call_ref"], shown, caller, contact, at),
        )


def _forget(db: sqlite3.Connection, now: datetime) -> None:
    db.execute(
        "DELETE FROM shown WHERE ended_at < ? OR leased_at < ?",
        ((now - _WINDOW).timestamp(), (now - LONGEST_CALL).timestamp()),
    )
    db.execute(
        "DELETE FROM shown WHERE leased_at < "
        "(SELECT leased_at FROM shown ORDER BY leased_at DESC LIMIT 1 OFFSET ?)",
        (MOST_LEASES,),
    )
    db.execute("DELETE FROM dead WHERE since < ?", ((now - _DOWN_FOR).timestamp(),))


def _of(row: tuple[str, str, str, float, float | None, str]) -> Lease:
    number, caller, contact, start, end, ref = row
    ended_at = None if end is None else _moment(end)
    return Lease(number, caller, contact, _moment(start), ended_at, call_ref=ref)


def _read_down(db: sqlite3.Connection) -> dict[tuple[str, str], datetime]:
    return {(edge, target): _moment(at) for edge, target, at in db.execute("SELECT * FROM dead")}


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)


def contact_of(contact: str, caller: str) -> str:
    """Return where to ring a caller: the URI of its Contact, else of its From; empty if neither."""
    return _bare(contact) or _bare(caller)


def _bare(contact: str) -> str:
    """Return the URI of a Contact header: without display name and brackets."""
    return contact.partition("<")[2].partition(">")[0] if "<" in contact else contact.strip()
