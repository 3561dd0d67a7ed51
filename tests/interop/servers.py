"""A PostgreSQL cluster and a Redis of one's own: in a temporary directory, gone afterwards.

``python -m tests.interop.servers COMMAND...`` runs a command with DATABASE_URL and
CELERY_BROKER_URL pointing at them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.interop.programs import PROGRAMS
from tests.running import free_port, running


@contextmanager
def postgresql(program: str) -> Iterator[str]:
    """Run a fresh cluster with ``program`` (the path of ``postgres``); gives its DATABASE_URL.

    PostgreSQL refuses to run as root, who therefore runs it as the user that Debian made for it.
    """
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:  # socket paths are short
        folder = Path(name)
        owner: dict[str, object] = {}
        if os.geteuid() == 0:
            owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(folder, "postgres", "postgres")
        initdb = [str(Path(program).resolve().with_name("initdb")), "-D", str(folder / "data")]
        subprocess.run(  # type: ignore[call-overload]
            [*initdb, "-A", "trust", "-U", "e911portal", "-E", "UTF8", "--locale=C", "-N"],
            check=True,
            capture_output=True,
            **owner,
        )
        port = free_port()
        # No fsync: the cluster lives as long as the tests do.
        settings = ["fsync=off", "full_page_writes=off", "max_connections=200"]
        command = [program, "-D", str(folder / "data"), "-h", "127.0.0.1", "-p", str(port)]
        command += ["-k", str(folder), *(part for setting in settings for part in ("-c", setting))]
        with running(command, port=port, log=folder / "log", **owner):
            url = f"postgresql://e911portal@127.0.0.1:{port}/postgres"
            _until_ready(url)
            yield url


def _until_ready(url: str) -> None:
    import psycopg

    end = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:  # it listens before it is done starting
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@contextmanager
def redis(program: str, port: int = 0) -> Iterator[str]:
    """Run a fresh Redis with ``program`` (the path of ``redis-server``); gives its URL."""
    with tempfile.TemporaryDirectory(prefix="redis-") as name:
        port = port or free_port()
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", name]
        command += ["--save", "", "--appendonly", "no"]
        with running(command, port=port, log=Path(name) / "log"):
            yield f"redis://127.0.0.1:{port}/0"


def main(command: list[str]) -> int:
    """Run the command on both; returns its exit code, or says what is missing and returns 0."""
    paths = {name: PROGRAMS[name].path() for name in ("postgres", "redis")}
    for name, path in paths.items():
        if path is None:
            print(f"SKIPPED, all of it: {PROGRAMS[name].title} is not installed.")
            return 1 if os.environ.get("CI") == "true" else 0
    with ExitStack() as stack:
        environment = {
            **os.environ,
            "DATABASE_URL": stack.enter_context(postgresql(str(paths["postgres"]))),
            "CELERY_BROKER_URL": stack.enter_context(redis(str(paths["redis"]))),
        }
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
