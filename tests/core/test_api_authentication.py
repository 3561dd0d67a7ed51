"""Who is asking: tokens, sessions, and nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from e911portal.core.models import APIToken, AuditEvent

pytestmark = pytest.mark.django_db

URL = "/api/v1/subnets/"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def issue(user: User, **values: Any) -> tuple[APIToken, str]:
    return APIToken.issue(
        user=user,
        **{"name": "test", "lifetime": timedelta(days=1), **values},
    )


def ask(header: str = "", **extra: Any) -> Any:
    return APIClient().get(URL, headers={"Authorization": header} if header else {}, **extra)


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "token", "bearer"])
def test_token_logs_its_owner_in(scheme: str, admin: User) -> None:
    _, secret = issue(admin)

    assert ask(f"{scheme} {secret}").status_code == 200


def test_request_of_nobody_is_challenged() -> None:
    answer = ask()

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Token realm="e911portal"'
    assert answer.json() == {
        "error": {
            "code": "not_authenticated",
            "message": "Log in, or send a token in the header “Authorization: Token <secret>”.",
            "fields": [],
            "request_id": answer["X-Request-ID"],
        }
    }


@pytest.mark.parametrize(
    "header",
    ["Token", "Token wrong", "Token a b", "Token \xff", "Bearer wrong"],
    ids=["no secret", "unknown", "two words", "not ASCII", "unknown bearer"],
)
def test_header_that_names_no_token_is_refused(header: str) -> None:
    answer = ask(header)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "authentication_failed"


def test_token_that_expired_is_refused(admin: User) -> None:
    with time_machine.travel(NOW, tick=False):
        _, secret = issue(admin, lifetime=timedelta(hours=1))
    with time_machine.travel(NOW + timedelta(minutes=59), tick=False):
        before = ask(f"Token {secret}")
    with time_machine.travel(NOW + timedelta(minutes=60), tick=False):
        after = ask(f"Token {secret}")

    assert (before.status_code, after.status_code) == (200, 401)


def test_token_of_a_deactivated_owner_is_refused(admin: User) -> None:
    _, secret = issue(admin)
    User.objects.filter(pk=admin.pk).update(is_active=False)

    assert ask(f"Token {secret}").status_code == 401


def test_read_only_token_reads_and_does_not_write(admin: User) -> None:
    _, secret = issue(admin, is_read_only=True)
    client = APIClient(headers={"Authorization": f"Token {secret}"})

    read = client.get("/api/v1/pstn-usages/")
    written = client.post("/api/v1/pstn-usages/", {"name": "Emergency"})

    assert (read.status_code, written.status_code) == (200, 403)
    assert written.json()["error"]["message"] == "This token is read-only. Use one that may write."


def test_last_use_is_noted_once_a_minute(admin: User) -> None:
    row, secret = issue(admin, lifetime=timedelta(days=3650))
    noted = []
    for seconds in (0, 59, 60):
        with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
            ask(f"Token {secret}")
        row.refresh_from_db()
        noted.append((row.last_used_at - NOW).total_seconds())

    assert noted == [0, 0, 60]


def test_session_writes_only_with_csrf_token(admin: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(admin)

    read = client.get(URL)
    written = client.post("/api/v1/pstn-usages/", {"name": "Emergency"})

    assert (read.status_code, written.status_code) == (200, 403)


def test_own_token_is_shown_once_and_works(stranger: User) -> None:
    client = APIClient()
    client.force_login(stranger)

    made = client.post("/api/v1/api-tokens/", {"name": "laptop", "days": 7})

    secret = made.json()["token"]
    listed = client.get("/api/v1/api-tokens/").json()["results"]
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    assert [entry.pop("token") for entry in listed] == [None]
    assert [sorted(entry) for entry in listed] == [
        ["created_at", "expires_at", "id", "is_read_only", "last_used_at", "name", "prefix"]
    ]
    assert ask(f"Token {secret}").status_code == 200
    assert not AuditEvent.objects.filter(after__icontains=secret).exists()


def test_own_token_is_revoked_by_deleting_it(stranger: User) -> None:
    row, secret = issue(stranger)
    client = APIClient()
    client.force_login(stranger)

    assert client.delete(f"/api/v1/api-tokens/{row.pk}/").status_code == 204
    assert ask(f"Token {secret}").status_code == 401


def test_token_opens_no_tokens(admin: User) -> None:
    row, secret = issue(admin)
    client = APIClient(headers={"Authorization": f"Token {secret}"})

    outcome = (
        client.get("/api/v1/api-tokens/").status_code,
        client.post("/api/v1/api-tokens/", {"name": "copy", "days": 1}).status_code,
        client.delete(f"/api/v1/api-tokens/{row.pk}/").status_code,
    )

    assert outcome == (403, 403, 403)
    assert list(APIToken.objects.all()) == [row]


def test_create_token_prints_a_secret_that_works(admin: User, capsys: Any) -> None:
    call_command("create_token", user="admin", name="script", days=3, read_only=True)

    secret = capsys.readouterr().out.strip()
    row = APIToken.objects.get()
    assert ask(f"Token {secret}").status_code == 200
    assert (row.name, row.is_read_only, row.expires_at - row.created_at) == (
        "script",
        True,
        pytest.approx(timedelta(days=3), abs=timedelta(seconds=1)),
    )
    assert AuditEvent.objects.latest("pk").action == "core.apitoken.created"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"user": "nobody", "name": "x"}, "There is no user “nobody”."),
        ({"user": "admin", "name": "taken"}, "You have a token of that name already."),
        ({"user": "admin", "name": "x", "days": 0}, "--days must be 1 or more."),
    ],
    ids=["unknown user", "name taken", "no days"],
)
def test_create_token_says_what_is_wrong(
    options: dict[str, Any], message: str, admin: User
) -> None:
    issue(admin, name="taken")

    with pytest.raises(CommandError, match=f"^{message}$"):
        call_command("create_token", **options)
