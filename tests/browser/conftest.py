"""A real browser against a real server: Debian's Chromium, driven by Playwright."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

from locations.models import NetworkSite
from tests.interop.programs import require
from tests.running import PATIENCE

expect.set_options(timeout=PATIENCE * 1000)

FLAGS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A browser of the module's own; each test has a window with nothing from before.

    Not of the whole run: while Playwright runs, its event loop occupies this thread.
    """
    path = require("chromium", request.config)
    if not (settings.VENDOR_DIR / ".stamp").exists():
        pytest.skip("static/vendor is empty; run `make setup`")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Django would refuse the database to a thread with an event loop; nothing here is
        # asynchronous.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, live_server: Any) -> Iterator[Page]:
    """A new window, with no cookies and no files kept.

    The test fails if the browser refused something (CSP), if a script broke, or if anything but
    this server was asked for a file.
    """
    context = chromium.new_context(base_url=live_server.url, color_scheme="light")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    opened.on("console", lambda said: _note(said, complaints))
    opened.on("request", lambda asked: _stay_home(asked.url, live_server.url, complaints))
    opened.set_default_timeout(PATIENCE * 1000)
    yield opened
    context.close()
    assert complaints == []


def _note(said: Any, complaints: list[str]) -> None:
    # A refused form (422) is no defect, but Chromium reports it as one.
    if said.type == "error" and "status of 422" not in said.text:
        complaints.append(f"console: {said.text}")


def _stay_home(url: str, home: str, complaints: list[str]) -> None:
    if not url.startswith((home, "data:", "blob:")):
        complaints.append(f"outside: {url}")


@pytest.fixture
def log_in(page: Page) -> Callable[[str], None]:
    """Log in through the door, as a person does."""

    def enter(username: str) -> None:
        page.goto("/login/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill("correct horse")
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", name="Readiness").wait_for()

    return enter


@pytest.fixture
def new_york(transactional_db: None, ny1: NetworkSite) -> NetworkSite:
    """NY1, placed on the map."""
    ny1.latitude, ny1.longitude = "40.741200", "-73.989700"
    ny1.save()
    return ny1
