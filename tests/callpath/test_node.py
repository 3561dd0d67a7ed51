"""A node as the environment describes it."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from e911portal.callpath.app import CallPath
from e911portal.callpath.node import Settings
from tests.callpath import sample
from tests.callpath.client import call
from tests.callpath.conftest import eventually
from tests.callpath.portal import Portal, takes_all

VARIABLES = ("PORTAL_ADDR", "TRUSTED_PROXIES", "CALLPATH_URL", "CALLPATH_PORTAL_URL",
             "CALLPATH_PORTAL_TOKEN", "CALLPATH_TRUST_LOOPBACK")  # fmt: skip


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STATE_DIR", str(tmp_path))


def test_defaults_are_those_of_a_first_run(tmp_path: Path) -> None:
    assert Settings.from_environment() == Settings(tmp_path, "http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("variable", "value", "field", "expected"),
    [
        ("PORTAL_ADDR", "0.0.0.0:9000", "portal_url", "http://127.0.0.1:9000"),
        ("PORTAL_ADDR", "[::]:9000", "portal_url", "http://[::1]:9000"),
        ("PORTAL_ADDR", "[2001:db8::1]:9000", "portal_url", "http://[2001:db8::1]:9000"),
        (
            "CALLPATH_PORTAL_URL",
            "https://e911.example.com",
            "portal_url",
            "https://e911.example.com",
        ),
        ("TRUSTED_PROXIES", "10.0.0.1, 10.0.1.0/24", "proxies", ("10.0.0.1", "10.0.1.0/24")),
        ("CALLPATH_TRUST_LOOPBACK", "0", "trust_loopback", False),
        ("CALLPATH_URL", "https://lis.example.com/", "url", "https://lis.example.com"),
    ],
)
def test_variables_are_read(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, field: str, expected: object
) -> None:
    monkeypatch.setenv(variable, value)

    settings = Settings.from_environment()

    settings.check()
    assert getattr(settings, field) == expected


@pytest.mark.parametrize(
    ("portal", "proxies", "named"),
    [("portal", (), "portal"), ("http://p", ("10.0.0.1/8",), "10.0.0.1/8")],
)
def test_nonsense_is_refused_by_name(
    tmp_path: Path, portal: str, proxies: Iterable[str], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        Settings(tmp_path, portal, proxies=tuple(proxies)).check()


def test_public_address_is_given_to_clients(state: Path, make_app) -> None:  # type: ignore[no-untyped-def]
    app = make_app(state, url="https://lis.example.com")

    answer = call(app, "GET", "/v1/policy", headers=[(b"host", b"10.1.1.1:8010")])

    assert answer.json()["held_uri"] == "https://lis.example.com/held"


def test_token_that_is_written_later_is_found(state: Path, make_app) -> None:  # type: ignore[no-untyped-def]
    with Portal(takes_all).listening() as portal:
        app = make_app(state, portal_url=portal.url, portal_token="")
        app.node.start()
        call(app, "POST", "/v1/sip/events", b'{"id": "e1"}')
        waits = eventually(lambda: app.node.delivery.fault == "there is no token for the portal")

        (state / "keys").mkdir()
        (state / "keys" / "callpath_token").write_text("of the demo\n")

        arrives = eventually(lambda: portal.ids == ["e1"])
        app.node.stop()

    assert (waits, arrives, portal.tokens) == (True, True, {"Token of the demo"})


def test_first_question_after_a_quiet_hour_is_answered_from_the_new_publication(
    live: CallPath, state: Path
) -> None:
    """Nobody asks while the pointer moves: a request may not be what the node notices it by."""
    before = live.node.store._snapshot
    assert before is not None

    sample.publish(state / "publications", before.number + 1)
    assert eventually(lambda: live.node.store._snapshot is not before)

    answer = call(live, "GET", "/v1/location?chassis=3c-4a-92-30-ec-00&port=7")
    assert answer.json()["publication"] == before.number + 1
