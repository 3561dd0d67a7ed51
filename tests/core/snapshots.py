"""Small snapshots, and what tests do with them."""

from datetime import UTC, datetime
from pathlib import Path

from e911portal.core.snapshot import (
    Snapshot,
    SnapshotWriter,
    activate,
)

AT = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
WORD = "CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT)"


def write(directory: Path, number: int, text: str = "") -> tuple[Path, str]:
    with SnapshotWriter(directory, number) as writer:
        writer.table("word", WORD)
        writer.rows("word", [(1, text or f"text of {number}"), (2, "more")])
        writer.meta(created_at=AT, author="anna", comment="first")
        return writer.finish()


def publish(directory: Path, number: int, text: str = "") -> None:
    path, sha256 = write(directory, number, text)
    activate(directory, number, path.name, sha256)


def word(snapshot: Snapshot | None) -> str | None:
    return snapshot and snapshot.db.execute("SELECT text FROM word WHERE id = 1").fetchone()[0]


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-100] ^= 0xFF
    path.write_bytes(content)
