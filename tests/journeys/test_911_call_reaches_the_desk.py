"""A New York user dials 911: the call is on the screen of the New York desk at once, with
an alarm until somebody acknowledges it; after an absence of the portal it shows what was missed."""

import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.callpath.server import Server, serving
from tests.interop.programs import require
from tests.processes import Portal
from tests.running import PATIENCE, ROOT, free_port, python

expect.set_options(timeout=PATIENCE * 1000)

pytestmark = pytest.mark.browser

ANNA = {
    "from_uri": "sip:anna.rossi@unplugthepbx.com",
    "from_display": '"Anna Rossi"',
    "src_ip": "10.1.1.20",
}
IN_LOS_ANGELES = {**ANNA, "src_ip": "10.2.1.9"}


@pytest.fixture(scope="module")
def environment(
    tmp_path_factory: pytest.TempPathFactory, copied_example: Callable[[Path], None]
) -> dict[str, str]:
    """The worked example in a state directory of its own."""
    state = tmp_path_factory.mktemp("state")
    copied_example(state)
    values = {
        "STATE_DIR": str(state),
        "STATIC_ROOT": str(state / "static"),
        "DATABASE_URL": f"sqlite:///{state}/e911portal.sqlite3",
        "SIMULATOR_ADDR": f"127.0.0.1:{free_port()}",
        "DJANGO_SETTINGS_MODULE": "e911portal.settings",
    }
    subprocess.run(
        python("manage.py", "collectstatic", "--noinput"),
        cwd=ROOT,
        env={**os.environ, **values},
        check=True,
        capture_output=True,
    )
    return values


@pytest.fixture
def portal(environment: dict[str, str]) -> Iterator[Portal]:
    """The portal of the worked example."""
    server = Portal(environment=environment)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def callpath(environment: dict[str, str], portal: Portal) -> Iterator[Server]:
    """The call path next to it."""
    state = Path(environment["STATE_DIR"])
    token = (state / "keys" / "callpath_token").read_text().strip()
    with serving(state, portal=portal.url, CALLPATH_PORTAL_TOKEN=token) as server:
        yield server


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Debian's Chromium."""
    path = require("chromium", request.config)
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def desk(browser: Any, portal: Portal, environment: dict[str, str]) -> Iterator[Any]:
    """The desk's page, opened by the New York officer."""
    password = (Path(environment["STATE_DIR"]) / "keys" / "demo_password").read_text().strip()
    page = browser.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    violations: list[str] = []
    page.on("console", lambda line: violations.append(line.text) if "Policy" in line.text else None)
    page.goto(f"{portal.url}/login/?next=/desk/")
    page.fill("[name=username]", "ny-desk")
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#live[data-state=live]")
    yield page
    page.close()
    assert violations == []


def dial(callpath: Server, number: str, caller: dict[str, str]) -> str:
    """Do what the SIP edge does for an INVITE; return the reference of the call."""
    ref = uuid.uuid4().hex
    request = {**caller, "ruri": f"sip:{number}@unplugthepbx.com", "call_ref": ref}
    assert callpath.json("/v1/sip/route", request)["emergency"] is True
    return ref


def report(callpath: Server, ref: str, kind: str, **values: object) -> None:
    """Do what the SIP edge does when something happens to a call."""
    event = {"id": uuid.uuid4().hex, "event": kind, "call_ref": ref, **values}
    status, _ = callpath.ask("/v1/sip/events", json.dumps(event).encode())
    assert status == 202


def acknowledge_all(page: Any) -> None:
    for left in reversed(range(page.locator(".call form").count())):
        page.locator(".call form button").first.click()
        expect(page.locator(".call form")).to_have_count(left)


def test_a_call_is_shown_sounds_and_is_acknowledged(desk: Any, callpath: Server) -> None:
    expect(desk.get_by_text("No open emergency calls")).to_be_visible()
    desk.locator("#theme").focus()
    desk.keyboard.press("Shift")  # a key is what unblocks the sound
    expect(desk.locator("#unblock")).to_be_hidden()

    ref = dial(callpath, "9911", ANNA)
    card = desk.locator(".call")
    card.wait_for()  # tests/bench/bench_desk.py measures it: well within a second

    expect(card).to_have_count(1)
    expect(card).to_contain_text("EMERGENCY CALL, not acknowledged")
    expect(card).to_contain_text("12345 N Cedar Dr, New York, NY 98765")
    expect(card).to_contain_text("Validated: the address provider knows this address")
    expect(card).to_contain_text("Anna Rossi")
    assert not desk.evaluate("document.getElementById('alarm').paused")
    assert desk.title().startswith("(1) CALL")

    report(callpath, ref, "call_answered", target="E9-1-1 provider", mode="portal")
    expect(card).to_contain_text("Answered · E9-1-1 provider")
    desk.keyboard.press("a")
    desk.keyboard.press("Shift+Tab")
    desk.keyboard.type("On my way")
    desk.keyboard.press("Enter")
    expect(card).to_contain_text("Acknowledged")
    expect(card).to_contain_text("Sam Officer")
    expect(card).to_contain_text("“On my way”")
    assert desk.evaluate("document.getElementById('alarm').paused")

    report(callpath, ref, "call_ended", target="E9-1-1 provider")
    expect(card).to_have_count(0)
    expect(desk.locator("[data-past]").first).to_contain_text("Sam Officer")
    expect(desk.get_by_text("No open emergency calls")).to_be_visible()


def test_what_was_missed_is_shown_after_the_connection_was_lost(
    desk: Any, callpath: Server, portal: Portal
) -> None:
    desk.evaluate("window.notReloaded = true")
    dial(callpath, "911", ANNA)
    expect(desk.locator(".call")).to_have_count(1)

    portal.kill()
    expect(desk.locator("#lost")).to_be_visible()
    expect(desk.locator("#lost")).to_contain_text("CONNECTION LOST since")
    expect(desk.locator("#live")).to_have_text("Not connected")
    dial(callpath, "911", ANNA)
    portal.start()

    expect(desk.locator("#lost")).to_be_hidden()
    expect(desk.locator(".call")).to_have_count(2)
    assert desk.evaluate("window.notReloaded")
    acknowledge_all(desk)


def test_what_is_typed_survives_a_change_of_the_call(desk: Any, callpath: Server) -> None:
    ref = dial(callpath, "911", ANNA)
    card = desk.locator(".call-new")
    card.locator("[name=note]").fill("I am on")
    card.locator("[name=note]").focus()

    report(callpath, ref, "call_ringing", target="E9-1-1 provider")

    expect(card).to_contain_text("Ringing")
    expect(card.locator("[name=note]")).to_have_value("I am on")
    expect(card.locator("[name=note]")).to_be_focused()
    acknowledge_all(desk)


def test_a_test_call_is_quiet_and_another_desks_call_is_not_shown(
    desk: Any, callpath: Server
) -> None:
    dial(callpath, "911", IN_LOS_ANGELES)
    dial(callpath, "933", ANNA)

    test_call = desk.locator(".call-test")
    expect(test_call).to_contain_text("TEST CALL, no emergency")
    expect(desk.locator(".call-new")).to_have_count(0)
    assert desk.evaluate("document.getElementById('alarm').paused")


def test_an_acknowledgement_that_fails_says_so(desk: Any, callpath: Server, portal: Portal) -> None:
    dial(callpath, "911", ANNA)
    card = desk.locator(".call-new")
    card.wait_for()
    portal.kill()

    card.locator("form button").click()

    expect(card.locator(".call-error")).to_have_text(
        "Not acknowledged. The portal does not answer. Try again."
    )
    portal.start()
    expect(desk.locator("#lost")).to_be_hidden()
    card.locator("form button").click()
    expect(desk.locator(".call-new")).to_have_count(0)
