"""Writing through REST: versions, bulk, audit, sites, lists inside a row."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from e911portal.core.models import AuditEvent
from locations.models import NetworkSite, ServiceProvider, Subnet
from routing.models import PSTNUsage
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: User) -> APIClient:
    client = APIClient()
    client.force_login(admin)
    return client


@pytest.fixture
def ny_client(ny_admin: User) -> APIClient:
    client = APIClient()
    client.force_login(ny_admin)
    return client


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


# ---------------------------------------------------------------- versions


def test_row_is_not_sent_again_to_who_has_it(client: APIClient) -> None:
    address = f"/api/v1/pstn-usages/{factories.make_usage().pk}/"
    tag = client.get(address)["ETag"]

    again = client.get(address, headers={"If-None-Match": tag})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_write_to_a_row_that_changed_since_is_refused(method: str, client: APIClient) -> None:
    row = factories.make_usage(name="Emergency")
    address = f"/api/v1/pstn-usages/{row.pk}/"
    tag = client.get(address)["ETag"]
    client.patch(address, {"description": "Changed by somebody else"})

    answer = getattr(client, method)(address, {"name": "Mine"}, headers={"If-Match": tag})

    row.refresh_from_db()
    assert (answer.status_code, answer.json()["error"]["code"]) == (412, "precondition_failed")
    assert row.name == "Emergency"


@pytest.mark.parametrize(
    "header", ["{tag}", 'W/{tag}, "other"', "*"], ids=["same", "weak, in a list", "any"]
)
def test_write_to_the_version_that_was_read_is_done(header: str, client: APIClient) -> None:
    address = f"/api/v1/pstn-usages/{factories.make_usage().pk}/"
    tag = client.get(address)["ETag"]

    answer = client.patch(
        address, {"description": "New"}, headers={"If-Match": header.format(tag=tag)}
    )

    assert answer.status_code == 200
    assert answer["ETag"] == client.get(address)["ETag"] != tag


def test_new_secret_is_a_new_version_though_it_is_never_shown(client: APIClient) -> None:
    provider = factories.make_provider(password="old")
    address = f"/api/v1/service-providers/{provider.pk}/"
    read = client.get(address)

    written = client.patch(address, {"password": "new"})

    assert written.json() == read.json()
    assert "password" not in read.json()
    assert written["ETag"] != read["ETag"]
    assert ServiceProvider.objects.get().password == "new"


def test_child_added_elsewhere_is_a_new_version(client: APIClient) -> None:
    switch = factories.make_switch()
    address = f"/api/v1/switches/{switch.pk}/"
    tag = client.get(address)["ETag"]

    factories.make_chassis_id(switch=switch)

    assert client.get(address)["ETag"] != tag


# ---------------------------------------------------------------- audit


def test_change_is_recorded_with_who_and_through_which_door(client: APIClient, admin: User) -> None:
    row = factories.make_usage(name="Emergency")

    answer = client.patch(f"/api/v1/pstn-usages/{row.pk}/", {"description": "New"})

    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.via, event.request_id, event.before, event.after) == (
        "routing.pstnusage.updated",
        admin,
        "api",
        answer["X-Request-ID"],
        {"description": ""},
        {"description": "New"},
    )


def test_members_of_a_desk_are_recorded(client: APIClient, ny1: NetworkSite, la1: Any) -> None:
    desk = factories.make_desk(sites=[ny1])

    client.patch(f"/api/v1/security-desks/{desk.pk}/", {"sites": [la1.pk]})

    event = AuditEvent.objects.latest("pk")
    assert (event.before, event.after) == ({"sites": [ny1.pk]}, {"sites": [la1.pk]})


# ---------------------------------------------------------------- sites


def test_adding_at_a_site_that_one_may_not_change_names_the_field(
    ny_client: APIClient, la1: NetworkSite
) -> None:
    body = {"cidr": "10.9.0.0/16", "site": la1.pk}

    answer = ny_client.post("/api/v1/subnets/", body)

    message = f"You have no right to change network site {la1.pk}, if there is one."
    assert (answer.status_code, answer.json()["error"]["fields"]) == (
        403,
        [{"field": "site", "value": la1.pk, "message": message}],
    )
    assert not Subnet.objects.exists()


def test_site_that_one_may_not_change_cannot_be_told_from_one_that_is_not_there(
    ny_client: APIClient, la1: NetworkSite
) -> None:
    answers = [
        ny_client.post("/api/v1/subnets/", {"cidr": "10.9.0.0/16", "site": pk})
        for pk in (la1.pk, 999999)
    ]

    told = [
        answer.json()["error"]["message"].replace(str(pk), "N")
        for answer, pk in zip(answers, (la1.pk, 999999), strict=True)
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert told[0] == told[1]


def test_row_is_not_moved_to_a_site_that_one_may_not_change(
    ny_client: APIClient, ny1: NetworkSite, la1: NetworkSite
) -> None:
    subnet = factories.make_subnet(site=ny1)

    answer = ny_client.patch(f"/api/v1/subnets/{subnet.pk}/", {"site": la1.pk})

    subnet.refresh_from_db()
    assert (answer.status_code, subnet.site) == (403, ny1)


def test_row_without_a_site_is_not_for_who_has_rights_on_one(ny_client: APIClient) -> None:
    answer = ny_client.post("/api/v1/voice-users/", {"sip_uri": "sip:anna@example.com"})

    assert (answer.status_code, [f["field"] for f in answer.json()["error"]["fields"]]) == (
        403,
        ["home_site"],
    )
    assert actions() == []


def test_row_of_another_site_is_not_there_to_choose(
    ny_client: APIClient, ny1: NetworkSite, la1: NetworkSite
) -> None:
    erl = factories.make_erl(site=la1)
    body = {"cidr": "10.9.0.0/16", "site": ny1.pk, "erl": erl.pk}

    answer = ny_client.post("/api/v1/subnets/", body)

    assert (answer.status_code, [f["field"] for f in answer.json()["error"]["fields"]]) == (
        400,
        ["erl"],
    )


# ---------------------------------------------------------------- bulk


def test_list_is_added_in_one_go(client: APIClient, ny1: NetworkSite) -> None:
    rows = [{"cidr": f"10.1.{third}.0/24", "site": ny1.pk} for third in range(3)]

    answer = client.post("/api/v1/subnets/", rows)

    assert answer.status_code == 201
    assert [row["cidr"] for row in answer.json()] == [row["cidr"] for row in rows]
    assert actions() == ["locations.subnet.created"] * 3


def test_list_with_wrong_rows_adds_nothing_and_names_each(
    client: APIClient, ny1: NetworkSite
) -> None:
    rows = [
        {"cidr": "10.1.1.0/24", "site": ny1.pk},
        {"cidr": "10.1.1.7/24", "site": ny1.pk},
        {"cidr": "10.1.1.0/24", "site": ny1.pk},
        {"cidr": "10.1.2.0/24"},
        "10.1.3.0/24",
    ]

    answer = client.post("/api/v1/subnets/", rows)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "invalid")
    assert [(entry["index"], entry["field"], entry["value"]) for entry in error["fields"]] == [
        (1, "cidr", "10.1.1.7/24"),
        (2, "cidr", "10.1.1.0/24"),
        (3, "site", None),
        (4, None, "10.1.3.0/24"),
    ]
    assert "10.1.1.0/24" in error["fields"][0]["message"]
    assert error["fields"][1]["message"] == (
        "This network is mapped already. Edit that row instead."
    )
    assert (Subnet.objects.count(), actions()) == (0, [])


def test_list_with_a_row_for_a_foreign_site_is_forbidden(
    ny_client: APIClient, ny1: NetworkSite, la1: NetworkSite
) -> None:
    rows = [
        {"cidr": "10.1.1.0/24", "site": ny1.pk},
        {"cidr": "10.1.2.0/24", "site": la1.pk},
    ]

    answer = ny_client.post("/api/v1/subnets/", rows)

    fields = answer.json()["error"]["fields"]
    assert (answer.status_code, [(f["index"], f["field"]) for f in fields]) == (403, [(1, "site")])
    assert Subnet.objects.count() == 0


def test_list_that_is_too_long_is_refused(client: APIClient) -> None:
    answer = client.post("/api/v1/subnets/", [{}] * 1001)

    assert (answer.status_code, answer.json()["error"]["message"]) == (
        400,
        "1001 rows are too many. Send at most 1000.",
    )


# ---------------------------------------------------------------- reading lists


def test_list_comes_in_pages(client: APIClient) -> None:
    for _ in range(3):
        factories.make_usage()

    first = client.get("/api/v1/pstn-usages/", {"limit": 2}).json()
    second = client.get(first["next"]).json()

    assert (first["count"], len(first["results"]), len(second["results"])) == (3, 2, 1)


def test_limit_is_never_above_a_thousand(client: APIClient) -> None:
    PSTNUsage.objects.bulk_create(PSTNUsage(name=f"usage {n}") for n in range(1001))

    answer = client.get("/api/v1/pstn-usages/", {"limit": 5000}).json()

    assert (answer["count"], len(answer["results"])) == (1001, 1000)


def test_list_is_ordered_by_column(client: APIClient) -> None:
    for name in ("B", "A", "C"):
        factories.make_usage(name=name)

    answer = client.get("/api/v1/pstn-usages/", {"ordering": "-name"}).json()

    assert [row["name"] for row in answer["results"]] == ["C", "B", "A"]


def test_secret_is_no_column_to_order_by(client: APIClient) -> None:
    answer = client.get("/api/v1/service-providers/", {"ordering": "password"})

    assert answer.status_code == 400
