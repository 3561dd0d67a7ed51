"""The snapshot file: one immutable SQLite file per publication, and the pointer to the active one.

Publishing is: write ``<number>.sqlite3.partial``, check it, fsync, rename, move the pointer.
A process killed at any moment leaves the previous publication answering, because nothing that a
reader looks at is ever changed in place.  The SHA-256 of the file is its identity: it is in the
pointer, in the database row of the publication, and it is what a signature for other nodes covers.

This module knows the container only: ``meta`` and the pointer.  Tables belong to the apps.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast

FORMAT_VERSION = 1
#: ``PRAGMA application_id`` of the file, ASCII for ``E911``: tells a snapshot from other databases.
APPLICATION_ID = 0x45393131
#: Name of the pointer file, and of the copy of what it said before the last move.
POINTER, PREVIOUS = "CURRENT", "PREVIOUS"
#: A failure to *read* (not a bad file) may pass, so it is tried again, but not at every call.
RETRY_SECONDS = 1.0

T = TypeVar("T")
#: Inode, modification time and size of a file: changes with every rename onto its name.
Signature = tuple[int, int, int] | None


class SnapshotError(Exception):
    """A snapshot file or pointer that must not be answered from; the text says why."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """What ``CURRENT`` says: the active publication, its file (beside it) and its SHA-256."""

    number: int
    file: str
    sha256: str


# --- writing ------------------------------------------------------------------------------------


class SnapshotWriter:
    """Builds the file of one publication; leaving the ``with`` block without ``finish`` removes it.

    ``with SnapshotWriter(directory, 42) as writer: …; path, sha256 = writer.finish()``.  A draft
    that is only compared is written the same way, in a directory of its own.
    """

    def __init__(self, directory: Path, number: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / f"{number}.sqlite3"
        self._partial = directory / f"{number}.sqlite3.partial"
        self._partial.unlink(missing_ok=True)
        self._meta = {"number": str(number), "format_version": str(FORMAT_VERSION)}
        self._columns: dict[str, int] = {}
        self._db = sqlite3.connect(self._partial, isolation_level=None)
        # A crash throws the partial file away, so a journal would only cost time; finish() fsyncs.
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("PRAGMA cache_size = -65536")
        self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._db.execute("BEGIN")
        self.table("meta", "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")

    def table(self, name: str, ddl: str) -> None:
        """Create table ``name`` by its complete ``CREATE TABLE`` statement."""
        if not name.isidentifier():
            raise SnapshotError(f"{name!r} is not a name for a table.")
        self._db.execute(ddl)
        table_info = self._db.execute("SELECT count(*) FROM pragma_table_info(?)", (name,))
        self._columns[name] = table_info.fetchone()[0]
        if not self._columns[name]:
            raise SnapshotError(f"The statement given for table {name} creates another table.")

    def rows(self, name: str, rows: Iterable[Sequence[object]]) -> None:
        """Insert complete rows, in column order, into a table made by ``table``.

        Raises ``sqlite3.IntegrityError`` on a duplicate key.  Rows in key order are fastest.
        """
        holes = ", ".join("?" * self._columns[name])
        statement = f"INSERT INTO {name} VALUES ({holes})"  # noqa: S608 - table() checked the name
        self._db.executemany(statement, cast(Iterable[Any], rows))

    def meta(
        self, *, created_at: datetime, author: str = "", comment: str = "", audit_head: str = ""
    ) -> None:
        """Set what the file says about itself; ``created_at`` must be aware, stored in UTC."""
        moment = created_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._meta |= {"created_at": moment, "author": author, "comment": comment}
        self._meta["audit_head"] = audit_head

    def finish(self) -> tuple[Path, str]:
        """Check the file, make it durable and give it its name; return its path and SHA-256 (hex).

        Raises ``SnapshotError`` when the integrity check fails, or when the active publication has
        this very number: a file that is being answered from is never replaced.
        """
        counts = {
            name: self._db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
            for name in self._columns
            if name != "meta"
        }
        self.rows("meta", sorted({**self._meta, "counts": json.dumps(counts)}.items()))
        self._db.execute("COMMIT")
        verdict = self._db.execute("PRAGMA integrity_check").fetchone()[0]
        self._db.close()
        if verdict != "ok":
            raise SnapshotError(f"{self._partial.name} fails its integrity check: {verdict}")
        directory = self.path.parent
        active = _active(directory)
        if active and active.file == self.path.name:
            raise SnapshotError(f"{self.path.name} is active; a publication is never rewritten.")
        sha256 = digest(self._partial)
        sync(self._partial)
        self._partial.replace(self.path)
        sync(directory)
        return self.path, sha256

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()
        self._partial.unlink(missing_ok=True)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file as lower-case hex, read in pieces and without the GIL."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def activate(directory: Path, number: int, file: str, sha256: str) -> None:
    """Move the pointer to ``file`` of ``directory``: durable, and atomic for every reader.

    What the pointer said before is kept as ``PREVIOUS``, which a reader that starts beside a
    damaged active file answers from.  Raises ``SnapshotError`` if there is no such file; does not
    hash it (``finish`` or ``verify`` did), so that a rollback takes milliseconds.
    """
    if not (directory / file).is_file() or Path(file).name != file:
        raise SnapshotError(f"There is no file {file} in {directory}.")
    before = _active(directory)
    if before and before.file != file:
        _replace(directory / PREVIOUS, before)
    _replace(directory / POINTER, Pointer(number, file, sha256))


def last_number(directory: Path) -> int:
    """Return the highest number of a publication in ``directory``, 0 without any.

    A database that was lost or brought back from a copy knows less than what devices were told.
    """
    numbers = [int(path.stem) for path in directory.glob("*.sqlite3") if path.stem.isdecimal()]
    active = _active(directory)
    return max([*numbers, active.number if active else 0])


def read_pointer(directory: Path, name: str = POINTER) -> Pointer:
    """Return what a pointer file says; raises ``OSError``, or ``SnapshotError`` for nonsense."""
    content = (directory / name).read_bytes()
    try:
        fields = json.loads(content)
        pointer = Pointer(int(fields["number"]), str(fields["file"]), str(fields["sha256"]))
    except (ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"The pointer {name} is not readable: {error!r}") from error
    if Path(pointer.file).name != pointer.file:
        raise SnapshotError(f"The pointer {name} leads out of its directory: {pointer.file}")
    return pointer


def _active(directory: Path) -> Pointer | None:
    # A missing or damaged pointer must not prevent the publication that repairs it.
    try:
        return read_pointer(directory)
    except (OSError, SnapshotError):
        return None


def _replace(path: Path, pointer: Pointer) -> None:
    aside = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.partial")
    with aside.open("w") as stream:
        stream.write(json.dumps(asdict(pointer)) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Return when a file or directory is on the disk itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- reading ------------------------------------------------------------------------------------


class _Connection:
    """One thread's connection; closes it when its thread ends or its snapshot is let go.

    ``sqlite3.Connection`` refers to itself (its statement cache), so without this an old file would
    stay open until the garbage collector passes.
    """

    __slots__ = ("db",)

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def __del__(self) -> None:
        self.db.close()


class Snapshot:
    """An open publication.  Keep a reference for as long as one request takes; that keeps it open.

    Threads: ``db`` is a connection per thread.  A lock around one shared connection would make
    every lookup of a thread pool wait for the others; the file is immutable, so a further
    connection costs half a millisecond once, needs no locks and shares the system's page cache.
    Not mapped into memory: that measures no faster here, and a file damaged under a mapping kills
    the process where a read gives an error.
    """

    def __init__(self, path: Path) -> None:
        """Open a file; raises ``SnapshotError`` unless it is a snapshot of this format."""
        self.path = path
        #: Read-only URI of the file, also for ``ATTACH`` in a connection opened with ``uri=True``.
        self.uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()
        self._memos: dict[Callable[[Snapshot], object], object] = {}
        self._computing = threading.RLock()
        if not path.is_file():
            raise SnapshotError(f"There is no file {path}.")
        try:
            application = self.db.execute("PRAGMA application_id").fetchone()[0]
            if application != APPLICATION_ID:
                raise SnapshotError(f"{path.name} is a database, but not a snapshot.")
            self.meta: dict[str, str] = dict(self.db.execute("SELECT key, value FROM meta"))
            self.number = int(self.meta["number"])
        except (sqlite3.Error, KeyError, ValueError) as error:
            raise SnapshotError(f"{path.name} is not a snapshot: {error}") from error
        if self.meta.get("format_version") != str(FORMAT_VERSION):
            raise SnapshotError(
                f"{path.name} has format {self.meta.get('format_version')}; "
                f"this program reads format {FORMAT_VERSION}."
            )

    @property
    def db(self) -> sqlite3.Connection:
        """The calling thread's connection, open for as long as the snapshot is referred to."""
        try:
            return cast(_Connection, self._local.connection).db
        except AttributeError:
            # check_same_thread: whichever thread lets go of the snapshot last closes this.
            db = sqlite3.connect(self.uri, uri=True, check_same_thread=False)
            self._local.connection = _Connection(db)
            return db

    def memo(self, factory: Callable[["Snapshot"], T]) -> T:
        """Return ``factory(self)``, computed once per snapshot: for tables compiled into memory.

        The result must not hold a reference to the snapshot, or an old file stays open until the
        garbage collector passes.
        """
        try:
            return cast(T, self._memos[factory])
        except KeyError:
            with self._computing:
                if factory not in self._memos:
                    self._memos[factory] = factory(self)
            return cast(T, self._memos[factory])


def verify(path: Path, sha256: str) -> Snapshot:
    """Return the file opened; raises ``SnapshotError`` if it is not the one with that SHA-256."""
    found = digest(path)
    if found != sha256:
        raise SnapshotError(f"{path.name} has SHA-256 {found}, not {sha256} as published.")
    return Snapshot(path)


class SnapshotStore:
    """The active publication of a directory, followed without a restart.

    ``current()`` costs one ``stat`` and never raises.  A pointer or file that does not verify is
    refused: the last good publication stays, ``fault`` says why, and that pointer is not tried
    again until it or its file changes.  With ``background`` a new file is verified in a thread
    while the old one answers, for a program in which nobody may wait for a large file's hash.
    """

    def __init__(self, directory: Path, *, background: bool = False) -> None:
        self.directory = directory
        #: Why the publication that the pointer names is not the one answering; empty when it is.
        self.fault = "Nothing has been published yet."
        self._pointer = os.fspath(directory / POINTER)
        self._background = background
        self._snapshot: Snapshot | None = None
        self._sha256 = ""
        self._seen: Signature = None
        self._refused: tuple[Signature, Path, Signature] | None = None
        self._retry_at = 0.0
        self._loading = threading.Lock()

    def current(self) -> Snapshot | None:
        """Return the active publication, else the last good one, else ``None``."""
        signature = _signature(self._pointer)
        if signature != self._seen or signature is None:
            self._follow(signature)
        return self._snapshot

    def retry(self) -> None:
        """Try again, at the next ``current()``, what was refused."""
        self._refused, self._retry_at = None, 0.0

    def _follow(self, signature: Signature) -> None:
        if signature is None:
            self._seen = None
            if self._snapshot:
                self.fault = f"The pointer {POINTER} is missing or cannot be read."
            return
        if time.monotonic() < self._retry_at:
            return
        if self._refused:
            pointed, path, state = self._refused
            if (pointed, state) == (signature, _signature(path)):
                return
        # Nobody waits for another thread's verification unless there is nothing to answer with yet.
        if not self._loading.acquire(blocking=self._snapshot is None):
            return
        if self._background and self._snapshot:
            with contextlib.suppress(RuntimeError):  # no thread to be had: then without one
                threading.Thread(target=self._load, args=(signature,), name="snapshot").start()
                return
        self._load(signature)

    def _load(self, signature: Signature) -> None:
        path = self.directory / POINTER
        try:
            pointer = read_pointer(self.directory)
            path = self.directory / pointer.file
            if pointer.sha256 != self._sha256:
                self._adopt(pointer)
            self._seen, self._refused, self.fault = signature, None, ""
        except SnapshotError as error:
            self._refused = (signature, path, _signature(path))
            self._fall_back(str(error))
        except Exception as error:  # whatever happens here, the call path must go on answering
            self._retry_at = time.monotonic() + RETRY_SECONDS
            self._fall_back(f"The active publication cannot be read now: {error}.")
        finally:
            self._loading.release()

    def _adopt(self, pointer: Pointer) -> None:
        snapshot = verify(self.directory / pointer.file, pointer.sha256)
        if snapshot.number != pointer.number:
            raise SnapshotError(
                f"{pointer.file} holds publication {snapshot.number}, not {pointer.number}."
            )
        self._snapshot, self._sha256 = snapshot, pointer.sha256

    def _fall_back(self, fault: str) -> None:
        if self._snapshot is None:
            try:
                self._adopt(read_pointer(self.directory, PREVIOUS))
            except Exception:  # see above: this never raises
                fault = f"{fault} There is no previous publication to answer from either."
        self.fault = fault


def _signature(path: Path | str) -> Signature:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
