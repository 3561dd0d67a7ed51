"""The worked example as `make run` prepares it: made once in a run of the tests, then copied."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import ROOT, free_port, python


@pytest.fixture(scope="session")
def worked_example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state directory; not to be written to, see ``copied_example``."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # the run's, whose workers have a directory each below it
    state = shared / "worked-example"
    with (shared / "worked-example.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not state.exists():
            _make(shared / "worked-example.partial").rename(state)
    return state


def _make(state: Path) -> Path:
    values = {
        "STATE_DIR": str(state),
        "DATABASE_URL": f"sqlite:///{state}/e911portal.sqlite3",
        "SIMULATOR_ADDR": f"127.0.0.1:{free_port()}",
        "DJANGO_SETTINGS_MODULE": "e911portal.settings",
    }
    for command in (["migrate", "-v0"], ["demo"]):
        done = subprocess.run(
            python("manage.py", *command),
            cwd=ROOT,
            env={**os.environ, **values},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return state


@pytest.fixture(scope="session")
def copied_example(worked_example: Path) -> Callable[[Path], None]:
    """Make a directory the state directory of a portal with the worked example."""

    def copy(state: Path) -> None:
        shutil.copytree(worked_example, state, dirs_exist_ok=True)

    return copy
