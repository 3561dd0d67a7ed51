"""The difference of two snapshots by location; each row of the table is one way to differ."""

import pytest

from e911portal import publishing
from locations.models import (
    ERL,
    CivicAddress,
    FixedEndpoint,
    NetworkSite,
    Subnet,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)
from tests import factories
from tests.locations.differences.plan import NOWHERE, SITE, changes, move
from tests.publication.history import publish

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("model", "key", "tier"),
    [
        (SwitchPort, ("Switch port", "3c-4a-92-30-ec-00 / Gi1/0/1"), "port"),
        (Switch, ("Chassis", "3c-4a-92-30-ec-00"), "chassis"),
        (WirelessAccessPoint, ("BSSID", "00-19-5b-7f-77-0*"), "bssid"),
        (Subnet, ("Subnet", "10.1.1.0/24"), "subnet"),
        (FixedEndpoint, ("Fixed endpoint", "tel:+12125550150"), "endpoint"),
        (FixedEndpoint, ("MAC address", "00-11-22-33-44-55"), "mac"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_moved_element_is_named_with_both_places(model, key, tier):
    move(model, "B")

    assert changes()[key] == ("moves", f"A (by {tier})", f"B (by {tier})")


def test_element_that_falls_to_the_default_of_its_site_loses_its_location(ny1):
    other = factories.make_erl(
        name="Lobby", site=ny1, civic_address=ERL.objects.get(name="A").civic_address, loc="Lobby"
    )
    NetworkSite.objects.filter(pk=ny1.pk).update(default_erl=other)
    move(FixedEndpoint, None)

    plan = publishing.plan()

    key = ("MAC address", "00-11-22-33-44-55")
    assert changes()[key] == ("loses", "A (by mac)", "Lobby (by site_default)")
    named = {publishing.finding_name(entry): entry for entry in plan.warnings}
    found = named["PUB004:00-11-22-33-44-55"]
    assert "would lose its location A" in found.message
    assert "the site's default, Lobby" in found.message


def test_site_without_a_mapping_gets_another_default_and_that_is_a_move(ny1):
    move(FixedEndpoint, None)
    for name in "AB":
        NetworkSite.objects.filter(pk=ny1.pk).update(default_erl=ERL.objects.get(name=name))
        if name == "A":
            publish()

    moved = changes()["MAC address", "00-11-22-33-44-55"]
    assert moved == ("moves", "A (by site_default)", "B (by site_default)")


def test_unmapped_port_falls_to_its_chassis_and_changes_nothing():
    move(SwitchPort, None)

    assert changes() == {}


def test_removed_subnet_loses_its_location():
    Subnet.objects.all().delete()

    assert changes() == {
        ("Subnet", "10.1.1.0/24"): ("loses", "A (by subnet)", NOWHERE),
        (SITE, "Subnet 10.1.1.0/24"): ("loses", "NY1", ""),
    }


def test_new_element_gains_a_location(ny1):
    factories.make_subnet(site=ny1, erl=ERL.objects.get(name="B"), cidr="10.9.0.0/16")

    assert changes() == {
        ("Subnet", "10.9.0.0/16"): ("gains", NOWHERE, "B (by subnet)"),
        (SITE, "Subnet 10.9.0.0/16"): ("gains", "", "NY1"),
    }


@pytest.mark.parametrize(
    ("model", "labels"),
    [
        (Subnet, {"Subnet 10.1.1.0/24"}),
        (Switch, {"Chassis 3c-4a-92-30-ec-00", "Switch port 3c-4a-92-30-ec-00 / Gi1/0/1"}),
        (WirelessAccessPoint, {"BSSID 00-19-5b-7f-77-0*"}),
        (
            FixedEndpoint,
            {"MAC address 00-11-22-33-44-55", "Fixed endpoint tel:+12125550150"},
        ),
    ],
)
def test_element_that_goes_to_another_site_is_named_though_its_place_stays(la1, model, labels):
    model.objects.update(site=la1)

    assert changes() == {(SITE, label): ("moves", "NY1", "LA1") for label in labels}


def test_smaller_subnet_takes_its_devices_to_its_site(la1):
    factories.make_subnet(site=la1, cidr="10.1.1.64/26")

    assert changes() == {(SITE, "Subnet 10.1.1.64/26"): ("moves", "NY1", "LA1")}


def test_smaller_subnet_of_the_same_site_changes_nothing(ny1):
    factories.make_subnet(site=ny1, cidr="10.1.1.64/26")
    assert changes() == {}

    publish()
    Subnet.objects.filter(cidr="10.1.1.64/26").delete()
    assert changes() == {}


def test_excluded_subnet_loses_its_location():
    Subnet.objects.update(excluded=True, erl=None)

    assert changes()["Subnet", "10.1.1.0/24"] == ("loses", "A (by subnet)", NOWHERE)


def test_refused_address_takes_the_location_of_everything_on_it():
    factories.make_verdict(
        address=CivicAddress.objects.get(),
        verdict="invalid",
    )

    lost = {key for key, row in changes().items() if row[0] == "loses"}

    assert lost == {
        ("Switch port", "3c-4a-92-30-ec-00 / Gi1/0/1"),
        ("Chassis", "3c-4a-92-30-ec-00"),
        ("BSSID", "00-19-5b-7f-77-0*"),
        ("Subnet", "10.1.1.0/24"),
        ("Fixed endpoint", "tel:+12125550150"),
        ("MAC address", "00-11-22-33-44-55"),
    }
