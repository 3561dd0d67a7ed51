"""A form that was open while somebody else saved the same row does not undo that quietly."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from e911portal.core import audit
from e911portal.core.crud import Role
from locations.models import NetworkSite, Subnet, Switch
from tests import factories as make
from tests.core.pages import VIEWS

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Client, ny_admin: User) -> Client:
    client.force_login(ny_admin)
    return client


def hidden(page: bytes) -> str:
    found = re.search(r'name="_version" value="(\w+)"', page.decode())
    assert found
    return found[1]


def test_row_changed_meanwhile_is_not_overwritten_unseen(
    browser: Client, admin: User, ny1: NetworkSite
) -> None:
    subnet = make.make_subnet(site=ny1, cidr="10.1.1.0/24")
    url = VIEWS["subnets"].url(Role.UPDATE, subnet)
    opened = hidden(browser.get(url).content)
    subnet.description = "Theirs"
    audit.update(subnet, by=admin)
    values = {"cidr": "10.1.1.0/24", "site": ny1.pk, "description": "Mine"}

    first = browser.post(url, {**values, "_version": opened})

    assert first.status_code == 409
    page = first.content.decode()
    assert "admin changed this while your form was open" in page
    assert "Mine" in page
    assert Subnet.objects.get().description == "Theirs"

    again = browser.post(url, {**values, "_version": hidden(first.content)})

    assert again.status_code == 303
    assert Subnet.objects.get().description == "Mine"


def test_inline_row_changed_meanwhile_counts_too(
    browser: Client, admin: User, ny1: NetworkSite
) -> None:
    switch = make.make_switch(site=ny1, name="sw1", chassis_ids=["3c-4a-92-30-ec-00"])
    url = VIEWS["switches"].url(Role.UPDATE, switch)
    opened = hidden(browser.get(url).content)
    chassis = switch.chassis_ids.get()
    chassis.value = "3c-4a-92-30-ec-01"
    audit.update(chassis, by=admin)

    values = {"name": "sw2", "site": ny1.pk, "_version": opened}
    values |= {"chassisid-TOTAL_FORMS": 0, "chassisid-INITIAL_FORMS": 0}

    assert browser.post(url, values).status_code == 409
    assert Switch.objects.get().name == "sw1"


def test_row_that_nobody_touched_is_saved(browser: Client, ny1: NetworkSite) -> None:
    switch = make.make_switch(site=ny1, name="sw1", chassis_ids=["3c-4a-92-30-ec-00"])
    url = VIEWS["switches"].url(Role.UPDATE, switch)
    opened = hidden(browser.get(url).content)

    values = {"name": "sw2", "site": ny1.pk, "_version": opened}
    values |= {"chassisid-TOTAL_FORMS": 0, "chassisid-INITIAL_FORMS": 0}

    assert browser.post(url, values).status_code == 303
    assert Switch.objects.get().name == "sw2"
