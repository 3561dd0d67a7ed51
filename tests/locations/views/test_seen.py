"""What devices reported and nobody has mapped: listed, mapped in one go, ignored."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from e911portal.core.models import AuditEvent
from locations.models import (
    BSSID,
    NetworkSite,
    SeenElement,
    Subnet,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)
from tests import factories as make

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
CHASSIS = "3c-4a-92-30-ec-00"
RADIO = "00-19-5b-7f-77-0d"


def saw(kind: str, key: str, **values: Any) -> SeenElement:
    values = {"count": 3, "first_seen_at": AT, "last_seen_at": AT, **values}
    return SeenElement.objects.create(kind=kind, key=key, **values)


def listed(browser: Client, **query: Any) -> list[str]:
    page = browser.get(reverse("locations:seen"), query, headers={"HX-Request": "true"})
    return [str(element) for element in page.context["elements"]]


def locate(browser: Client, element: SeenElement, **values: Any) -> Any:
    return browser.post(reverse("locations:seen-locate", args=[element.pk]), values)


def fields(browser: Client, element: SeenElement) -> list[str]:
    page = browser.get(reverse("locations:seen-locate", args=[element.pk]))
    return list(page.context["form"].fields)


# ---------------------------------------------------------------- the list


def test_most_reported_comes_first_and_site_filters(
    browser: Client, ny1: NetworkSite, la1: NetworkSite
) -> None:
    saw("bssid", RADIO, site=ny1, count=2)
    saw("subnet", "10.9.1.0/24", site=la1, count=900)

    assert listed(browser) == ["10.9.1.0/24", RADIO]
    assert listed(browser, site=ny1.pk) == [RADIO]
    assert listed(browser, kind="subnet") == ["10.9.1.0/24"]


def test_list_needs_as_many_queries_for_three_as_for_one(
    browser: Client, ny1: NetworkSite, django_assert_num_queries: Any
) -> None:
    saw("bssid", RADIO, site=ny1)
    listed(browser)

    for number in range(2):
        with django_assert_num_queries(8):
            listed(browser)
        saw("chassis", f"3c-4a-92-30-ec-1{number}", site=ny1)
        saw("chassis", f"3c-4a-92-30-ec-2{number}", site=ny1)


def test_ignored_element_is_listed_on_request(browser: Client, admin: User) -> None:
    element = saw("bssid", RADIO)

    browser.post(reverse("locations:seen-ignore", args=[element.pk]))

    assert listed(browser) == []
    assert listed(browser, ignored="on") == [RADIO]
    assert AuditEvent.objects.of(element).get().actor == admin
    browser.post(reverse("locations:seen-ignore", args=[element.pk]))
    assert listed(browser) == [RADIO]


# ---------------------------------------------------------------- map it


def test_port_of_an_unknown_switch_brings_the_switch(browser: Client, ny1: NetworkSite) -> None:
    erl = make.make_erl(site=ny1)
    element = saw("port", CHASSIS, port="gigabitethernet1/0/1", site=ny1)

    assert fields(browser, element) == ["site", "name", "erl"]
    response = locate(browser, element, site=ny1.pk, name="ny-sw-1", erl=erl.pk)

    port = SwitchPort.objects.get()
    assert (response.status_code, response.url) == (303, reverse("locations:seen"))
    assert (port.switch.name, port.switch.site, port.erl) == ("ny-sw-1", ny1, erl)
    assert [row.value for row in port.switch.chassis_ids.all()] == [CHASSIS]
    assert listed(browser) == []


def test_port_of_a_known_switch_asks_for_the_place_only(browser: Client, ny1: NetworkSite) -> None:
    switch = make.make_switch(site=ny1, chassis_ids=[CHASSIS])
    erl = make.make_erl(site=ny1)
    element = saw("port", CHASSIS, port="7")

    assert fields(browser, element) == ["erl"]
    locate(browser, element, erl=erl.pk)

    assert SwitchPort.objects.get().switch == switch


def test_known_port_without_a_place_gets_one(browser: Client, ny1: NetworkSite) -> None:
    switch = make.make_switch(site=ny1, chassis_ids=[CHASSIS])
    port = make.make_port(switch=switch, port_id="Gi1/0/1")
    erl = make.make_erl(site=ny1)
    element = saw("port", CHASSIS, port="gigabitethernet1/0/1")

    locate(browser, element, erl=erl.pk)

    port.refresh_from_db()
    assert (port.erl, port.port_id) == (erl, "Gi1/0/1")


def test_switch_is_added_with_its_chassis(browser: Client, ny1: NetworkSite) -> None:
    erl = make.make_erl(site=ny1)

    locate(browser, saw("chassis", CHASSIS), site=ny1.pk, name="ny-sw-1", erl=erl.pk)

    assert Switch.objects.get(chassis_ids__value=CHASSIS).erl == erl


def test_bssid_goes_to_a_new_access_point_or_a_chosen_one(
    browser: Client, ny1: NetworkSite
) -> None:
    erl = make.make_erl(site=ny1)
    first, second = saw("bssid", RADIO), saw("bssid", "00-19-5b-7f-77-1d")

    locate(browser, first, site=ny1.pk, name="ny-ap-1", erl=erl.pk)
    point = WirelessAccessPoint.objects.get()
    locate(browser, second, access_point=point.pk, erl=erl.pk)

    assert {row.value for row in point.bssids.all()} == {first.key, second.key}
    assert (point.name, point.erl, BSSID.objects.count()) == ("ny-ap-1", erl, 2)


def test_new_access_point_needs_a_name(browser: Client, ny1: NetworkSite) -> None:
    erl = make.make_erl(site=ny1)

    response = locate(browser, saw("bssid", RADIO), name="", erl=erl.pk)

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"name", "site"}


def test_subnet_is_mapped(browser: Client, ny1: NetworkSite) -> None:
    erl = make.make_erl(site=ny1)

    locate(browser, saw("subnet", "10.1.1.0/24"), site=ny1.pk, erl=erl.pk)

    assert Subnet.objects.get().erl == erl


def test_taken_name_is_shown_at_its_field(browser: Client, ny1: NetworkSite) -> None:
    make.make_switch(name="ny-sw-1", site=ny1)
    erl = make.make_erl(site=ny1)

    response = locate(browser, saw("chassis", CHASSIS), site=ny1.pk, name="ny-sw-1", erl=erl.pk)

    assert set(response.context["form"].errors) == {"name"}


# ---------------------------------------------------------------- rights


def test_site_admin_maps_on_the_own_site_only(
    client: Client, ny_admin: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    client.force_login(ny_admin)
    mine, other = saw("chassis", CHASSIS, site=ny1), saw("chassis", "3c-4a-92-30-ec-99", site=la1)
    erl = make.make_erl(site=ny1)

    assert listed(client) == [CHASSIS]
    assert locate(client, other, site=ny1.pk, name="x", erl=erl.pk).status_code == 404
    assert locate(client, mine, site=ny1.pk, name="x", erl=erl.pk).status_code == 303


def test_switch_of_another_site_is_out_of_reach(
    client: Client, ny_admin: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    client.force_login(ny_admin)
    make.make_switch(site=la1, chassis_ids=[CHASSIS])
    element = saw("port", CHASSIS, port="7", site=ny1)

    response = locate(client, element, erl=make.make_erl(site=ny1).pk)

    assert response.status_code == 422
    assert SwitchPort.objects.count() == 0


def test_auditor_sees_and_maps_nothing(client: Client, auditor: User) -> None:
    client.force_login(auditor)
    element = saw("bssid", RADIO)

    page = client.get(reverse("locations:seen"))
    assert "Map it" not in page.content.decode()
    url = reverse("locations:seen-locate", args=[element.pk])
    assert (client.get(url).status_code, client.post(url).status_code) == (404, 404)
    assert client.post(reverse("locations:seen-ignore", args=[element.pk])).status_code == 404


@pytest.mark.parametrize("who", ["desk_officer", "stranger"])
@pytest.mark.parametrize("name", ["seen", "coverage", "orphans"])
def test_without_a_site_there_is_no_upkeep(
    name: str, who: str, client: Client, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))

    assert client.get(reverse(f"locations:{name}")).status_code == 404
