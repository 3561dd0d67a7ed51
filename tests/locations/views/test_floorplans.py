"""Floor plans: the picture, and what is marked on it."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from e911portal.core.models import AuditEvent
from locations.models import FloorPlan, FloorPlanMark, NetworkSite
from tests import factories as make
from tests.core.api_cases import make_mark, make_plan


@pytest.fixture
def browser(client: Client, ny_admin: User) -> Client:
    client.force_login(ny_admin)
    return client


@pytest.fixture
def plan(ny1: NetworkSite) -> FloorPlan:
    return make_plan(ny1)


def add(client: Client, plan: FloorPlan, points: Any, **marked: Any) -> Any:
    url = reverse("locations:add-mark", args=[plan.pk])
    return client.post(url, {**marked, "points": json.dumps(points)})


def test_picture_is_shown_to_who_may_see_the_plan(browser: Client, plan: FloorPlan) -> None:
    response = browser.get(reverse("locations:floorplan-image", args=[plan.pk]))

    assert b"".join(response.streaming_content)[:4] == b"\x89PNG"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_picture_is_hidden_from_others(
    client: Client, ny_admin: User, la1: NetworkSite, stranger: User
) -> None:
    url = reverse("locations:floorplan-image", args=[make_plan(la1).pk])
    seen = []

    for user in (ny_admin, stranger):
        client.force_login(user)
        seen.append(client.get(url).status_code)

    assert seen == [404, 404]
    assert Client().get(url).status_code == 302


@pytest.mark.parametrize("kind", ["erl", "port", "access_point"])
def test_thing_of_the_site_is_marked(
    kind: str, browser: Client, plan: FloorPlan, ny1: NetworkSite
) -> None:
    thing = {
        "erl": lambda: make.make_erl(site=ny1),
        "port": lambda: make.make_port(switch=make.make_switch(site=ny1)),
        "access_point": lambda: make.make_access_point(site=ny1),
    }[kind]()

    response = add(browser, plan, [[2, 1]], **{kind: thing.pk})

    mark = FloorPlanMark.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": mark.pk,
        "kind": kind,
        "label": str(thing),
        "url": thing.get_absolute_url(),
        "points": [[2, 1]],
    }
    assert AuditEvent.objects.of(mark).get().action == "locations.floorplanmark.created"


def test_thing_of_another_site_is_refused(
    browser: Client, plan: FloorPlan, la1: NetworkSite
) -> None:
    response = add(browser, plan, [[2, 1]], erl=make.make_erl(site=la1).pk)

    assert response.status_code == 422
    assert list(response.json()["error"]) == ["erl"]


def test_two_points_are_neither_pin_nor_outline(
    browser: Client, plan: FloorPlan, ny1: NetworkSite
) -> None:
    response = add(browser, plan, [[0, 0], [1, 1]], erl=make.make_erl(site=ny1).pk)

    assert response.status_code == 422
    assert list(response.json()["error"]) == ["points"]


def test_mark_is_moved_and_keeps_what_it_marks(browser: Client, ny1: NetworkSite) -> None:
    mark = make_mark(ny1)
    url = reverse("locations:change-mark", args=[mark.plan_id, mark.pk])

    response = browser.post(url, {"points": "[[3, 2]]"})

    moved = FloorPlanMark.objects.get()
    assert response.status_code == 200
    assert (moved.points, moved.erl) == ([[3, 2]], mark.erl)


def test_mark_is_taken_off(browser: Client, ny1: NetworkSite) -> None:
    mark = make_mark(ny1)

    response = browser.delete(reverse("locations:change-mark", args=[mark.plan_id, mark.pk]))

    assert response.status_code == 204
    assert FloorPlanMark.objects.count() == 0


def test_auditor_sees_the_plan_and_marks_nothing(
    client: Client, auditor: User, ny1: NetworkSite
) -> None:
    mark = make_mark(ny1)
    client.force_login(auditor)

    page = client.get(mark.plan.get_absolute_url())

    assert [entry["id"] for entry in page.context["marks"]] == [mark.pk]
    assert "data-editable" not in page.content.decode()
    assert add(client, mark.plan, [[0, 0]], erl=mark.erl_id).status_code == 404
    url = reverse("locations:change-mark", args=[mark.plan_id, mark.pk])
    assert client.delete(url).status_code == 404
