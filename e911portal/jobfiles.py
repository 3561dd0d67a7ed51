"""Files of jobs: what was uploaded for one, and what one made, kept on disk for a day.

Each job has a directory of its own below ``STATE_DIR``, named by a token in the job's payload.
"""

import shutil
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

File = tuple[str, bytes]

KEPT = timedelta(days=1)
#: What pasted text is called among the files of an import.
PASTED = "pasted text"


def new() -> str:
    """Make an empty directory; return its token."""
    token = uuid.uuid4().hex
    directory(token).mkdir(mode=0o700, parents=True)
    return token


def directory(token: str) -> Path:
    """Return the directory of ``token``; whether it is still there is another question."""
    # A token is made above; out of a job's row it could be anything, but never a path.
    return _root() / uuid.UUID(token).hex


def keep(files: Iterable[File]) -> tuple[str, list[str]]:
    """Write ``files`` into a new directory; return its token and their names, in order."""
    token = new()
    names = []
    for number, (name, content) in enumerate(files):
        (directory(token) / str(number)).write_bytes(content)
        names.append(name)
    return token, names


def load(token: str, names: Sequence[str]) -> list[File]:
    """Return what ``keep`` wrote. Raises ``FileNotFoundError`` when it is gone."""
    return [
        (name, (directory(token) / str(number)).read_bytes()) for number, name in enumerate(names)
    ]


def discard(token: str) -> None:
    """Remove the directory of ``token``, if it is there."""
    shutil.rmtree(directory(token), ignore_errors=True)


def sweep(*, now: datetime) -> None:
    """Remove the directories that were not written to for a day."""
    oldest = (now - KEPT).timestamp()
    for path in _root().iterdir() if _root().is_dir() else ():
        if path.stat().st_mtime < oldest:
            shutil.rmtree(path, ignore_errors=True)


def _root() -> Path:
    return Path(settings.STATE_DIR) / "jobs"
