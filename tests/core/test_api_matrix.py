"""Who may do what through REST: every resource, every verb, every kind of person."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from e911portal.api import router
from e911portal.core.models import AuditEvent
from locations.models import NetworkSite
from tests import factories
from tests.core.api_cases import CASES, Case

pytestmark = pytest.mark.django_db

#: What one gets for: being in the list, GET, PATCH, DELETE, POST.
ALL = ("seen", 200, 200, 204, 201)
VIEW = ("seen", 200, 404, 404, 403)
NOTHING = ("unseen", 404, 404, 404, 403)
UNKNOWN = (401, 401, 401, 401, 401)
READ = ("seen", 200, 405, 405, 405)
READ_NOTHING = ("unseen", 404, 405, 405, 405)

PEOPLE = ("anonymous", "stranger", "ny_admin", "ny_admin at LA1", "auditor", "admin")

EXPECTED = {
    "site": (UNKNOWN, NOTHING, ALL, NOTHING, VIEW, ALL),
    "site itself": (UNKNOWN, NOTHING, ("seen", 200, 200, 404, 403), NOTHING, VIEW, ALL),
    "shared": (UNKNOWN, NOTHING, VIEW, VIEW, VIEW, ALL),
    "shared by its sites": (UNKNOWN, NOTHING, VIEW, NOTHING, VIEW, ALL),
    "organisation": (UNKNOWN, NOTHING, NOTHING, NOTHING, VIEW, ALL),
    "site, read only": (UNKNOWN, READ_NOTHING, READ, READ_NOTHING, READ, READ),
    "organisation, read only": (
        UNKNOWN,
        READ_NOTHING,
        READ_NOTHING,
        READ_NOTHING,
        READ,
        READ,
    ),
    # Runs are history: added, never changed.
    "runs": (
        UNKNOWN,
        *[("unseen", 404, 405, 405, 403)] * 3,
        ("seen", 200, 405, 405, 403),
        ("seen", 200, 405, 405, 201),
    ),
    # Delivered by the call path, which has a right of its own.
    "events": (
        UNKNOWN,
        ("unseen", 404, 405, 405, 403),
        ("seen", 200, 405, 405, 403),
        ("unseen", 404, 405, 405, 403),
        ("seen", 200, 405, 405, 403),
        ("seen", 200, 405, 405, 200),
    ),
    # Somebody else's token does not exist, not even for a superuser; anybody may have tokens.
    "own": (UNKNOWN, *[("unseen", 404, 405, 404, 201)] * 5),
}
WRITABLE = [name for name, case in CASES.items() if case.change is not None]


@pytest.fixture
def client_of(request: pytest.FixtureRequest) -> Any:
    def client_of(person: str) -> APIClient:
        client = APIClient()
        if person != "anonymous":
            user: User = request.getfixturevalue(person.split()[0])
            client.force_login(user)
        return client

    return client_of


def test_matrix_has_every_resource_of_the_router() -> None:
    assert set(CASES) == {prefix for prefix, _, _ in router.registry}


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("resource", CASES)
def test_resource_gives_each_person_their_rights(
    resource: str, person: str, client_of: Any, ny1: NetworkSite, la1: NetworkSite
) -> None:
    case, client = CASES[resource], client_of(person)
    site = la1 if person.endswith("LA1") else ny1
    row = case.row(site)
    one = f"/api/v1/{resource}/{getattr(row, case.key)}/"

    listed = client.get(f"/api/v1/{resource}/", {"limit": 1000})
    outcome = (
        listed.status_code if listed.status_code != 200 else seen(listed.json(), row, case),
        client.get(one).status_code,
        client.patch(one, case.change or {}).status_code,
        client.delete(one).status_code,
        client.post(
            f"/api/v1/{resource}/", case.body(site) if case.body else {}, format=case.format
        ).status_code,
    )

    assert outcome == EXPECTED[case.rights][PEOPLE.index(person)]


def seen(answer: dict[str, Any], row: Any, case: Case) -> str:
    keys = [entry["number" if case.key == "number" else "id"] for entry in answer["results"]]
    return "seen" if getattr(row, case.key) in keys else "unseen"


@pytest.mark.parametrize("resource", WRITABLE)
def test_resource_put_back_as_it_was_read_changes_nothing(
    resource: str, client_of: Any, ny1: NetworkSite
) -> None:
    client, row = client_of("admin"), CASES[resource].row(ny1)
    address = f"/api/v1/{resource}/{row.pk}/"
    read = client.get(address)
    before = AuditEvent.objects.count()

    written = client.put(address, read.json())

    assert (written.status_code, written.json()) == (200, read.json())
    assert written["ETag"] == read["ETag"]
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("resource", [name for name in WRITABLE if name != "access-keys"])
def test_resource_as_added_is_the_resource_as_read(
    resource: str, client_of: Any, ny1: NetworkSite
) -> None:
    client, case = client_of("admin"), CASES[resource]

    added = client.post(f"/api/v1/{resource}/", case.body(ny1), format=case.format)

    read = client.get(added["Location"])
    assert (read.status_code, read.json()) == (200, added.json())
    assert read["ETag"] == added["ETag"]


@pytest.mark.parametrize("resource", CASES)
def test_list_costs_the_same_queries_for_one_row_and_for_three(
    resource: str, client_of: Any, ny1: NetworkSite, la1: NetworkSite
) -> None:
    client, case = client_of("admin"), CASES[resource]
    address = f"/api/v1/{resource}/"
    case.row(ny1)
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for site in (la1, factories.make_site()):
        case.row(site)
    with CaptureQueriesContext(connection) as three:
        client.get(address)

    assert len(three) == len(one)
