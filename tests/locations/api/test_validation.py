"""REST of validation: a run is queued, a verdict is accepted, secrets stay inside."""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from e911portal.core.models import Job
from locations.models import AddressVerdict, ServiceProvider
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: User) -> APIClient:
    client = APIClient()
    client.force_login(admin)
    return client


def test_validation_is_queued_with_the_provider_of_record(client: APIClient, admin: User) -> None:
    provider = factories.make_provider(is_of_record=True)
    addresses = [factories.make_address().pk for _ in range(2)]

    answer = client.post("/api/v1/validation-runs/", {})

    run = answer.json()
    assert answer.status_code == 201
    assert (run["provider"], sorted(run["addresses"]), run["state"], run["total"]) == (
        provider.pk,
        addresses,
        "queued",
        2,
    )
    assert (run["created_by"], run["created_by_name"]) == (admin.pk, "admin")
    assert Job.objects.get().payload == {"run": run["id"]}


def test_validation_without_a_provider_says_what_to_do(client: APIClient) -> None:
    factories.make_address()

    answer = client.post("/api/v1/validation-runs/", {})

    assert (answer.status_code, answer.json()["error"]["message"]) == (
        400,
        "There is no active provider of record. Add the E9-1-1 service provider first.",
    )


def test_provider_of_a_run_is_chosen_by_id(client: APIClient) -> None:
    provider = factories.make_provider()
    address = factories.make_address()
    factories.make_address()

    run = client.post(
        "/api/v1/validation-runs/", {"provider": provider.pk, "addresses": [address.pk]}
    ).json()

    assert (run["provider_name"], run["addresses"]) == (provider.name, [address.pk])


def test_provider_shows_no_secret(client: APIClient) -> None:
    client.post(
        "/api/v1/service-providers/",
        {
            "name": "DASH",
            "url": "https://provider.example/",
            "username": "us",
            "password": "s3cret",
        },
    )

    shown = client.get("/api/v1/service-providers/").json()["results"][0]

    assert ServiceProvider.objects.get().password == "s3cret"
    assert sorted(shown) == [
        "connect_timeout_s",
        "dialect",
        "id",
        "is_active",
        "is_of_record",
        "name",
        "rate_per_second",
        "read_timeout_s",
        "url",
        "username",
    ]


def test_adjusted_form_is_accepted(client: APIClient) -> None:
    address = factories.make_address(rd="Ceder")
    verdict = factories.make_verdict(
        address=address,
        verdict=AddressVerdict.Verdict.ADJUSTED,
        standardized={"rd": "Cedar"},
    )

    answer = client.post(f"/api/v1/address-verdicts/{verdict.pk}/accept/", {})

    address.refresh_from_db()
    assert (answer.status_code, answer.json()["verdict"], address.rd) == (201, "valid", "Cedar")


def test_form_of_an_address_that_was_edited_since_is_not_accepted(client: APIClient) -> None:
    address = factories.make_address()
    verdict = factories.make_verdict(address=address)
    address.hno = "777"
    address.save()

    answer = client.post(f"/api/v1/address-verdicts/{verdict.pk}/accept/", {})

    assert (answer.status_code, answer.json()["error"]["message"]) == (
        400,
        "The address was edited since. Validate it again.",
    )


def test_verdict_is_not_accepted_by_who_may_only_look(auditor: User) -> None:
    client = APIClient()
    client.force_login(auditor)
    verdict = factories.make_verdict()

    answer = client.post(f"/api/v1/address-verdicts/{verdict.pk}/accept/", {})

    assert answer.status_code == 403
