"""Set-up of a fresh machine: what it says when something is missing, what it does only once."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.running import ROOT


@pytest.fixture
def setup() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("setup_script", ROOT / "deploy" / "setup.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_old_python_is_named_with_the_remedy(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "OLDEST", (9, 0))
    monkeypatch.setenv("PATH", "")

    with pytest.raises(SystemExit) as ended:
        setup.find_python()

    version = ".".join(map(str, sys.version_info[:3]))
    assert ended.value.code == (
        f"Python 3.11 or newer is needed; {sys.executable} is {version}.\n"
        "Install one, or name it: make PYTHON=/path/to/python3.11 ..."
    )


def test_step_is_done_once_for_one_state(setup: ModuleType, tmp_path: Path) -> None:
    stamp = str(tmp_path / "stamp")

    before = setup.done(stamp, "first")
    setup.mark(stamp, "first")

    assert (before, setup.done(stamp, "first"), setup.done(stamp, "second")) == (False, True, False)


def test_changed_file_changes_the_listing(setup: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    file = tmp_path / "folder" / "a.css"
    file.write_text("a {}")
    before = setup.listing(str(tmp_path))

    file.write_text("a { color: red }")

    assert setup.listing(str(tmp_path)) != before


def test_help_lists_every_target() -> None:
    targets = {
        line.split(":")[0]
        for line in (ROOT / "Makefile").read_text().splitlines()
        if line[:1].isalpha() and ":" in line and "=" not in line.split(":")[0]
    }

    command = ["make", "--no-print-directory", "help"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert {line.split()[1] for line in told.stdout.splitlines()} == targets
