"""A bounded table on disk for all workers of a node: key → a few hundred bytes, with a time.

The file is an array of buckets of eight slots, one bucket per page.  A key's digest names its
bucket; a full bucket gives up its oldest entry.  So the file never grows beyond its size, and
nothing has to be cleaned up.  There is no lock, no journal and no thread: an entry is one
``pwrite`` into the page cache, which all workers see at once and which outlives each of them, and
one ``pread`` finds it.  An entry torn by a power cut or by two writers fails its checksum and
counts as absent; that is what this table is for: facts worth keeping and not worth waiting for.
"""

import contextlib
import errno
import os
import struct
import zlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

SLOT_BYTES, SLOTS = 512, 8
_HEAD, _CHECKSUM = struct.Struct("<I16sdH"), struct.Struct("<I")
_STARTS = range(0, SLOTS * SLOT_BYTES, SLOT_BYTES)
#: What one entry can hold.
MAX_PAYLOAD = SLOT_BYTES - _HEAD.size
#: 131,072 entries in at most 64 MB; the file is sparse, so an office needs a few hundred kB.
BUCKETS = 16_384

Entry = tuple[float, bytes]


class SlotFile:
    """The table in ``path``; opened at the first use and made when it is not there."""

    def __init__(self, path: Path, *, buckets: int = BUCKETS) -> None:
        self._path, self._buckets = path, buckets
        self._file = -1

    def get(self, key: str) -> Entry | None:
        """Return time and payload of ``key``; raises ``OSError`` when the disk fails."""
        digest = _digest(key)
        page = self._page(digest)
        for start in _STARTS:
            if page[start + 4 : start + 20] == digest:
                return _entry(page, start)
        return None

    def put(self, key: str, at: float, payload: bytes) -> None:
        """Keep ``payload`` unless something later is kept under ``key``.

        Raises ``ValueError`` for one that does not fit, and ``OSError`` when the disk fails.
        """
        if len(payload) > MAX_PAYLOAD:
            raise ValueError(f"{len(payload)} bytes do not fit into {MAX_PAYLOAD}.")
        digest = _digest(key)
        start = self._slot_for(digest, at)
        if start is None:
            return
        body = _HEAD.pack(0, digest, at, len(payload))[4:] + payload
        os.pwrite(
            self._open(), _CHECKSUM.pack(zlib.crc32(body)) + body, self._place(digest) + start
        )

    def forget(self, is_over: Callable[[float, bytes], bool]) -> int:
        """Erase the entries for which ``is_over(time, payload)``, and unsound ones; count them.

        For a thread of its own: reads all that was ever written.  An entry that another worker
        writes in this very moment may be erased with its predecessor.  Raises ``OSError``.
        """
        erased, at, blank = 0, 0, bytes(SLOT_BYTES)
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return 0
        try:
            while True:
                at = os.lseek(file, at, os.SEEK_DATA)  # over the holes of a sparse file
                at -= at % (SLOTS * SLOT_BYTES)
                page = os.pread(file, SLOTS * SLOT_BYTES, at).ljust(SLOTS * SLOT_BYTES, b"\0")
                for start in _STARTS:
                    if not any(page[start : start + _HEAD.size]):
                        continue
                    entry = _entry(page, start)
                    if entry is None or is_over(*entry):
                        os.pwrite(file, blank, at + start)
                        erased += 1
                at += SLOTS * SLOT_BYTES
        except OSError as error:
            if error.errno != errno.ENXIO:  # nothing but holes from here on
                raise
        finally:
            os.close(file)
        return erased

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = -1

    def _slot_for(self, digest: bytes, at: float) -> int | None:
        """Return where in its bucket an entry goes: over its older self, else into an empty or
        unsound slot, else over the oldest; ``None`` if something later is there already."""
        page = self._page(digest)
        for start in _STARTS:
            if page[start + 4 : start + 20] == digest:
                own = _entry(page, start)
                return None if own and own[0] > at else start
        for start in _STARTS:
            if not any(page[start : start + _HEAD.size]):
                return start
        ages = [(entry[0] if (entry := _entry(page, start)) else 0.0, start) for start in _STARTS]
        return min(ages)[1]

    def _page(self, digest: bytes) -> bytes:
        page = os.pread(self._open(), SLOTS * SLOT_BYTES, self._place(digest))
        return page.ljust(SLOTS * SLOT_BYTES, b"\0")  # the file grows as it is used

    def _place(self, digest: bytes) -> int:
        return int.from_bytes(digest[:8]) % self._buckets * SLOTS * SLOT_BYTES

    def _open(self) -> int:
        if self._file < 0:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._file


def _entry(page: bytes, start: int) -> Entry | None:
    """Return time and payload of a slot, if it is sound."""
    checksum, _, at, length = _HEAD.unpack_from(page, start)
    end = start + _HEAD.size + length
    if length > MAX_PAYLOAD or zlib.crc32(page[start + 4 : end]) != checksum:
        return None
    return at, page[start + _HEAD.size : end]


def _digest(key: str) -> bytes:
    """Return what stands for a key on disk: who reads the file learns no name and no token."""
    return sha256(key.encode("utf-8", "surrogatepass")).digest()[:16]
