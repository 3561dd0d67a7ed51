"""Keys, tokens, audit trail and jobs."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from e911portal.core import audit
from e911portal.core.models import AccessKey, APIToken, AuditEvent, Job, token_digest
from tests import factories as make


def test_new_key_is_shown_once_and_kept_as_a_hash(browser: Client) -> None:
    response = browser.post(reverse("core:accesskey-create"), {"name": "PBX", "may_route": "on"})

    secret = response.context["secret"]
    key = AccessKey.objects.get()
    assert key.digest == token_digest(secret)
    assert (key.may_locate, key.may_route) == (False, True)
    assert "no-store" in response["Cache-Control"]
    urls = [reverse(f"core:accesskey-{role}", args=[key.pk]) for role in ("detail", "history")]
    pages = [browser.get(url).content.decode() for url in urls]
    assert [page for page in pages if secret in page] == []


def test_new_token_is_shown_once_and_works(browser: Client, admin: User) -> None:
    response = browser.post(reverse("core:apitoken-list"), {"name": "sync", "days": 7})

    secret = response.context["secret"]
    assert APIToken.objects.get().digest == token_digest(secret)
    assert (APIToken.objects.get().user, AuditEvent.objects.get().actor) == (admin, admin)
    assert secret not in browser.get(reverse("core:apitoken-list")).content.decode()
    answer = Client().get("/api/v1/network-sites/", headers={"Authorization": f"Token {secret}"})
    assert answer.status_code == 200


def test_second_token_of_a_name_is_refused(browser: Client) -> None:
    browser.post(reverse("core:apitoken-list"), {"name": "sync", "days": 7})

    response = browser.post(reverse("core:apitoken-list"), {"name": "sync", "days": 7})

    assert response.status_code == 422
    assert "You have a token of that name already." in response.content.decode()


def test_token_is_revoked_by_its_owner_only(
    browser: Client, client: Client, stranger: User
) -> None:
    browser.post(reverse("core:apitoken-list"), {"name": "sync", "days": 7})
    url = reverse("core:apitoken-revoke", args=[APIToken.objects.get().pk])
    other = Client()
    other.force_login(stranger)

    assert other.post(url).status_code == 404
    assert browser.post(url).status_code == 303
    assert APIToken.objects.count() == 0


def test_tokens_page_is_for_everybody_who_is_logged_in(client: Client, stranger: User) -> None:
    client.force_login(stranger)

    assert client.get(reverse("core:apitoken-list")).status_code == 200


def test_audit_chain_is_whole(browser: Client) -> None:
    site = make.make_site()
    site.description = "x"
    audit.update(site, by=None)

    response = browser.get(reverse("core:audit-check"))

    assert (response.context["broken"], response.context["total"]) == (None, 1)


def test_audit_chain_is_broken(browser: Client) -> None:
    site = make.make_site()
    for text in ("one", "two"):
        site.description = text
        audit.update(site, by=None)
    first = AuditEvent.objects.order_by("pk").first()
    triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"
    if connection.vendor != "sqlite":
        pytest.skip("the forgery below is SQLite's")
    with connection.cursor() as cursor:
        cursor.execute(triggers)
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(
            "UPDATE core_auditevent SET actor_name = 'mallory' WHERE id = %s", [first.pk]
        )
        for _, create in found:
            cursor.execute(create)

    response = browser.get(reverse("core:audit-check"))

    assert response.context["broken"] == first


def test_audit_chain_is_hidden_from_strangers(client: Client, stranger: User) -> None:
    client.force_login(stranger)

    assert client.get(reverse("core:audit-check")).status_code == 404


@pytest.mark.parametrize(
    ("state", "polls"),
    [
        (Job.State.QUEUED, True),
        (Job.State.RUNNING, True),
        (Job.State.DONE, False),
        (Job.State.FAILED, False),
    ],
)
def test_progress_of_a_job_is_asked_for_until_it_ended(
    state: str, polls: bool, browser: Client
) -> None:
    job = make.make_job(state=state, progress=1, total=4)

    part = browser.get(reverse("core:job-progress", args=[job.pk])).content.decode()

    assert ("hx-trigger" in part) is polls
    assert '<progress max="4" value="1">' in part
