"""Pages of the security desk."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from e911portal.calls import ingest
from e911portal.core.models import AuditEvent
from locations.domain.pidflo import Location, Point, for_held, forms
from locations.models import NetworkSite
from notifications.models import Acknowledgement, Notification
from routing.models import EmergencyCall
from tests import factories
from tests.events import decision, event, routed, whole_call

pytestmark = pytest.mark.django_db


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def refs(client: Client) -> list[str]:
    """The open calls of the desk page, in the order of their cards."""
    page = client.get(reverse("notifications:desk"))
    assert page.status_code == 200
    shown = [int(pk) for pk in re.findall(r'data-call="(\d+)"', page.content.decode())]
    calls = EmergencyCall.objects.in_bulk(shown)
    return [calls[pk].call_ref for pk in shown]


def now_routed(ref: str, minutes: float = 0, **values: Any) -> dict[str, Any]:
    at = timezone.now() - timedelta(minutes=minutes)
    return {**routed(ref=ref, **values), "at": at.isoformat()}


def acknowledge(client: Client, call: EmergencyCall, **values: str) -> Any:
    return client.post(
        reverse("notifications:acknowledge", args=[call.pk]),
        {"name": "Olga", "note": "going there", **values},
        headers={"Accept": "application/json"},
    )


def test_desk_shows_what_was_sent(desk_officer: User) -> None:
    ingest([routed(confidence="unvalidated")])

    html = logged_in(desk_officer).get(reverse("notifications:desk")).content.decode()
    html = html.replace("<wbr>", "")  # where a narrow card may break an address

    for text in (
        "+12125550100",
        "Anna Example",
        "12345 N Cedar Dr, New York, NY 98765",
        "New York Wired · Floor 3 · Room 301 · UnplugThePBX",
        "NOT validated: the address provider has not confirmed this address",
        "subnet-tagid:New York",
        "sip:+12125550199@example.com, the desk listens and speaks",
        ">05:30:00</time>",
        "2026-11-21 EST",
    ):
        assert text in html


def test_desk_does_not_show_a_guess_as_sure(desk_officer: User) -> None:
    location = {**decision()["location"], "tier": "last_known", "age_s": 730}
    ingest([routed(location=location)])

    html = logged_in(desk_officer).get(reverse("notifications:desk")).content.decode()

    assert "NOT of this moment: the phone was seen there 12 min before the call" in html
    assert "address validated: the address provider knows this address" in html
    assert 'class="call-sure text-orange"' in html
    assert 'class="call-sure text-green"' not in html


def test_desk_shows_coordinates_of_a_call_without_an_address(desk_officer: User) -> None:
    where = Location(point=Point(40.7, -74.0))
    now = timezone.now()
    document = for_held(
        forms(where), where.method, entity="pres:a@example.com", at=now, expires=now
    )
    ingest([routed(location={"located": True, "civic": None, "site": "NY1"}, pidf_lo=document)])

    html = logged_in(desk_officer).get(reverse("notifications:desk")).content.decode()

    assert "Coordinates 40.700000, -74.000000, no address" in html


def test_desk_puts_the_oldest_unacknowledged_call_first(desk_officer: User) -> None:
    ingest(
        [
            now_routed("new", 1),
            now_routed("old", 5),
            now_routed("seen", 9),
            now_routed("t", 7, test_call=True),
        ]
    )
    client = logged_in(desk_officer)
    acknowledge(client, EmergencyCall.objects.get(call_ref="seen"))

    assert refs(client) == ["old", "new", "seen", "t"]


def test_desk_keeps_a_call_until_it_is_acknowledged_and_over(desk_officer: User) -> None:
    client = logged_in(desk_officer)
    ingest(whole_call())
    assert refs(client) == ["call-1"]

    acknowledge(client, EmergencyCall.objects.get())

    assert refs(client) == []


def test_desk_lets_a_test_call_go_by_itself(desk_officer: User) -> None:
    client = logged_in(desk_officer)

    ingest([now_routed("fresh", 9, test_call=True), now_routed("stale", 11, test_call=True)])

    assert refs(client) == ["fresh"]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("admin", ["ny", "la", "nowhere"]),
        ("auditor", ["ny", "la", "nowhere"]),
        ("ny_admin", ["ny"]),
        ("desk_officer", ["ny", "nowhere"]),
        ("stranger", []),
    ],
)
def test_desk_shows_only_calls_in_sight(
    request: pytest.FixtureRequest,
    la1: NetworkSite,
    ny1: NetworkSite,
    who: str,
    expected: list[str],
) -> None:
    user = request.getfixturevalue(who)
    la = {"name": "LA", "site": "LA1", "civic": {}}
    ingest(
        [
            now_routed("ny", 3),
            now_routed("la", 2, location=la),
            {**event("call_answered", ref="nowhere"), "at": timezone.now().isoformat()},
        ]
    )

    assert refs(logged_in(user)) == expected


@pytest.mark.parametrize("subject", ["location_policy", "site", "erl"])
def test_desk_shows_calls_it_subscribed_to(
    la1: NetworkSite, ny1: NetworkSite, subject: str
) -> None:
    values = {
        "location_policy": lambda: factories.make_location_policy(name="New York"),
        "site": lambda: ny1,
        "erl": lambda: factories.make_erl(name="New York Wired", site=ny1),
    }
    user = factories.make_user("la_officer")
    desk = factories.make_desk(sites=[la1], members=[user])
    ingest([now_routed("ny")])
    assert refs(logged_in(user)) == []

    factories.make_subscription(desk=desk, **{subject: values[subject]()})

    assert refs(logged_in(user)) == ["ny"]


def test_desk_of_everything_shows_all_calls(la1: NetworkSite, ny1: NetworkSite) -> None:
    user = factories.make_user()
    factories.make_desk(members=[user])
    ingest([now_routed("ny"), now_routed("unmapped", location={"name": "E", "site": "Nowhere"})])

    assert sorted(refs(logged_in(user))) == ["ny", "unmapped"]


def test_desk_sends_who_is_not_logged_in_to_the_login(client: Client) -> None:
    response = client.get(reverse("notifications:desk"))

    assert (response.status_code, response.url) == (302, "/login/?next=/desk/")


def test_desk_needs_no_more_queries_for_more_calls(desk_officer: User) -> None:
    client = logged_in(desk_officer)
    counts = []
    for batch in (["a"], ["b", "c", "d"]):
        ingest([now_routed(ref) for ref in batch])
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("notifications:desk"))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_acknowledge_answers_with_the_new_card_and_leaves_an_audit_row(desk_officer: User) -> None:
    ingest([now_routed("a")])
    call = EmergencyCall.objects.get()

    response = acknowledge(logged_in(desk_officer), call)

    data = response.json()
    row = Acknowledgement.objects.get()
    audit = AuditEvent.objects.latest("pk")
    assert (response.status_code, data["open"], data["error"]) == (200, True, "")
    assert "data-sounds" not in data["html"]
    assert (row.name, row.note, row.by, row.desk) == (
        "Olga",
        "going there",
        desk_officer,
        desk_officer.security_desks.get(),
    )
    assert (audit.action, audit.actor) == ("routing.emergencycall.acknowledged", desk_officer)
    assert audit.after == {"name": "Olga", "note": "going there"}


def test_acknowledge_without_a_name_takes_the_persons(desk_officer: User) -> None:
    desk_officer.first_name, desk_officer.last_name = "Olga", "Officer"
    desk_officer.save()
    ingest([now_routed("a")])

    acknowledge(logged_in(desk_officer), EmergencyCall.objects.get(), name=" ")

    assert Acknowledgement.objects.get().name == "Olga Officer"


def test_acknowledge_twice_says_who_was_faster(desk_officer: User, admin: User) -> None:
    ingest([now_routed("a")])
    call = EmergencyCall.objects.get()
    acknowledge(logged_in(admin), call, name="Ada")

    response = acknowledge(logged_in(desk_officer), call)

    assert response.status_code == 409
    assert response.json()["error"] == "Ada acknowledged this call already."
    assert Acknowledgement.objects.count() == 1


def test_acknowledge_refuses_a_note_that_is_too_long(desk_officer: User) -> None:
    ingest([now_routed("a")])

    response = acknowledge(logged_in(desk_officer), EmergencyCall.objects.get(), note="x" * 501)

    assert response.status_code == 422
    assert "500" in response.json()["error"]
    assert not Acknowledgement.objects.exists()


def test_acknowledge_without_scripts_goes_back_to_the_desk(desk_officer: User) -> None:
    ingest([now_routed("a")])
    url = reverse("notifications:acknowledge", args=[EmergencyCall.objects.get().pk])

    response = logged_in(desk_officer).post(url, {"name": "Olga", "note": ""})

    assert (response.status_code, response.url) == (302, "/desk/")


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 200), ("desk_officer", 200), ("ny_admin", 200), ("auditor", 404), ("stranger", 404)],
)
def test_acknowledge_is_for_who_answers_for_the_call(
    request: pytest.FixtureRequest, ny1: NetworkSite, who: str, status: int
) -> None:
    user = request.getfixturevalue(who)
    ingest([now_routed("a")])

    assert acknowledge(logged_in(user), EmergencyCall.objects.get()).status_code == status


def test_acknowledge_needs_a_post(desk_officer: User) -> None:
    ingest([now_routed("a")])
    url = reverse("notifications:acknowledge", args=[EmergencyCall.objects.get().pk])

    assert logged_in(desk_officer).get(url).status_code == 405


def test_call_page_shows_who_was_told_and_what_happened(desk_officer: User) -> None:
    ingest(whole_call())

    html = (
        logged_in(desk_officer)
        .get(reverse("notifications:desk-call", args=[EmergencyCall.objects.get().pk]))
        .content.decode()
    )

    for text in (
        "sip:security@example.com",
        "Answered",
        "provider-a: 503",
        "usage E911(NY)",
        ">05:30:04.000<",
    ):
        assert text in html


def test_call_that_left_without_its_location_says_so(desk_officer: User) -> None:
    targets = [{"id": "provider-a", "send_pidf": 1}, {"id": "local-gw", "send_pidf": 0}]
    ingest([now_routed("a", targets=targets, location={"located": True, "site": "NY1"})])
    ingest([event("call_ringing", ref="a", target="provider-a")])
    page = reverse("notifications:desk-call", args=[EmergencyCall.objects.get().pk])
    client = logged_in(desk_officer)
    warning = "Left by local-gw without location"

    assert warning not in client.get(page).content.decode()

    ingest([event("call_answered", ref="a", second=1, target="local-gw")])
    ingest([event("call_ended", ref="a", second=2, target="local-gw", ended_by="callee")])
    ingest([event("desk_notified", ref="a", second=3, desk="sip:security@example.com")])
    html = client.get(page).content.decode()

    assert warning in html
    assert "Ended by the other side" in html
    assert "Desk has the instant message" in html


def test_call_page_says_who_sent_the_message(desk_officer: User) -> None:
    ingest(whole_call(notify=["sip:a@example.com", "sip:b@example.com", "sip:c@example.com"]))
    ingest([event("desk_notified", second=3, desk="sip:a@example.com", code=200)])
    Notification.objects.filter(address="sip:b@example.com").update(attempts=2, state="delivered")
    page = reverse("notifications:desk-call", args=[EmergencyCall.objects.get().pk])

    html = logged_in(desk_officer).get(page).content.decode()

    rows = [row for row in html.split("<tr>") if "@example.com</span>" in row]
    shown = r'<td data-label="(?:Attempts|When)">([^<]*)</td>'
    assert [re.findall(shown, row) for row in rows] == [
        ["by the SIP edge", "05:30:03"],
        ["2 by the portal", ""],
        ["none yet", ""],
    ]


@pytest.mark.parametrize(
    ("who", "status"), [("admin", 200), ("auditor", 200), ("ny_admin", 200), ("stranger", 404)]
)
def test_call_page_is_for_who_sees_the_call(
    request: pytest.FixtureRequest, ny1: NetworkSite, who: str, status: int
) -> None:
    user = request.getfixturevalue(who)
    ingest([now_routed("a")])
    url = reverse("notifications:desk-call", args=[EmergencyCall.objects.get().pk])

    assert logged_in(user).get(url).status_code == status


def test_card_escapes_what_a_caller_sends(desk_officer: User) -> None:
    evil = now_routed("a", callback_number="<script>alert(1)</script>")
    ingest([evil])

    response = acknowledge(logged_in(desk_officer), EmergencyCall.objects.get())

    assert "<script>" not in json.dumps(response.json())
