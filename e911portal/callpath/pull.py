"""Fetches publications from the portal, for a node on another machine: a survivable branch.

Nothing is answered from that the portal did not sign, and nothing that was good is given up for it:
a new file is fetched aside, its signature, SHA-256, format and number are checked, it is made
durable, and then the pointer moves.  Whatever goes wrong, the last good publication stays, on disk
for ever.
"""

import contextlib
import fcntl
import hashlib
import http.client
import json
import logging
import os
import random
import threading
from datetime import UTC, datetime
from http.client import HTTPResponse
from pathlib import Path

from e911portal.callpath.portal import SIGNING_KEY, SNAPSHOT, Portal, Refused
from e911portal.core.snapshot import (
    PREVIOUS,
    Pointer,
    Snapshot,
    SnapshotError,
    activate,
    digest,
    read_pointer,
    sync,
    verify,
)

log = logging.getLogger("e911portal.callpath.pull")

#: How often the portal is asked; it answers 304 from memory while nothing is new.
POLL_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
#: Files that stay besides the active one and the one before it.
KEPT = 5
#: More than any estate compiles to; keeps a broken portal from filling the disk of a branch.
MAX_BYTES = 4 * 1024**3
#: Empty file whose time tells when the portal last answered.
REACHED = "REACHED"
_PIECE = 1 << 20


class Puller:
    """The thread that keeps ``directory`` at the portal's active publication.

    ``fault`` says why the last attempt failed, empty when it did not.  Of several workers one
    pulls: whoever holds the lock.
    """

    def __init__(
        self,
        portal: Portal,
        directory: Path,
        key_file: Path,
        *,
        key: str = "",
    ) -> None:
        """``key`` is the portal's public key (base64); without one, the key in ``key_file`` counts,
        which is fetched once and then never believed again from the network."""
        self.fault = ""
        self._portal, self._directory = portal, directory
        self._sound = ""
        self._key, self._key_file = key, key_file
        self._ended, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="pull", daemon=True)

    def start(self) -> None:
        """Begin to pull."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End the thread; a download under way is left as a file that nobody reads."""
        self._ended.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def wake(self) -> None:
        """Ask the portal now."""
        self._wake.set()

    def reached_at(self) -> datetime | None:
        """Return when the portal last answered one of the workers, by this machine's clock."""
        try:
            return datetime.fromtimestamp((self._directory / REACHED).stat().st_mtime, UTC)
        except OSError:
            return None

    def pull(self) -> bool:
        """Ask once; return whether another publication became active.

        Raises ``SnapshotError`` for one that must not be answered from, ``Refused``, ``OSError`` or
        ``http.client.HTTPException``.
        """
        active = self._active()
        headers = {"If-None-Match": f'"{active.sha256}"'} if active else {}
        with self._portal.exchange("GET", SNAPSHOT, headers=headers) as reply:
            if reply.status == 304:
                return False
            if reply.status != 200:
                raise Refused(reply.status)
            pointer = self._offered(reply)
            if active and pointer.sha256 == active.sha256:
                return False
            if not self._has(pointer):
                self._fetch(reply, pointer)
        activate(self._directory, pointer.number, pointer.file, pointer.sha256)
        self._tidy(pointer)
        return True

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._ended.is_set():
            wait = POLL_SECONDS
            try:
                self._directory.mkdir(parents=True, exist_ok=True)
                with (self._directory / "pull.lock").open("wb") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._attempt()
                pause = FIRST_PAUSE
            except BlockingIOError:
                pass  # a sibling pulls
            except Exception as error:  # the last good publication answers whatever happens here
                self._failed(error)
                wait, pause = pause, min(LONGEST_PAUSE, pause * 2)
            self._wake.wait(wait * random.uniform(0.8, 1.2))  # noqa: S311 - spreads, hides nothing
            self._wake.clear()

    def _attempt(self) -> None:
        changed = self.pull()
        (self._directory / REACHED).touch()
        if self.fault:
            log.info("publications reached")
        self.fault = ""
        if changed:
            active = read_pointer(self._directory)
            log.info("publication fetched", extra={"fields": {"publication": active.number}})

    def _failed(self, error: Exception) -> None:
        fault = str(error) or type(error).__name__
        if fault != self.fault:
            refused = isinstance(error, SnapshotError)
            message = "publication refused" if refused else "publications not reached"
            log.log(
                logging.ERROR if refused else logging.WARNING,
                message,
                extra={"fields": {"why": fault}},
            )
        self.fault = fault

    def _active(self) -> Pointer | None:
        """Return what this node answers from; ``None`` also when its file is gone or damaged."""
        try:
            pointer = read_pointer(self._directory)
            if self._sound != pointer.sha256:
                verify(self._directory / pointer.file, pointer.sha256)
                self._sound = pointer.sha256
        except (OSError, SnapshotError):
            return None
        return pointer

    def _offered(self, reply: HTTPResponse) -> Pointer:
        """Return the publication that a reply offers, its signature checked before any byte."""
        from e911portal.core import signing  # only nodes that pull pay for cryptography

        number, sha256 = reply.headers["X-Snapshot-Number"], reply.headers["X-Snapshot-SHA256"]
        if not (number or "").isdecimal() or len(sha256 or "") != 64 or not sha256.isalnum():
            raise SnapshotError("The portal's reply names no publication.")
        signature = reply.headers["X-Snapshot-Signature"] or ""
        try:
            signing.verify(self._public_key(), int(number), sha256, signature)
        except signing.SignatureError as error:
            raise SnapshotError(str(error)) from error
        return Pointer(int(number), f"{number}-{sha256[:12]}.sqlite3", sha256)

    def _public_key(self) -> str:
        if self._key:
            return self._key
        if self._key_file.exists():
            return self._key_file.read_text(encoding="ascii").strip()
        with self._portal.exchange("GET", SIGNING_KEY) as reply:
            if reply.status != 200:
                raise Refused(reply.status)
            key = str(json.loads(reply.read(10_000))["public_key"])
        self._key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = self._key_file.with_suffix(".partial")
        aside.write_text(key, encoding="ascii")
        aside.replace(self._key_file)
        log.warning("portal's key taken on trust", extra={"fields": {"key": key}})
        return key

    def _has(self, pointer: Pointer) -> bool:
        """Return whether the file is here already and sound: after a rollback it often is."""
        path = self._directory / pointer.file
        return path.is_file() and digest(path) == pointer.sha256

    def _fetch(self, reply: HTTPResponse, pointer: Pointer) -> None:
        path = self._directory / pointer.file
        aside = path.with_suffix(".partial")
        try:
            self._save(reply, aside, pointer)
            snapshot = Snapshot(aside)
            if snapshot.number != pointer.number:
                raise SnapshotError(
                    f"The file of publication {pointer.number} holds {snapshot.number}."
                )
            aside.replace(path)
            sync(self._directory)
        finally:
            aside.unlink(missing_ok=True)

    def _save(self, reply: HTTPResponse, aside: Path, pointer: Pointer) -> None:
        found, size = hashlib.sha256(), 0
        with aside.open("wb") as file:
            while piece := self._piece(reply, pointer):
                size += len(piece)
                if size > MAX_BYTES:
                    raise SnapshotError(f"Publication {pointer.number} has over {MAX_BYTES} bytes.")
                found.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if found.hexdigest() != pointer.sha256:
            raise SnapshotError(
                f"The file of publication {pointer.number} is damaged or cut short: {size} bytes "
                f"with SHA-256 {found.hexdigest()[:12]}…, signed is {pointer.sha256[:12]}…."
            )

    def _piece(self, reply: HTTPResponse, pointer: Pointer) -> bytes:
        if self._ended.is_set():
            raise ConnectionAbortedError(f"stopped while fetching publication {pointer.number}")
        try:
            return reply.read(_PIECE)
        except http.client.IncompleteRead as error:
            return error.partial

    def _tidy(self, active: Pointer) -> None:
        """Remove what a killed process left half fetched, and the oldest files that were pulled.

        Never those that a pointer names.
        """
        for left in self._directory.glob("*-*.partial"):
            left.unlink(missing_ok=True)
        named = {active.file}
        with contextlib.suppress(OSError, SnapshotError):
            named.add(read_pointer(self._directory, PREVIOUS).file)
        pulled = sorted(self._directory.glob("*-*.sqlite3"), key=lambda path: path.stat().st_mtime)
        for path in [path for path in pulled if path.name not in named][:-KEPT]:
            path.unlink(missing_ok=True)
