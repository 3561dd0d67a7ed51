"""The portal on a real PostgreSQL: from an empty database to the same publication as on SQLite."""

import json
import os
import re
import sqlite3
import subprocess
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.running import ROOT, free_port, python

pytestmark = pytest.mark.interop


def manage(state: Path, url: str, *arguments: str) -> str:
    """Run one management command on a database, in a state directory, and return its output."""
    ended = subprocess.run(
        python("manage.py", *arguments),
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "STATE_DIR": str(state),
            "SIMULATOR_ADDR": f"127.0.0.1:{free_port()}",
        },
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture
def database(postgresql_url: str) -> str:
    """The URL of an empty database of its own."""
    name = f"interop_{os.getpid()}_{free_port()}"
    with psycopg.connect(postgresql_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    return f"{postgresql_url.rpartition('/')[0]}/{name}"


def published(state: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of every table of the active publication but those that tell its time."""
    pointer = json.loads((state / "publications" / "CURRENT").read_text())
    with sqlite3.connect(state / "publications" / pointer["file"]) as snapshot:
        names = snapshot.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            table: sorted(snapshot.execute(f"SELECT * FROM {table}"), key=repr)
            for (table,) in names.fetchall()
            if table not in ("meta", "erl")  # an ERL tells when its address was validated
        }


def test_worked_example_is_published_alike_on_both_engines(
    database: str, tmp_path: Path, worked_example: Path
) -> None:
    on_sqlite = published(worked_example)

    manage(tmp_path, database, "migrate", "-v0")
    manage(tmp_path, database, "demo")

    on_postgresql = published(tmp_path)
    assert on_postgresql.keys() >= {"bssid", "port", "subnet", "policy", "routing", "user"}
    assert on_postgresql == on_sqlite


def test_migrations_can_be_taken_back(database: str, tmp_path: Path) -> None:
    manage(tmp_path, database, "migrate", "-v0")

    for app in ("notifications", "routing", "locations", "core"):
        manage(tmp_path, database, "migrate", "-v0", app, "zero")

    with psycopg.connect(database) as server:
        left = server.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' "
            "AND table_name ~ '^(core|locations|routing|notifications)_'"
        ).fetchall()
    assert left == []


INDEXES = [(f"switchport_{column}_search",) for column in ("description", "port_id", "port_key")]


def search_indexes(url: str) -> list[tuple[str, ...]]:
    with psycopg.connect(url) as server:
        return server.execute(
            "SELECT indexname FROM pg_indexes WHERE indexname ~ '_search$' ORDER BY indexname"
        ).fetchall()


def test_search_over_ports_is_by_index(database: str, tmp_path: Path) -> None:
    manage(tmp_path, database, "migrate", "-v0")
    query = (
        "from locations.filters import PortFilter as F; from locations.models import SwitchPort; "
        "from e911portal.core.filters import matching; "
        "print(matching(SwitchPort.objects.order_by(), 'gi1/0', F.search_fields).query)"
    )

    manage(tmp_path, database, "estate", "--ports", "500")
    statement = manage(tmp_path, database, "shell", "-v0", "-c", query).strip()

    assert search_indexes(database) == INDEXES
    with psycopg.connect(database) as server:
        server.execute("SET enable_seqscan = off")  # so few rows are read faster without an index
        lines = server.execute("EXPLAIN " + re.sub(r"%gi1/0%", "'%gi1/0%'", statement)).fetchall()
    plan = "\n".join(line for (line,) in lines)
    assert [name for (name,) in INDEXES if name not in plan] == []


def test_database_user_without_the_right_to_extensions_goes_without_the_index(
    database: str, tmp_path: Path
) -> None:
    user = f"plain_{os.getpid()}"
    with psycopg.connect(database, autocommit=True) as server:
        server.execute(f"CREATE ROLE {user} LOGIN")
        server.execute(f"GRANT ALL ON SCHEMA public TO {user}")
    url = re.sub(r"//[^@/]*@", f"//{user}@", database)

    manage(tmp_path, url, "migrate", "-v0")

    assert search_indexes(url) == []


@pytest.mark.django_db
def test_suite_says_which_engine_it_is_on() -> None:
    """The second run of the suite is worth nothing if it is on SQLite again."""
    wanted = "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"

    assert connection.vendor == wanted
