"""Logging in: guessing is limited, by account, by address and together, and nobody is kept out."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.utils import timezone

from e911portal.core import logins
from e911portal.core.models import AuditEvent, LoginAttempt
from tests import factories as make

pytestmark = pytest.mark.django_db

PASSWORD = "a quite long password"
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def officer() -> User:
    user = make.make_user("officer")
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(password: str, username: str = "officer", address: str = HOME, door: str = "/login/"):
    data = {"username": username, "password": password}
    return Client().post(door, data, REMOTE_ADDR=address)


def failed(number: int, username: str = "officer", address: str = HOME, **ago: int) -> None:
    """Let so many failures have happened, without the work of hashing."""
    LoginAttempt.objects.bulk_create(
        LoginAttempt(
            account=logins._account(username),
            address=address,
            at=timezone.now() - timedelta(**ago),
            succeeded=False,
        )
        for _ in range(number)
    )


def succeeded(address: str = HOME, **ago: int) -> None:
    LoginAttempt.objects.create(
        account=logins._account("officer"),
        address=address,
        at=timezone.now() - timedelta(**ago),
        succeeded=True,
    )


def test_wrong_password_is_refused_and_counted(officer: User) -> None:
    response = log_in("wrong")

    assert response.status_code == 422
    assert list(LoginAttempt.objects.values_list("address", "succeeded")) == [(HOME, False)]


def test_right_password_is_refused_after_too_many_wrong_ones(officer: User) -> None:
    failed(logins.PAIR_LIMIT)

    response = log_in(PASSWORD, username=" OFFICER")

    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert "Too many failed attempts" in response.content.decode()
    assert LoginAttempt.objects.count() == logins.PAIR_LIMIT  # it was not even tried


def test_limit_holds_at_the_stock_admin_too(officer: User) -> None:
    User.objects.update(is_staff=True)
    failed(logins.PAIR_LIMIT)

    response = log_in(PASSWORD, door="/admin/login/")

    assert "sessionid" not in response.cookies


CASES: dict[str, tuple[Any, bool]] = {
    "one failure less": (lambda: failed(logins.PAIR_LIMIT - 1), True),
    "failures of long ago": (lambda: failed(logins.PAIR_LIMIT, minutes=16), True),
    "failures before the last success": (
        lambda: (failed(logins.PAIR_LIMIT, minutes=9), succeeded(minutes=5)),
        True,
    ),
    "failures after the last success": (
        lambda: (succeeded(minutes=9), failed(logins.PAIR_LIMIT, minutes=5)),
        False,
    ),
    "many accounts from this address": (
        lambda: [failed(1, username=f"u{i}") for i in range(logins.ADDRESS_LIMIT)],
        False,
    ),
    "many accounts from an address known to the account": (
        lambda: (
            succeeded(days=3),
            [failed(1, username=f"u{i}") for i in range(logins.ADDRESS_LIMIT)],
        ),
        True,
    ),
    "this account from many addresses": (
        lambda: [failed(1, address=f"203.0.113.{i}") for i in range(logins.ACCOUNT_LIMIT)],
        False,
    ),
    "this account from many addresses, tried from one known to it": (
        lambda: (
            succeeded(days=3),
            [failed(1, address=f"203.0.113.{i}") for i in range(logins.ACCOUNT_LIMIT)],
        ),
        True,
    ),
    "another account from another address": (
        lambda: failed(logins.PAIR_LIMIT, username="somebody", address=ELSEWHERE),
        True,
    ),
}


@pytest.mark.parametrize(("before", "let_in"), CASES.values(), ids=CASES)
def test_who_is_let_in(before: Any, let_in: bool, officer: User) -> None:
    before()

    response = log_in(PASSWORD)

    assert response.status_code == (302 if let_in else 429)


def test_account_is_not_kept_as_it_was_typed(officer: User) -> None:
    log_in("x", username="my secret password")

    assert "secret" not in LoginAttempt.objects.get().account


def test_attempts_are_forgotten_when_no_limit_looks_at_them(officer: User) -> None:
    failed(1, days=91)
    failed(1, days=89)

    logins.forget()

    assert LoginAttempt.objects.count() == 1


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.5", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.5", "203.0.113.9, 198.51.100.7, 10.0.0.6", "198.51.100.7"),
        ("10.0.0.5", "nonsense", ""),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        ("", "", ""),
    ],
)
def test_address_is_seen_past_our_proxies_only(
    remote: str, forwarded: str, expected: str, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)

    assert logins.client_address(request) == expected


def test_login_begins_a_new_session_and_leads_to_this_host_only(officer: User) -> None:
    client = Client()
    client.get("/login/")
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key

    data = {"username": "officer", "password": PASSWORD, "next": "https://evil.example/"}
    response = client.post("/login/", data)

    assert response["Location"] == "/"
    assert client.session.session_key != planted


def test_own_password_is_changed_with_its_audit_row(officer: User) -> None:
    client, other = Client(), Client()
    client.force_login(officer)
    other.force_login(officer)

    new = "another long password"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    response = client.post("/password/", data)

    assert response.status_code == 302
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 302  # other sessions end
    event = AuditEvent.objects.get()
    assert (event.action, event.actor) == ("auth.user.password_changed", officer)
    assert (event.before, event.after) == (None, None)


def test_short_password_is_refused(officer: User) -> None:
    client = Client()
    client.force_login(officer)

    data = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}

    assert client.post("/password/", data).status_code == 422
    assert AuditEvent.objects.count() == 0
