"""Everything comes from the environment, and everything has a default that works."""

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from e911portal import environment
from tests.running import ROOT

SHOW = """
import json
from django.conf import settings as s
print(json.dumps({
    "engine": s.DATABASES["default"]["ENGINE"].rpartition(".")[2],
    "name": str(s.DATABASES["default"]["NAME"]),
    "portal": [s.PORTAL_HOST, s.PORTAL_PORT],
    "callpath": s.CALLPATH_URL,
    "embedded": s.EMBEDDED_WORKER,
    "secure": [s.SESSION_COOKIE_SECURE, s.SECURE_SSL_REDIRECT],
    "secret": s.SECRET_KEY,
    "debug": s.DEBUG,
}))
"""


def load(**variables: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own, with these variables only."""
    return subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "e911portal.settings",
            **variables,
        },
        capture_output=True,
        text=True,
    )


def test_defaults_work_on_a_bare_machine(tmp_path: Path) -> None:
    found = json.loads(load(STATE_DIR=str(tmp_path)).stdout)

    assert len(found.pop("secret")) == 64
    assert found == {
        "engine": "sqlite3",
        "name": str(tmp_path / "e911portal.sqlite3"),
        "portal": ["127.0.0.1", 8000],
        "callpath": "http://127.0.0.1:8010",
        "embedded": True,
        "secure": [False, False],
        "debug": False,
    }


def test_environment_changes_them(tmp_path: Path) -> None:
    found = json.loads(
        load(
            STATE_DIR=str(tmp_path),
            PORTAL_ADDR="[::1]:9000",
            CALLPATH_ADDR="127.0.0.1:9010",
            DATABASE_URL="postgresql://portal@db.example.com/e911",
            CELERY_BROKER_URL="redis://broker.example.com/0",
            SECRET_KEY="given",
            SECURE_TLS="yes",
        ).stdout
    )

    assert found == {
        "engine": "postgresql",
        "name": "e911",
        "portal": ["::1", 9000],
        "callpath": "http://127.0.0.1:9010",
        "embedded": False,
        "secure": [True, True],
        "secret": "given",
        "debug": False,
    }
    assert not (tmp_path / "keys" / "secret_key").exists()


def test_wrong_address_is_named_with_an_example(tmp_path: Path) -> None:
    ended = load(STATE_DIR=str(tmp_path), PORTAL_ADDR="8000")

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        "ValueError: PORTAL_ADDR is “8000”. Write host:port, for example 127.0.0.1:8000."
    )


def test_secret_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("of the file\n")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "secret"))

    assert environment.generated_secret("SECRET_KEY") == "of the file"


def test_generated_secret_is_kept_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("STATE_DIR", str(tmp_path))

    first, second = (environment.generated_secret("SECRET_KEY") for _ in range(2))

    assert first == second
    assert stat.S_IMODE((tmp_path / "keys" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["secret_key"]


def test_parts_started_side_by_side_agree_on_a_secret(tmp_path: Path) -> None:
    def secret(_: int) -> Any:
        return json.loads(load(STATE_DIR=str(tmp_path)).stdout)["secret"]

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(secret, range(4)))

    assert len(found) == 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("TRUE", True), (" on ", True), ("0", False), ("", False), ("no", False)],
)
def test_flag(value: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECURE_TLS", value)

    assert environment.flag("SECURE_TLS", default=True) is expected


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SECURE_TLS", "ture", "SECURE_TLS is “ture”. Write yes or no."),
        (
            "EMAIL_PORT",
            "70000",
            "EMAIL_PORT is “70000”. Write a whole number from 1 to 65535, such as 25.",
        ),
        (
            "PUBLICATIONS_KEPT",
            "none",
            "PUBLICATIONS_KEPT is “none”. Write a whole number of at least 1, such as 20.",
        ),
        (
            "TRUSTED_PROXIES",
            "10.0.0.1 10.0.0.1/8",
            "TRUSTED_PROXIES has “10.0.0.1/8”: 10.0.0.1/8 has host bits set. Write networks such "
            "as 10.0.0.0/8, or addresses.",
        ),
        (
            "LOG_LEVEL",
            "verbose",
            "LOG_LEVEL is “verbose”. Write debug, info, warning, error or critical.",
        ),
        (
            "PORTAL_ADDR",
            "9000",
            "PORTAL_ADDR is “9000”. Write host:port, for example 127.0.0.1:8000.",
        ),
        (
            "DATABASE_URL",
            "postgresql://portal:se/cret@db/e911",
            "DATABASE_URL is not usable. Write postgresql://user:password@host:5432/name or "
            "sqlite:////path; what is neither letter nor digit in a password is written as %2F.",
        ),
        (
            "DATABASE_URL",
            "mongo://db",
            "DATABASE_URL is not usable. Write postgresql://user:password@host:5432/name or "
            "sqlite:////path; what is neither letter nor digit in a password is written as %2F.",
        ),
    ],
)
def test_value_that_cannot_be_used_is_one_line(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "STATE_DIR": str(tmp_path), variable: value},
        capture_output=True,
        text=True,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"manage.py: {said}\n"


def test_words_are_split_at_commas_and_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "a.example.com, b.example.com c.example.com")

    assert environment.words("ALLOWED_HOSTS") == [
        "a.example.com",
        "b.example.com",
        "c.example.com",
    ]
