"""What every test may use: a cast of people, a network guard, a database that can be emptied."""

import tests.environment  # noqa: F401  sets Django up, so it comes before everything else

# isort: split
import gc
import ipaddress
import itertools
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import sqlite_version
from typing import Any

import django
import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from guardian.shortcuts import assign_perm

from locations.models import NetworkSite
from tests import factories
from tests.environment import STATE_DIR
from tests.example import copied_example, worked_example  # noqa: F401  fixtures of all tests
from tests.interop.programs import PROGRAMS

hypothesis.settings.register_profile(
    "e911portal", deadline=None, derandomize=bool(os.environ.get("CI"))
)
hypothesis.settings.load_profile("e911portal")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-programs",
        action="store_true",
        help="fail, instead of skip, a test whose program (PostgreSQL, Chromium, ...) is missing",
    )
    parser.addoption(
        "--database-only",
        action="store_true",
        help="run only the tests that the engine could make fail: the run on a second one",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        touching = {"db", "transactional_db", "django_db_setup"}
        keep = [
            item
            for item in items
            if (
                item.get_closest_marker("django_db")
                or touching & set(getattr(item, "fixturenames", ()))
            )
            # What Chromium does with a page, it does on every engine; the rows that its tests
            # write are those of other pages' tests.
            and not item.get_closest_marker("browser")
            and not item.get_closest_marker("any_engine")
        ]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(keep)])
        items[:] = keep


def pytest_collection_finish(session: pytest.Session) -> None:
    # What is there now stays to the end, and what a test makes is mostly gone when it is: looking
    # for garbage less often, and not in all of Django and 6,000 tests, is a twentieth of the work.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Say what the run used; a green run on the wrong database is worth nothing."""
    database = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    used = {
        "Python": platform.python_version(),
        "Django": django.get_version(),
        "database": "PostgreSQL" if database == "postgresql" else f"SQLite {sqlite_version}",
        "broker": "Redis" if settings.CELERY_BROKER_URL else "none, embedded worker",
        **{program.title: program.version_text() for program in PROGRAMS.values()},
    }
    terminalreporter.section("what this run used")
    for what, version in used.items():
        terminalreporter.line(f"{what}: {version}")


# ---------------------------------------------------------------- the network


def _is_local(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and address else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if isinstance(host, str) and not _is_local(host):
        pytest.fail(f"A test tried to reach {host}; only this machine is allowed.")


# An audit hook sees every socket of the process, however a library made it.
sys.addaudithook(_guard)


# ---------------------------------------------------------------- the database


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let the test database be emptied after real transactions, and dropped at last."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            _flush_past_the_audit_trail()
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            _end_other_sessions()


def _flush_past_the_audit_trail() -> None:
    # SQLite empties a table by DELETE, which the audit trail refuses; the trigger steps aside for
    # that moment only. (PostgreSQL truncates, which no row trigger sees.)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_no_delete'")
        create = cursor.fetchone()[0]
    operations = type(
        connection.ops
    )  # of every connection: a thread with an event loop has another
    flush = operations.sql_flush

    def sql_flush(*args: Any, **options: Any) -> list[str]:
        return ["DROP TRIGGER audit_no_delete", *flush(*args, **options), create]

    operations.sql_flush = sql_flush


def _end_other_sessions() -> None:
    # A killed process of a test may leave its session to PostgreSQL for a moment, and a database
    # in use cannot be dropped.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """DATABASE_URL of the test database, for other processes; what the test commits, they see."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgresql://{found['USER']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


# ---------------------------------------------------------------- the cast


@pytest.fixture
def state(settings: Any, tmp_path: Path) -> Path:
    """A state directory of this test's own, with its keys and publications."""
    settings.STATE_DIR = tmp_path
    settings.KEYS_DIR = tmp_path / "keys"
    settings.PUBLICATIONS_DIR = tmp_path / "publications"
    return tmp_path


@pytest.fixture
def publications(state: Path) -> Path:
    """The directory of publications of this test's own."""
    return state / "publications"


@pytest.fixture
def ny1(db: None) -> NetworkSite:
    """The network site NY1."""
    return factories.make_site(name="NY1")


@pytest.fixture
def la1(db: None) -> NetworkSite:
    """The network site LA1, in the same region as NY1."""
    return factories.make_site(name="LA1")


@pytest.fixture
def admin(db: None) -> User:
    """A superuser: may do everything."""
    return factories.make_user("admin", is_superuser=True, is_staff=True)


@pytest.fixture
def browser(client: Client, admin: User) -> Client:
    """A client in which the superuser is logged in."""
    client.force_login(admin)
    return client


@pytest.fixture
def ny_admin(ny1: NetworkSite) -> User:
    """Administers the network site NY1 and nothing else."""
    user = factories.make_user("ny_admin")
    assign_perm("change_networksite", user, ny1)
    return user


@pytest.fixture
def auditor(db: None) -> User:
    """Reads everything, changes nothing: by the group that holds every right to view."""
    user = factories.make_user("auditor")
    group = Group.objects.create(name="auditors")
    group.permissions.set(Permission.objects.filter(codename__startswith="view_"))
    user.groups.add(group)
    return user


@pytest.fixture
def desk_officer(ny1: NetworkSite) -> User:
    """Watches the emergency calls of NY1 at a security desk."""
    user = factories.make_user("desk_officer")
    factories.make_desk(sites=[ny1], members=[user])
    return user


@pytest.fixture
def stranger(db: None) -> User:
    """Can log in and has no rights."""
    return factories.make_user("stranger")


_runs = itertools.count()


@pytest.fixture(autouse=True)
def _media(settings: Any) -> None:
    """Uploads of one test are not there in the next; few tests make the directory."""
    settings.MEDIA_ROOT = STATE_DIR / "media" / str(next(_runs))
