"""What a browser gets when something is not accepted, and what it may keep."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client, RequestFactory

from e911portal.core.api import exception_handler
from e911portal.views.errors import server_error
from tests import factories

pytestmark = pytest.mark.django_db


def test_form_without_its_token_is_answered_with_a_page_that_says_what_to_do(admin: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)

    answer = client.post("/routing/call-park-orbits/add/", {"name": "Park"})

    assert answer.status_code == 403
    assert "Go back, reload the page and send it again." in answer.content.decode()


def test_pages_are_not_kept_by_the_browser(admin: User) -> None:
    client = Client()
    client.force_login(admin)

    assert client.get("/")["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(("first", "last"), [("*70", "*79"), ("abc", "abd"), ("70", "x")])
def test_orbit_that_is_no_number_is_refused_at_its_field(
    admin: User, first: str, last: str
) -> None:
    client = Client()
    client.force_login(admin)

    answer = client.post(
        "/routing/call-park-orbits/add/", {"name": "Park", "first": first, "last": last}
    )

    assert answer.status_code == 422
    assert f"“{last}” is not a number. Write digits only." in answer.content.decode()


def test_desk_says_how_many_changes_are_unpublished(admin: User) -> None:
    client = Client()
    client.force_login(admin)
    client.post("/routing/call-park-orbits/add/", {"name": "Park", "first": "70", "last": "79"})
    factories.make_desk()

    assert "1 unpublished change<" in client.get("/desk/").content.decode()


@pytest.mark.parametrize("path", ["/search/?q=%00", "/search/?q=a%00b", "/api/v1/subnets/?q=%00"])
def test_null_characters_are_searched_for_as_blanks(admin: User, path: str) -> None:
    client = Client()
    client.force_login(admin)

    assert client.get(path).status_code == 200


def test_busy_database_is_said_to_be_busy_by_pages_and_rest() -> None:
    try:
        raise OperationalError("database is locked")
    except OperationalError as error:
        page = server_error(RequestFactory().get("/"))
        answer = exception_handler(error, {})

    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "The database is busy or away" in page.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.data["error"]["code"] == "busy"


def test_other_faults_are_internal_errors() -> None:
    try:
        raise KeyError("x")
    except KeyError:
        page = server_error(RequestFactory().get("/"))

    assert page.status_code == 500
    assert "Internal error" in page.content.decode()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/login/", 301),
        ("/api/v1/subnets/", 301),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/api/v1/call-events/", 401),
        ("/api/v1/publications/active/snapshot/", 401),
        ("/api/v1/publications/signing-key/", 401),
    ],
)
def test_behind_tls_the_call_path_next_door_still_delivers(
    path: str, status: int, settings: Any
) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert Client().get(path).status_code == status
