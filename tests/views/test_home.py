"""The readiness board, search, health, errors, and the security headers of every page."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from e911portal.core.crud import Role
from locations.models import NetworkSite
from tests import factories as make
from tests.core.api_cases import CASES
from tests.core.pages import VIEWS


def test_board_counts_findings_and_verdicts(browser: Client) -> None:
    erl = make.make_erl()
    make.make_verdict(address=erl.civic_address, verdict="invalid")
    make.make_erl()

    context = browser.get(reverse("home"), {"now": "1"}).context

    assert context["verdicts"] == [("invalid", "Refused", 1), ("none", "Not validated", 1)]
    assert context["counts"]["warning"] >= 2
    assert [step.text for step in context["steps"] if step.state == "warning"] == [
        "Validate 1 address",
        "Correct 1 refused address",
    ]


def test_checks_come_after_the_page(browser: Client) -> None:
    page = browser.get(reverse("home"))
    part = browser.get(reverse("home"), headers={"HX-Request": "true"}).content.decode()

    assert page.context["findings"] is None
    assert 'hx-trigger="load"' in page.content.decode()
    assert "What to do next" in part
    assert "<html" not in part


def test_board_of_a_site_admin_is_about_the_site(
    client: Client, ny_admin: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    make.make_call(site=la1)
    mine = make.make_call(site=ny1)
    client.force_login(ny_admin)

    context = client.get(reverse("home")).context

    assert [entry.site for entry in context["coverage"]] == [ny1]
    assert list(context["calls"]) == [mine]
    assert context["findings"] is None


def test_board_of_a_stranger_is_empty(client: Client, stranger: User, ny1: NetworkSite) -> None:
    make.make_call(site=ny1)
    client.force_login(stranger)

    context = client.get(reverse("home")).context

    assert (context["coverage"], list(context["calls"])) == ([], [])


def test_worker_that_does_not_work_is_told(browser: Client) -> None:
    make.make_job(created_at=timezone.now() - timedelta(minutes=1))

    assert "Not working" in browser.get(reverse("home")).content.decode()


def test_header_counts_unpublished_changes(browser: Client, ny1: NetworkSite) -> None:
    browser.post(reverse("locations:subnet-create"), {"cidr": "10.9.0.0/24", "site": ny1.pk})

    assert "1 unpublished<" in browser.get(reverse("home")).content.decode()


def test_search_finds_rows_of_every_kind(browser: Client) -> None:
    erl = make.make_erl(name="New York Wired")
    make.make_subnet(cidr="10.1.1.0/24", site=erl.site)
    make.make_bssid(value="00-19-5b-7f-77-0d")

    def found(text: str) -> list[str]:
        groups = browser.get(reverse("search"), {"q": text}).context["groups"]
        return [str(row) for group in groups for row in group["rows"]]

    assert found("new wired") == ["New York Wired"]
    assert found("10.1.1.77") == ["10.1.1.0/24"]
    assert "00-19-5b-7f-77-0d" in found("0019.5B7F.770D")
    assert found("") == []


def test_search_shows_no_row_that_may_not_be_seen(
    client: Client, ny_admin: User, la1: NetworkSite
) -> None:
    make.make_erl(name="Los Angeles", site=la1)
    client.force_login(ny_admin)

    assert client.get(reverse("search"), {"q": "angeles"}).context["groups"] == []


# ---------------------------------------------------------------- doors without a person


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_monitor_needs_no_login(path: str, client: Client, db: None) -> None:
    assert client.get(path).status_code == 200


def test_readiness_names_the_publication(client: Client, db: None) -> None:
    assert client.get("/readyz").json() == {
        "ready": True,
        "database": "ok",
        "publication": None,
        "publication_age_s": None,
    }


def test_metrics_count_waiting_jobs(client: Client, db: None) -> None:
    make.make_job()

    assert "e911portal_jobs_waiting 1.0" in client.get("/metrics").content.decode()


@pytest.mark.parametrize("name", VIEWS)
def test_pages_want_a_login(name: str, client: Client, db: None) -> None:
    url = VIEWS[name].url(Role.LIST)

    response = client.get(url)

    assert (response.status_code, response.url) == (302, f"/login/?next={url}")


def test_login_opens_the_board(client: Client, stranger: User) -> None:
    values = {"username": "stranger", "password": "correct horse"}

    response = client.post(reverse("login"), values, follow=True)

    assert response.redirect_chain == [("/", 302)]


def test_wrong_password_is_refused(client: Client, stranger: User) -> None:
    response = client.post(reverse("login"), {"username": "stranger", "password": "wrong"})

    assert "Please enter a correct username and password" in response.content.decode()


def test_missing_page_says_so(browser: Client) -> None:
    response = browser.get("/nowhere/")

    assert response.status_code == 404
    assert "There is no such page, or you have no right to see it." in response.content.decode()


# ---------------------------------------------------------------- headers


def test_policy_allows_own_files_only(client: Client, db: None) -> None:
    policy = client.get(reverse("login"))["Content-Security-Policy"]

    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives == {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "media-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
    }


@pytest.mark.parametrize("name", VIEWS)
def test_pages_carry_no_inline_style_or_script(
    name: str, browser: Client, ny1: NetworkSite
) -> None:
    view, row = VIEWS[name], CASES[name].row(ny1)

    pages = [
        browser.get(view.url(role, row if "<int:pk>" in role.path else None)).content.decode()
        for role in view.roles - {Role.OPTIONS}
    ]

    # Data for a script (application/json) is no script; everything else has a src.
    assert [page for page in pages if " style=" in page or "<style" in page] == []
    assert [page for page in pages if "<script>" in page or " onclick=" in page] == []
