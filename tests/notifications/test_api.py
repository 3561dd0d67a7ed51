"""REST of calls and desks: delivery of events, what each desk sees, acknowledging."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from locations.models import NetworkSite
from notifications.models import Acknowledgement
from routing.models import CallEvent, EmergencyCall
from tests import factories
from tests.events import whole_call

pytestmark = pytest.mark.django_db

EVENTS = "/api/v1/call-events/"


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def node() -> APIClient:
    """A call path node, with the one right that it needs."""
    user = factories.make_user("node")
    user.user_permissions.add(Permission.objects.get(codename="add_callevent"))
    return client_of(user)


def test_events_are_taken_once_however_often_they_are_sent(
    node: APIClient, ny1: NetworkSite
) -> None:
    events = whole_call()

    first, second = node.post(EVENTS, events), node.post(EVENTS, events)

    assert (first.status_code, first.json()) == (
        200,
        {"recorded": len(events), "repeated": 0, "unreadable": 0},
    )
    assert second.json() == {"recorded": 0, "repeated": len(events), "unreadable": 0}
    assert (EmergencyCall.objects.count(), CallEvent.objects.count()) == (1, len(events))


@pytest.mark.parametrize(
    "body", [{"id": "1"}, [{}] * 1001], ids=["not a list", "more than a thousand"]
)
def test_delivery_that_is_no_list_of_events_is_refused(body: Any, node: APIClient) -> None:
    answer = node.post(EVENTS, body)

    assert (answer.status_code, answer.json()["error"]["message"]) == (
        400,
        "Send a list of at most 1000 events.",
    )


def test_events_are_delivered_with_the_right_only(ny_admin: User, auditor: User) -> None:
    answers = [client_of(user).post(EVENTS, whole_call()) for user in (ny_admin, auditor)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert not EmergencyCall.objects.exists()


def test_call_shows_its_time_line(node: APIClient, auditor: User, ny1: NetworkSite) -> None:
    events = whole_call()
    node.post(EVENTS, events)
    call = EmergencyCall.objects.get()

    shown = client_of(auditor).get(f"/api/v1/emergency-calls/{call.pk}/").json()

    assert (shown["call_ref"], shown["site_name"], shown["erl_name"]) == (
        "call-1",
        "NY1",
        "New York Wired",
    )
    assert [entry["event_id"] for entry in shown["events"]] == [entry["id"] for entry in events]


def test_officer_sees_the_calls_of_the_desk_and_no_others(
    desk_officer: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    mine, other = factories.make_call(site=ny1), factories.make_call(site=la1)
    for call in (mine, other):
        factories.make_call_event(call=call)
        factories.make_notification(call=call)
        Acknowledgement.objects.create(call=call, name="Bo")
    client = client_of(desk_officer)

    seen = {
        path: [
            row.get("call", row["id"]) for row in client.get(f"/api/v1/{path}/").json()["results"]
        ]
        for path in ("emergency-calls", "call-events", "notifications", "acknowledgements")
    }

    assert seen == {
        "emergency-calls": [mine.pk],
        "call-events": [mine.pk],
        "notifications": [mine.pk],
        "acknowledgements": [mine.pk],
    }


def test_event_without_a_call_is_for_who_may_see_all(auditor: User, desk_officer: User) -> None:
    CallEvent.objects.create(event_id="1", kind="gateway_down", at=factories.AT)

    counts = [client_of(user).get(EVENTS).json()["count"] for user in (auditor, desk_officer)]

    assert counts == [1, 0]


def test_officer_acknowledges_a_call_once(desk_officer: User, ny1: NetworkSite) -> None:
    call = factories.make_call(site=ny1)
    client = client_of(desk_officer)
    path = f"/api/v1/emergency-calls/{call.pk}/acknowledge/"

    first = client.post(path, {"name": "Bo", "note": "On my way"})
    second = client.post(path, {"name": "Al"})

    row = Acknowledgement.objects.get()
    assert (first.status_code, first.json()["name"], row.by) == (201, "Bo", desk_officer)
    assert (second.status_code, second.json()["error"]["message"]) == (
        409,
        "Bo acknowledged this call already.",
    )


@pytest.mark.parametrize(
    ("person", "status"), [("auditor", 404), ("stranger", 404), ("ny_admin", 201)]
)
def test_call_is_acknowledged_by_who_answers_for_it(
    person: str, status: int, ny1: NetworkSite, request: pytest.FixtureRequest
) -> None:
    call = factories.make_call(site=ny1)
    client = client_of(request.getfixturevalue(person))

    answer = client.post(f"/api/v1/emergency-calls/{call.pk}/acknowledge/", {"name": "Bo"})

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"site_name": "NY1"}, 1),
        ({"since": "2026-11-21T10:30:00Z"}, 2),
        ({"since": "2026-11-21T10:30:01Z"}, 0),
        ({"before": "2026-11-21T10:30:00Z"}, 0),
        ({"q": "anna"}, 2),
        ({"is_test": "true"}, 1),
    ],
    ids=str,
)
def test_call_is_found(query: dict[str, str], count: int, auditor: User, ny1: NetworkSite) -> None:
    factories.make_call(site=ny1)
    factories.make_call(is_test=True)

    assert client_of(auditor).get("/api/v1/emergency-calls/", query).json()["count"] == count


def test_channel_does_not_show_its_secret(admin: User) -> None:
    desk = factories.make_desk()
    body = {
        "desk": desk.pk,
        "transport": "webhook",
        "address": "https://hook.example/",
        "secret": "s3cret",
    }

    made = client_of(admin).post("/api/v1/channels/", body)

    assert (made.status_code, "secret" in made.json()) == (201, False)
    assert desk.channels.get().secret == "s3cret"
