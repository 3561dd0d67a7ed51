"""Backup and restore by the lines of docs/operations.md: trail, history and active publication
are as they were, and publishing and going back go on."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from e911portal.core.snapshot import SnapshotStore
from tests.interop.test_postgresql import manage
from tests.running import ROOT, free_port

pytestmark = pytest.mark.interop

MANUAL = (ROOT / "docs/operations.md").read_text().partition("## Backup")[2].partition("\n## ")[0]
BACKUP, RESTORE = MANUAL.split("To restore")
DATABASE = {"postgresql": ("pg_dump", "pg_restore"), "sqlite": ("sqlite3", "rm -f", "cp ")}
LEDGER = (
    "from e911portal.core.models import Activation, AuditEvent, Publication; print("
    "list(AuditEvent.objects.order_by('pk').values_list('pk', 'hash')), "
    "list(Activation.objects.order_by('pk').values_list('publication__number', 'at')), "
    "list(Publication.objects.order_by('pk').values_list('number', 'state', 'sha256')))"
)


def by_hand(text: str, engine: str, state: Path, url: str, backup: Path) -> None:
    """Do the lines of the manual that are for this engine, as a person at a shell does."""
    wanted = ("tar ", *DATABASE[engine])
    script = "\n".join(line for line in text.splitlines() if line.startswith(wanted))
    done = subprocess.run(
        ["bash", "-euc", script.replace("/backup/", f"{backup}/")],
        env={**os.environ, "STATE_DIR": str(state), "DATABASE_URL": url},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(params=sorted(DATABASE))
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def urls(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The databases of the portal that is lost and of the one that takes its place; both empty."""
    if engine == "sqlite":
        states = ("lost", "new")
        return tuple(f"sqlite:///{tmp_path}/{state}/e911portal.sqlite3" for state in states)
    server_url = request.getfixturevalue("postgresql_url")
    names = [f"backup_{os.getpid()}_{free_port()}_{place}" for place in ("lost", "new")]
    with psycopg.connect(server_url, autocommit=True) as server:
        for name in names:
            server.execute(f"CREATE DATABASE {name}")
    return tuple(f"{server_url.rpartition('/')[0]}/{name}" for name in names)


def test_portal_that_was_lost_goes_on_from_its_backup(
    engine: str, urls: tuple[str, str], tmp_path: Path, copied_example: Callable[[Path], None]
) -> None:
    lost, new, backup = (tmp_path / name for name in ("lost", "new", "backup"))
    for folder in (lost / "media", new, backup):
        folder.mkdir(parents=True)
    if engine == "sqlite":
        copied_example(lost)
    else:
        manage(lost, urls[0], "migrate", "-v0")
        manage(lost, urls[0], "demo")
    manage(lost, urls[0], "publish", "--acknowledge-all")
    manage(lost, urls[0], "rollback", "1")
    ledger = manage(lost, urls[0], "shell", "-v0", "-c", LEDGER)
    answering = SnapshotStore(lost / "publications").current()

    by_hand(BACKUP, engine, lost, urls[0], backup)
    by_hand(RESTORE, engine, new, urls[1], backup)
    manage(new, urls[1], "migrate", "-v0")
    manage(new, urls[1], "verify_audit")

    restored = SnapshotStore(new / "publications").current()
    assert answering
    assert restored
    assert restored.number == 1
    assert restored.meta == answering.meta
    assert manage(new, urls[1], "shell", "-v0", "-c", LEDGER) == ledger
    manage(new, urls[1], "rollback", "2")
    manage(new, urls[1], "publish", "--acknowledge-all")
    manage(new, urls[1], "verify_audit")
    going_on = SnapshotStore(new / "publications").current()
    assert going_on
    assert going_on.number == 3
