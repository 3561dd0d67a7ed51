"""The project's own source files, as the architecture tests see them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("e911portal", "locations", "routing", "notifications")


def files(*folders: str, suffix: str) -> list[Path]:
    """Return the project's files below ``folders``: what git has, or would have after `git add`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--"]
    listed = subprocess.run([*command, *folders], cwd=ROOT, capture_output=True, check=True).stdout
    names = (name for name in listed.decode().split("\0") if name.endswith(suffix))
    return sorted(path for name in names if (path := ROOT / name).is_file())


def modules() -> list[Path]:
    """Return the Python modules of the packages, migrations left out."""
    return [path for path in files(*PACKAGES, suffix=".py") if "migrations" not in path.parts]


def name(path: Path) -> str:
    """Return a path relative to the project's root, as test ids and messages show it."""
    return str(path.relative_to(ROOT))
