"""The dispatcher's screen on the pages of an ERL."""

import pytest
from django.test import Client
from django.urls import reverse

from locations import publishing
from locations.models import ERL, CivicAddress, NetworkSite
from tests import factories

pytestmark = pytest.mark.django_db

LONG = "New York 3rd Floor Wireless"
CUT = (
    '<samp>NEW YORK 3RD FLOOR W<s class="cut"><span class="visually-hidden"> cut off: </span>'
    "IRELESS</s></samp>"
)


def test_page_of_a_location_shows_what_is_cut(admin_client: Client, ny1: NetworkSite) -> None:
    erl = factories.make_erl(site=ny1, loc=LONG, psap_text="")

    assert CUT in admin_client.get(erl.get_absolute_url()).content.decode()


def test_form_shows_what_is_cut_as_it_is_typed_and_saves_nothing(
    admin_client: Client, ny1: NetworkSite
) -> None:
    address = factories.make_address(rd="Cedar")
    typed = {"civic_address": address.pk, "loc": LONG, "name": "", "psap_text": ""}

    page = admin_client.get(reverse("locations:erl-create")).content.decode()
    shown = admin_client.post(reverse("locations:erl-display"), typed).content.decode()

    assert f'hx-post="{reverse("locations:erl-display")}"' in page
    assert CUT in shown
    assert "CEDAR" in shown
    assert not ERL.objects.exists()


@pytest.mark.parametrize("key", ["", "x", "0", "-1", "9" * 30, "²"])
def test_form_without_an_address_yet(admin_client: Client, key: str) -> None:
    typed = {"civic_address": key, "psap_text": "2ND FL"}

    answer = admin_client.post(reverse("locations:erl-display"), typed)

    assert answer.status_code == 200
    assert "<samp>2ND FL</samp>" in answer.content.decode()


def test_display_shows_nobody_an_address_that_is_not_theirs(client: Client, db: None) -> None:
    address = factories.make_address(rd="Secretive")
    client.force_login(factories.make_user())

    answer = client.post(reverse("locations:erl-display"), {"civic_address": address.pk})

    visible = CivicAddress.objects.visible_to(answer.wsgi_request.user).exists()
    assert ("SECRETIVE" in answer.content.decode()) is visible


def test_display_needs_a_login(client: Client) -> None:
    assert client.post(reverse("locations:erl-display")).status_code in (302, 303)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"psap_text": "", "loc": LONG}, [f"“NEW YORK 3RD FLOOR W” of “{LONG}”."]),
        ({"psap_text": "3RD FL WIRELESS", "loc": LONG}, []),
        ({"psap_text": "THIRD FLOOR, WIRELESS", "loc": "3"},
         ["“THIRD FLOOR, WIRELES” of “THIRD FLOOR, WIRELESS”."]),
    ],
    ids=["LOC", "display text helps", "display text"],
)  # fmt: skip
def test_what_is_cut_is_a_finding(
    ny1: NetworkSite, texts: dict[str, str], expected: list[str]
) -> None:
    factories.make_erl(site=ny1, **texts)

    found = [finding.message for finding in publishing.check() if finding.code == "LOC012"]

    assert found == [f"Many dispatchers would read only {text}" for text in expected]
