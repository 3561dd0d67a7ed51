"""The one form of every error."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.test import override_settings
from rest_framework.exceptions import ErrorDetail, PermissionDenied
from rest_framework.test import APIClient

from e911portal.api import router
from e911portal.core.api.errors import exception_handler
from e911portal.core.api.filters import KeyFilter
from locations.models import NetworkSite
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: User) -> APIClient:
    client = APIClient()
    client.force_login(admin)
    return client


def shown(answer: Any) -> tuple[int, str, str, list[dict[str, Any]]]:
    error = answer.json()["error"]
    assert error["request_id"] == answer["X-Request-ID"]
    return answer.status_code, error["code"], error["message"], error["fields"]


def test_value_that_the_model_refuses_is_named_with_its_remedy(
    client: APIClient, ny1: NetworkSite
) -> None:
    answer = client.post("/api/v1/subnets/", {"cidr": "10.1.1.7/24", "site": ny1.pk})

    message = answer.json()["error"]["message"]
    assert "10.1.1.0/24" in message
    assert shown(answer) == (
        400,
        "invalid",
        message,
        [{"field": "cidr", "value": "10.1.1.7/24", "message": message}],
    )


def test_several_wrong_values_are_all_named(client: APIClient) -> None:
    answer = client.post("/api/v1/subnets/", {"excluded": "maybe", "colour": "red", "site": 0})

    assert [entry["field"] for entry in answer.json()["error"]["fields"]] == ["colour"]

    answer = client.post("/api/v1/subnets/", {"excluded": "maybe", "site": 0})

    assert shown(answer) == (
        400,
        "invalid",
        "3 values were refused. Each is listed with what to do.",
        [
            {"field": "cidr", "value": None, "message": "This field is required."},
            {
                "field": "site",
                "value": 0,
                "message": "There is no such object, or you have no right to it. Give another id.",
            },
            {"field": "excluded", "value": "maybe", "message": "Must be a valid boolean."},
        ],
    )


def test_rule_about_the_whole_row_has_no_field(client: APIClient, ny1: NetworkSite) -> None:
    erl = factories.make_erl(site=ny1)
    body = {"cidr": "10.1.1.0/24", "site": ny1.pk, "erl": erl.pk, "excluded": True}

    answer = client.post("/api/v1/subnets/", body)

    message = "An excluded subnet never gives a location. Clear the ERL, or the exclusion."
    assert shown(answer) == (
        400,
        "invalid",
        message,
        [{"field": None, "value": None, "message": message}],
    )


def test_secret_is_not_repeated_in_an_error(client: APIClient) -> None:
    answer = client.post("/api/v1/service-providers/", {"name": "x", "password": ["s3cret"]})

    assert [(entry["field"], entry["value"]) for entry in answer.json()["error"]["fields"]] == [
        ("password", None)
    ]
    assert "s3cret" not in answer.content.decode()


def test_row_that_is_used_is_not_deleted_and_its_users_are_named(
    client: APIClient, ny1: NetworkSite
) -> None:
    subnet = factories.make_subnet(site=ny1, cidr="10.1.1.0/24")

    answer = client.delete(f"/api/v1/network-sites/{ny1.pk}/")

    assert shown(answer) == (
        409,
        "in_use",
        "Still used by 10.1.1.0/24. Change or delete those first.",
        [{"field": "locations.subnet", "value": subnet.pk, "message": "10.1.1.0/24"}],
    )
    assert NetworkSite.objects.filter(pk=ny1.pk).exists()


def test_users_of_a_row_that_one_may_not_see_are_not_named(
    ny_admin: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    erl = factories.make_erl(site=ny1)
    factories.make_subnet(site=la1, erl=erl)
    client = APIClient()
    client.force_login(ny_admin)

    answer = client.delete(f"/api/v1/erls/{erl.pk}/")

    assert shown(answer) == (
        409,
        "in_use",
        "Still used by rows that you may not see. Change or delete those first.",
        [],
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("get", "/api/v1/subnets/999999/", None, 404, "not_found"),
        ("get", "/api/v1/nothing/", None, 404, "not_found"),
        ("post", "/api/v1/nothing/here", {}, 404, "not_found"),
        ("put", "/api/v1/jobs/", {}, 405, "method_not_allowed"),
        ("post", "/api/v1/subnets/", "{", 400, "parse_error"),
        ("get", "/api/v1/subnets/?sight=1", None, 400, "invalid"),
        ("get", "/api/v1/subnets/?ordering=colour", None, 400, "invalid"),
        ("get", "/api/v1/subnets/?site=NY1", None, 400, "invalid"),
    ],
)
def test_error_of_every_kind_is_in_the_envelope(
    method: str, path: str, body: Any, status: int, code: str, client: APIClient
) -> None:
    kind = {"content_type": "application/json"} if isinstance(body, str) else {}

    answer = getattr(client, method)(path, body, **kind)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert sorted(answer.json()["error"]) == ["code", "fields", "message", "request_id"]


def test_form_is_not_taken_for_json(client: APIClient) -> None:
    answer = client.post("/api/v1/pstn-usages/", {"name": "x"}, format="multipart")

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


def test_integrity_error_is_a_conflict() -> None:
    answer = exception_handler(IntegrityError("UNIQUE constraint failed"), {})

    assert (answer.status_code, answer.data["error"]["code"]) == (409, "conflict")
    assert "UNIQUE" not in answer.data["error"]["message"]


def test_unforeseen_error_tells_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    answer = exception_handler(RuntimeError("secret path /srv/x"), {})

    assert (answer.status_code, answer.data["error"]["code"]) == (500, "server_error")
    assert "secret" not in str(answer.data)
    assert "secret path /srv/x" in caplog.text


def test_missing_resource_is_hidden_from_nobody_in_particular() -> None:
    assert APIClient().get("/api/v1/nothing/").status_code == 401


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10)
def test_body_that_is_too_large_is_said_to_be_so(client: APIClient) -> None:
    answer = client.post("/api/v1/call-events/", [{"id": "1"}, {"id": "2"}])

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_error_detail_keeps_the_code_of_its_exception() -> None:
    answer = exception_handler(PermissionDenied(ErrorDetail("No.", code="special")), {})

    assert answer.data["error"]["code"] == "special"


def test_json_that_is_nested_too_deeply_is_refused(client: APIClient) -> None:
    answer = client.post("/api/v1/subnets/", "[" * 100_000, content_type="application/json")

    assert shown(answer) == (400, "parse_error", "The JSON is nested too deeply.", [])


KEYS = [
    (prefix, name)
    for prefix, viewset, _ in router.registry
    for name, found in viewset.filterset_class.base_filters.items()
    if isinstance(found, KeyFilter)
]


@pytest.mark.parametrize(
    ("value", "status"),
    [("9223372036854775807", 200), ("9223372036854775808", 400), ("-1", 400), ("1.5", 400)],
)
@pytest.mark.parametrize(("resource", "name"), KEYS, ids=[" ".join(key) for key in KEYS])
def test_key_that_no_row_can_have_is_named_or_finds_nothing(
    resource: str, name: str, value: str, status: int, admin: User
) -> None:
    client = APIClient()
    client.force_login(admin)

    answer = client.get(f"/api/v1/{resource}/", {name: value})

    named = [entry["field"] for entry in answer.json().get("error", {}).get("fields", [])]
    assert (answer.status_code, answer.json().get("count", 0)) == (status, 0)
    assert named == ([name] if status == 400 else [])
