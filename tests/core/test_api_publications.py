"""REST of publications: plan, publish, roll back, and the snapshot for nodes elsewhere."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from e911portal.core.models import Publication
from e911portal.core.snapshot import read_pointer
from locations.models import NetworkSite
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("publications")]

SNAPSHOT = "/api/v1/publications/active/snapshot/"


@pytest.fixture
def client(admin: User, ny1: NetworkSite) -> APIClient:
    """A publisher's client, of an estate that can be published with warnings."""
    erl = factories.make_erl(site=ny1, name="New York 1st Floor")
    factories.make_verdict(address=erl.civic_address)
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=erl)
    usage = factories.make_usage(name="E911")
    factories.make_route(
        name="E911(NY)", usages=[usage], trunks=[factories.make_trunk(last_resort=1)]
    )
    policy = factories.make_location_policy(name="New York", pstn_usage=usage)
    factories.make_site_policy(site=ny1, location_policy=policy)
    factories.make_provider(is_of_record=True)
    client = APIClient()
    client.force_login(admin)
    return client


def publish(client: APIClient, comment: str = "") -> Any:
    found = client.get("/api/v1/publications/plan/").json()["findings"]
    body = {"comment": comment, "acknowledged": [entry["name"] for entry in found]}
    return client.post("/api/v1/publications/publish/", body)


def test_plan_shows_findings_and_changes(client: APIClient) -> None:
    plan = client.get("/api/v1/publications/plan/").json()

    assert sorted(plan) == ["active", "changes", "counts", "findings", "unpublished"]
    assert plan["active"] is None
    assert plan["counts"]["subnet"] == 1
    gains = {change["kind"]: change["counts"] for change in plan["changes"]}
    assert gains["Subnet"] == {"gains": 1}
    assert [sorted(entry) for entry in plan["findings"][:1]] == [
        ["code", "message", "name", "remedy", "severity", "subject"]
    ]


def test_draft_with_open_warnings_is_refused_and_they_are_named(client: APIClient) -> None:
    found = client.get("/api/v1/publications/plan/").json()["findings"]
    warnings = [entry["name"] for entry in found if entry["severity"] == "warning"]

    answer = client.post("/api/v1/publications/publish/", {})

    error = answer.json()["error"]
    assert warnings
    assert (answer.status_code, error["code"]) == (409, "refused")
    assert sorted(entry["field"] for entry in error["fields"]) == sorted(set(warnings))
    assert read_active() is None


def read_active() -> int | None:
    return Publication.objects.filter(state="active").values_list("number", flat=True).first()


def test_draft_is_published_and_rolled_back(client: APIClient, publications: Path) -> None:
    first, second = publish(client, comment="Opening").json(), publish(client).json()

    answer = client.post(f"/api/v1/publications/{first['number']}/rollback/")

    assert (first["comment"], first["state"], first["created_by_name"]) == (
        "Opening",
        "active",
        "admin",
    )
    assert second["number"] == first["number"] + 1
    assert (answer.status_code, answer.json()["state"]) == (200, "active")
    assert read_active() == read_pointer(publications).number == first["number"]


@pytest.mark.parametrize("damage", ["active already", "file is gone"])
def test_rollback_that_cannot_be_done_says_why(
    damage: str, client: APIClient, publications: Path
) -> None:
    first, second = publish(client).json(), publish(client).json()
    number = second["number"] if damage == "active already" else first["number"]
    (publications / f"{first['number']}.sqlite3").unlink()

    answer = client.post(f"/api/v1/publications/{number}/rollback/")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert read_active() == second["number"]


#: Sight of every network site, and the rights on publications, each alone and together.
SIGHT, PUBLISH, FETCH = "view_networksite", "publish", "fetch_snapshot"
HOLDERS = ((), ("view_publication",), (SIGHT,), (PUBLISH,), (SIGHT, PUBLISH), (FETCH,))


@pytest.mark.parametrize(
    ("method", "path", "outcome"),
    [
        ("get", "", ["none", "none", "seen", "none", "seen", "none"]),
        ("get", "1/", [404, 404, 200, 404, 200, 404]),
        ("get", "plan/", [403, 403, 200, 403, 200, 403]),
        ("post", "publish/", [403, 403, 403, 403, 409, 403]),
        ("post", "1/rollback/", [403, 403, 403, 403, 409, 403]),
        ("get", "active/snapshot/", [403, 403, 403, 403, 403, 404]),
        ("get", "signing-key/", [403, 403, 403, 403, 403, 200]),
    ],
    ids=["list", "one", "plan", "publish", "rollback", "snapshot", "signing key"],
)
def test_work_on_publications_needs_its_right(
    method: str, path: str, outcome: list[Any], client: APIClient
) -> None:
    factories.make_publication(number=1)
    found = []
    for rights in HOLDERS:
        user = factories.make_user()
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        person = APIClient()
        person.force_login(user)
        answer = getattr(person, method)(f"/api/v1/publications/{path}")
        found.append(answer.status_code if path else ("none", "seen")[answer.json()["count"]])

    assert found == outcome


def test_snapshot_is_the_file_with_its_digest(client: APIClient, publications: Path) -> None:
    made = publish(client).json()

    answer = client.get(SNAPSHOT, headers={"Accept": "application/vnd.sqlite3"})

    content = b"".join(answer.streaming_content)
    assert answer["Content-Type"] == "application/vnd.sqlite3"
    assert content == (publications / f"{made['number']}.sqlite3").read_bytes()
    assert hashlib.sha256(content).hexdigest() == made["sha256"]
    assert (answer["ETag"], answer["X-Snapshot-SHA256"], answer["X-Snapshot-Number"]) == (
        f'"{made["sha256"]}"',
        made["sha256"],
        str(made["number"]),
    )


def test_snapshot_is_sent_again_only_when_it_changed(client: APIClient) -> None:
    publish(client)
    tag = client.get(SNAPSHOT)["ETag"]

    same = client.get(SNAPSHOT, headers={"If-None-Match": tag})
    publish(client)
    changed = client.get(SNAPSHOT, headers={"If-None-Match": tag})

    assert (same.status_code, same.content, changed.status_code) == (304, b"", 200)


@pytest.mark.parametrize("gone", [False, True], ids=["never published", "file is gone"])
def test_snapshot_that_is_not_there_is_said_in_json(
    gone: bool, client: APIClient, publications: Path
) -> None:
    if gone:
        number = publish(client).json()["number"]
        (publications / f"{number}.sqlite3").unlink()

    answer = client.get(SNAPSHOT, headers={"Accept": "application/vnd.sqlite3"})

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert answer.json()["error"]["code"] == "not_found"
