"""REST of routing: ordered usages and trunks, emergency numbers with their masks."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from routing.models import LocationPolicy, VoiceRoute
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: User) -> APIClient:
    client = APIClient()
    client.force_login(admin)
    return client


def fields(answer: Any) -> list[tuple[str, str]]:
    return [(entry["field"], entry["message"]) for entry in answer.json()["error"]["fields"]]


def test_route_keeps_its_usages_and_trunks_in_order(client: APIClient) -> None:
    usage = factories.make_usage(name="E911")
    provider, gateway, branch = (factories.make_trunk(name=n) for n in ("esp", "gw", "sbg"))

    answer = client.post(
        "/api/v1/voice-routes/",
        {
            "name": "E911(NY)",
            "usages": ["E911"],
            "trunks": ["sbg", provider.pk, "gw"],
        },
    )

    assert (answer.json()["usages"], answer.json()["trunks"]) == (["E911"], ["sbg", "esp", "gw"])
    route = VoiceRoute.objects.get()
    rows = route.route_trunks.order_by("position").values_list("trunk", "position")
    assert list(rows) == [(branch.pk, 0), (provider.pk, 1), (gateway.pk, 2)]
    assert list(route.usages.all()) == [usage]


def test_trunks_of_a_route_change_places(client: APIClient) -> None:
    esp, gateway = factories.make_trunk(name="esp"), factories.make_trunk(name="gw")
    route = factories.make_route(trunks=[esp, gateway])

    answer = client.patch(f"/api/v1/voice-routes/{route.pk}/", {"trunks": ["gw", "esp"]})

    assert answer.json()["trunks"] == ["gw", "esp"]
    assert client.get("/api/v1/voice-routes/", {"trunk": "esp"}).json()["count"] == 1


@pytest.mark.parametrize(
    ("trunks", "wrong"),
    [
        (["esp", "x"], ("trunks.1", "There is no trunk “x”. Give the name or id of one.")),
        (["esp", 0], ("trunks.1", "There is no trunk “0”. Give the name or id of one.")),
        (["esp", "esp"], ("trunks.1", "The route has this trunk already.")),
        ([True], ("trunks.0", "Give a name (text) or an id (number).")),
        ("esp", ("trunks", 'Expected a list of items but got type "str".')),
    ],
    ids=["unknown name", "unknown id", "twice", "truth value", "not a list"],
)
def test_wrong_trunk_is_named_by_its_place(
    trunks: Any, wrong: tuple[str, str], client: APIClient
) -> None:
    factories.make_trunk(name="esp")

    answer = client.post("/api/v1/voice-routes/", {"name": "r", "trunks": trunks})

    assert (answer.status_code, fields(answer)) == (400, [wrong])
    assert not VoiceRoute.objects.exists()


def test_voice_policy_keeps_its_usages_in_order(client: APIClient) -> None:
    for name in ("A", "B"):
        factories.make_usage(name=name)

    answer = client.post("/api/v1/voice-policies/", {"name": "All", "usages": ["B", "A"]})

    assert answer.json()["usages"] == ["B", "A"]


def test_policy_has_its_emergency_numbers_inside(client: APIClient) -> None:
    numbers = [
        {"dial_string": "911", "masks": ["9911", "912"]},
        {"dial_string": "112", "masks": []},
    ]

    answer = client.post("/api/v1/location-policies/", {"name": "NY", "emergency_numbers": numbers})

    assert (answer.status_code, answer.json()["emergency_numbers"]) == (201, numbers)


def test_masks_move_from_one_number_to_the_other(client: APIClient) -> None:
    policy = factories.make_location_policy(numbers={"911": ["9911"], "112": ["9112"]})
    swapped = [
        {"dial_string": "911", "masks": ["9112"]},
        {"dial_string": "112", "masks": ["9911"]},
    ]

    answer = client.patch(f"/api/v1/location-policies/{policy.pk}/", {"emergency_numbers": swapped})

    assert (answer.status_code, answer.json()["emergency_numbers"]) == (200, swapped)


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        ([{"dial_string": "9-1-1"}], "emergency_numbers.0.dial_string"),
        ([{"dial_string": "911", "masks": ["911"]}], "emergency_numbers.0.masks"),
        (
            [{"dial_string": "911", "masks": ["9911"]}, {"dial_string": "112", "masks": ["9911"]}],
            "emergency_numbers.1.masks",
        ),
        ([{"masks": ["9911"], "colour": "red"}], "emergency_numbers.0.colour"),
    ],
    ids=["no digits", "mask is the number", "mask taken", "unknown field"],
)
def test_wrong_emergency_number_is_named_by_its_place(
    numbers: Any, wrong: str, client: APIClient
) -> None:
    answer = client.post("/api/v1/location-policies/", {"name": "NY", "emergency_numbers": numbers})

    assert (answer.status_code, [field for field, _ in fields(answer)]) == (400, [wrong])
    assert not LocationPolicy.objects.exists()


def test_model_rule_of_a_policy_reaches_its_field(client: APIClient) -> None:
    answer = client.post(
        "/api/v1/location-policies/", {"name": "NY", "location_required": "disclaimer"}
    )

    assert fields(answer) == [
        ("disclaimer", "Write the text that is shown when the prompt is dismissed.")
    ]


def test_notification_uris_are_a_list(client: APIClient) -> None:
    uris = ["sip:desk@example.com", "sip:guard@example.com"]

    answer = client.post("/api/v1/location-policies/", {"name": "NY", "notification_uris": uris})

    assert answer.json()["notification_uris"] == uris
