"""Several reported elements are mapped to one place in one go, or none of them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from locations.models import (
    BSSID,
    ERL,
    NetworkSite,
    SeenElement,
    Subnet,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)
from tests import factories as make
from tests.locations.views.test_seen import CHASSIS, RADIO, listed, saw

URL = "locations:seen-together"


@pytest.fixture
def floor(ny1: NetworkSite) -> ERL:
    return make.make_erl(site=ny1, name="New York 1st Floor")


def together(browser: Client, *elements: SeenElement, **values: Any) -> Any:
    return browser.post(reverse(URL), {"row": [element.pk for element in elements], **values})


def test_elements_of_every_kind_are_mapped_at_once(
    browser: Client, ny1: NetworkSite, floor: ERL
) -> None:
    seen = [
        saw("port", CHASSIS, port="7", site=ny1),
        saw("port", CHASSIS, port="8", site=ny1),
        saw("chassis", CHASSIS, site=ny1),
        saw("bssid", RADIO, site=ny1),
        saw("subnet", "10.9.1.0/24", site=ny1),
    ]

    response = together(browser, *seen, erl=floor.pk)

    assert (response.status_code, response.url) == (303, reverse("locations:seen"))
    assert list(SwitchPort.objects.values_list("port_id", "erl")) == [
        ("7", floor.pk), ("8", floor.pk),
    ]  # fmt: skip
    assert Switch.objects.get().erl == WirelessAccessPoint.objects.get().erl == floor
    assert Subnet.objects.get().erl == floor
    assert listed(browser) == []


def test_radios_of_one_access_point(browser: Client, ny1: NetworkSite, floor: ERL) -> None:
    known = make.make_access_point(site=ny1, erl=floor)
    radios = [saw("bssid", RADIO), saw("bssid", "00-19-5b-7f-77-1d")]

    together(browser, *radios, erl=floor.pk, access_point=known.pk)

    assert set(BSSID.objects.filter(access_point=known).values_list("value", flat=True)) >= {
        RADIO, "00-19-5b-7f-77-1d",
    }  # fmt: skip
    assert WirelessAccessPoint.objects.count() == 1


def test_site_that_nobody_knows_is_asked_for_and_nothing_is_saved(
    browser: Client, ny1: NetworkSite, floor: ERL
) -> None:
    seen = [saw("subnet", "10.9.1.0/24", site=ny1), saw("subnet", "10.9.2.0/24")]

    response = together(browser, *seen, erl=floor.pk)

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "site": ["Nobody knows the site of 10.9.2.0/24. Choose it."]
    }
    assert Subnet.objects.count() == 0
    assert together(browser, *seen, erl=floor.pk, site=ny1.pk).status_code == 303


def test_one_that_cannot_be_mapped_keeps_all_from_it(
    client: Client, ny_admin: User, ny1: NetworkSite, la1: NetworkSite, floor: ERL
) -> None:
    client.force_login(ny_admin)
    make.make_switch(site=la1, chassis_ids=[CHASSIS])
    seen = [saw("bssid", RADIO, site=ny1, count=9), saw("port", CHASSIS, port="7", site=ny1)]

    response = together(client, *seen, erl=floor.pk)

    assert response.status_code == 422
    assert f"{CHASSIS} / 7: You may not change" in response.content.decode()
    assert not WirelessAccessPoint.objects.exists()


def test_nothing_ticked_says_so(browser: Client) -> None:
    response = browser.get(reverse(URL), follow=True)

    assert "Tick what is to be mapped" in response.content.decode()


def test_elements_of_others_are_not_there(client: Client, auditor: User, floor: ERL) -> None:
    client.force_login(auditor)
    element = saw("bssid", RADIO)

    assert together(client, element, erl=floor.pk).status_code == 303
    assert not BSSID.objects.exists()
