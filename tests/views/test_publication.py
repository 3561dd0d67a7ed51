"""Plan, publish, roll back and simulate, as a person does it."""

import hashlib
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from e911portal.core.models import Publication
from locations.models import Subnet
from tests import factories as make

pytestmark = pytest.mark.usefixtures("state")


def warnings(response: Any) -> list[str]:
    """Return the names of the warnings on a page."""
    return [
        entry["name"]
        for group in response.context["groups"]
        for entry in group["findings"]
        if group["severity"] == "warning"
    ]


def publish(browser: Client) -> Any:
    """Publish with every warning of the plan ticked."""
    names = warnings(browser.post(reverse("compare"), headers={"HX-Request": "true"}))
    return browser.post(reverse("publish"), {"acknowledged": names, "comment": "first"})


def test_plan_comes_in_two_steps(browser: Client, subnet: Subnet) -> None:
    page = browser.get(reverse("plan")).content.decode()
    part = browser.post(reverse("compare"), headers={"HX-Request": "true"}).content.decode()

    assert 'hx-trigger="load"' in page
    assert "10.1.1.0/24" in part
    assert "<html" not in part


def test_publishing_activates(browser: Client, subnet: Subnet, admin: User) -> None:
    response = publish(browser)

    made = Publication.objects.get()
    assert (response.status_code, response.url) == (303, reverse("publications"))
    assert (made.state, made.comment, made.created_by) == ("active", "first", admin)
    assert f"Publication {made.number}" in browser.get(reverse("home")).content.decode()


def test_warning_that_was_not_ticked_refuses(browser: Client, subnet: Subnet) -> None:
    unproven = make.make_erl(site=subnet.site)

    response = browser.post(reverse("publish"), {"comment": "x"})

    assert response.status_code == 422
    assert f"LOC001:{unproven.civic_address}" in warnings(response)
    assert 'value="x"' in response.content.decode()
    assert not Publication.objects.filter(state="active").exists()


def test_rollback_answers_from_the_earlier_one(browser: Client, subnet: Subnet) -> None:
    publish(browser)
    subnet.erl = None
    subnet.save()
    publish(browser)
    first = Publication.objects.earliest("number")

    response = browser.post(reverse("rollback", args=[first.number]))

    assert response.status_code == 303
    assert [row.state for row in Publication.objects.order_by("number")] == ["active", "superseded"]


def test_pages_of_publications_open(browser: Client, subnet: Subnet) -> None:
    publish(browser)
    number = Publication.objects.get().number

    assert browser.get(reverse("publications")).status_code == 200
    page = browser.get(reverse("publication", args=[number]))
    assert page.context["publication"].counts["subnet"] == 1


def test_auditor_reads_and_does_not_publish(client: Client, auditor: User, subnet: Subnet) -> None:
    client.force_login(auditor)

    assert client.post(reverse("compare"), follow=True).context["may_publish"] is False
    assert client.post(reverse("publish")).status_code == 404
    assert client.post(reverse("rollback", args=[1])).status_code == 404


@pytest.mark.parametrize("name", ["plan", "publications", "simulator"])
def test_site_admin_does_not_see_the_whole(name: str, client: Client, ny_admin: User) -> None:
    client.force_login(ny_admin)

    assert client.get(reverse(name)).status_code == 404


# ---------------------------------------------------------------- simulator


def ask(browser: Client, **question: str) -> Any:
    return browser.get(reverse("simulator"), question)


def test_simulator_answers_where_it_is(browser: Client, subnet: Subnet) -> None:
    publish(browser)

    response = ask(browser, ip="10.1.1.20")

    assert response.context["resolution"]["erl"]["name"] == "New York 1st Floor"
    assert "subnet 10.1.1.20 in 10.1.1.0/24: New York 1st Floor" in response.content.decode()


def test_simulator_answers_from_the_draft(browser: Client, subnet: Subnet) -> None:
    response = ask(browser, ip="10.1.1.20", against="draft")

    assert response.context["resolution"]["located"] is True


def test_simulator_places_a_call(browser: Client, subnet: Subnet) -> None:
    publish(browser)

    response = ask(browser, ip="10.1.1.20", dialled="911")

    decision = response.context["decision"]
    assert decision["emergency"] is True
    assert [reason for reason in decision["reasons"] if reason not in response_text(response)] == []


def response_text(response: Any) -> str:
    return unescape(response.content.decode())


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ({"ip": "10.1.1.20"}, "Nothing has been published yet. Ask the draft."),
        ({"against": "draft"}, "Give at least one clue"),
        ({"ip": "10.1.1.400", "against": "draft"}, "10.1.1.400"),
    ],
    ids=["nothing published", "no clue", "no address"],
)
def test_simulator_says_what_it_lacks(
    question: dict[str, str], error: str, browser: Client, subnet: Subnet
) -> None:
    assert error in ask(browser, **question).context["error"]


def test_publication_page_says_when_it_answered_and_gives_the_signed_file(
    browser: Client, subnet: Subnet
) -> None:
    publish(browser)
    made = Publication.objects.get()

    page = browser.get(reverse("publication", args=[made.number])).content.decode()

    assert made.signature in unescape(page)
    assert "Devices were answered from it since" in page
    url = reverse("api:publication-snapshot")
    assert f'href="{url}"' in page
    file = b"".join(browser.get(url).streaming_content)
    assert hashlib.sha256(file).hexdigest() == made.sha256


def test_publication_that_is_not_active_has_no_file_to_fetch(
    browser: Client, subnet: Subnet
) -> None:
    publish(browser)
    publish(browser)

    page = browser.get(reverse("publication", args=[1])).content.decode()

    assert reverse("api:publication-snapshot") not in page
