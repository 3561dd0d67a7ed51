"""The programs from outside that tests run against, the Debian packages that bring them, and where
they are.  ``python -m tests.interop.programs --install`` installs what is missing."""

import glob
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Program:
    """One program: the names it may have, its Debian packages, and how it tells its version."""

    title: str
    names: tuple[str, ...]
    package: str
    version: str = "--version"
    #: Another program of the package that tells the version, where this one has no such option.
    teller: str = ""

    def path(self) -> str | None:
        """Return the program's path, or None where it is not installed."""
        # Debian keeps PostgreSQL's server programs out of the path, one directory per version.
        folders = [*sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True), "/usr/sbin"]
        search = os.pathsep.join([os.environ.get("PATH", os.defpath), *folders])
        return next(filter(None, (shutil.which(name, path=search) for name in self.names)), None)

    def version_text(self) -> str:
        """Return the version it reports, or ``missing``."""
        path = self.path()
        if path is None:
            return "missing"
        told = subprocess.run(
            [self.teller or path, self.version],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        found = re.search(r"\d+(\.\d+)+", told.stdout + told.stderr)
        return found.group() if found else "present"


PROGRAMS = {
    "postgres": Program("PostgreSQL", ("postgres",), "postgresql"),
    "redis": Program("Redis", ("redis-server",), "redis-server"),
    "kamailio": Program(
        "Kamailio",
        ("kamailio",),
        "kamailio kamailio-utils-modules kamailio-extra-modules kamailio-sqlite-modules "
        "kamailio-tls-modules",
        version="-v",
    ),
    "sipp": Program("SIPp", ("sipp",), "sip-tester", version="-v"),
    "prosody": Program("Prosody", ("prosody",), "prosody", version="about", teller="prosodyctl"),
    "chromium": Program("Chromium", ("chromium", "chromium-browser"), "chromium"),
}


def require(name: str, config: pytest.Config) -> str:
    """Return the program's path; skip the test by name where it is missing, or fail it when the run
    demands all programs."""
    program = PROGRAMS[name]
    path = program.path()
    if path:
        return path
    message = f"{program.title} is not installed (Debian: apt install {program.package})"
    if config.getoption("--require-programs"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def _services_stay_down() -> Iterator[None]:
    """Packages start their services when installed, unless this file says no."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def install() -> int:
    """Install what is missing by apt, when root on Debian or Ubuntu; say what stays missing."""
    missing = [program for program in PROGRAMS.values() if not program.path()]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
        packages = [name for program in missing for name in program.package.split()]
        with _services_stay_down():
            for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
                subprocess.run([*command, *arguments], env=environment, check=False)
        missing = [program for program in missing if not program.path()]
    for program in missing:
        print(f"MISSING {program.title}: its tests are skipped. apt install {program.package}")
    for program in PROGRAMS.values():
        print(f"{program.title} {program.version_text()}")
    return 1 if missing and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(install())
