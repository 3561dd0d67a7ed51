"""Teams PowerShell of the LIS: addresses and locations once, elements with their keys."""

import pytest

from e911portal.core.findings import Finding
from locations.exporters import teams_powershell
from locations.models import NetworkSite
from tests import factories

pytestmark = pytest.mark.django_db


def script(findings: list[Finding] | None = None) -> list[str]:
    """Return the lines of the LIS part."""
    lines = teams_powershell.lis_lines([] if findings is None else findings)
    return "".join(lines).splitlines()


def codes() -> list[tuple[str, str]]:
    """Return code and subject of each finding."""
    found: list[Finding] = []
    script(found)
    return sorted((entry.code, entry.subject.label if entry.subject else "") for entry in found)


@pytest.fixture
def lobby(ny1: NetworkSite):
    address = factories.make_address(
        hno="1", prd="N", rd="Cedar", sts="Dr", latitude="40.700000", longitude="-74.000000"
    )
    return factories.make_erl(
        name="Lobby", site=ny1, civic_address=address, loc="Lobby", company="Litware"
    )


def test_places_of_one_address_share_it(lobby, ny1: NetworkSite) -> None:
    factories.make_erl(
        name="Roof", site=ny1, civic_address=lobby.civic_address, loc="Roof", company="Litware"
    )
    factories.make_erl(name="Whole", site=ny1, civic_address=lobby.civic_address, company="Litware")
    for third, erl in enumerate(
        (lobby, *type(lobby).objects.exclude(pk=lobby.pk).order_by("name"))
    ):
        factories.make_subnet(site=ny1, cidr=f"10.1.{third}.0/24", erl=erl)

    assert script() == [
        "$address_1 = New-CsOnlineLisCivicAddress -CompanyName 'Litware' -HouseNumber '1' "
        "-PreDirectional 'N' -StreetName 'Cedar' -StreetSuffix 'Dr' -City 'New York' "
        "-StateOrProvince 'NY' -PostalCode '98765' -CountryOrRegion 'US' -Latitude '40.700000' "
        "-Longitude '-74.000000'",
        "$location_1 = New-CsOnlineLisLocation -CivicAddressId $address_1.CivicAddressId "
        "-Location 'Lobby'",
        "$location_2 = New-CsOnlineLisLocation -CivicAddressId $address_1.CivicAddressId "
        "-Location 'Roof'",
        "Set-CsOnlineLisSubnet -Subnet '10.1.0.0' -LocationId $location_1.LocationId",
        "Set-CsOnlineLisSubnet -Subnet '10.1.1.0' -LocationId $location_2.LocationId",
        "Set-CsOnlineLisSubnet -Subnet '10.1.2.0' -LocationId $address_1.DefaultLocationId",
    ]


def test_every_kind_of_element_is_mapped(lobby, ny1: NetworkSite) -> None:
    switch = factories.make_switch(site=ny1, erl=lobby, chassis_ids=["3c-4a-92-30-ec-00"])
    factories.make_port(switch=switch, port_id="Gi1/0/7", erl=lobby, description="Desk 7")
    factories.make_access_point(site=ny1, erl=lobby, bssids=["f0-6e-0b-c2-04-*"])
    factories.make_subnet(site=ny1, cidr="2001:db8::/64", erl=lobby)

    assert script()[2:] == [
        "Set-CsOnlineLisSwitch -ChassisID '3c-4a-92-30-ec-00' -LocationId $location_1.LocationId",
        "Set-CsOnlineLisPort -ChassisID '3c-4a-92-30-ec-00' -PortID 'Gi1/0/7' "
        "-LocationId $location_1.LocationId -Description 'Desk 7'",
        "Set-CsOnlineLisWirelessAccessPoint -BSSID 'f0-6e-0b-c2-04-*' "
        "-LocationId $location_1.LocationId",
        "Set-CsOnlineLisSubnet -Subnet '2001:db8::' -LocationId $location_1.LocationId",
    ]
    assert codes() == []


def test_bssid_inside_a_wildcard_of_the_same_place_is_left_out(lobby, ny1: NetworkSite) -> None:
    factories.make_access_point(
        site=ny1, erl=lobby, bssids=["f0-6e-0b-c2-04-*", "f0-6e-0b-c2-04-23"]
    )
    other = factories.make_erl(
        site=ny1, civic_address=lobby.civic_address, loc="Roof", company="Litware"
    )
    factories.make_access_point(site=ny1, erl=other, bssids=["f0-6e-0b-c2-04-24"])

    mapped = [line.split("'")[1] for line in script() if "WirelessAccessPoint" in line]

    assert mapped == ["f0-6e-0b-c2-04-*", "f0-6e-0b-c2-04-24"]
    assert codes() == [("TMS006", "f0-6e-0b-c2-04-23")]


def test_what_teams_does_not_take_is_found(ny1: NetworkSite) -> None:
    erl = factories.make_erl(name="E", site=ny1, loc="x" * 60)
    type(erl).objects.filter(pk=erl.pk).update(company="")
    switch = factories.make_switch(site=ny1, chassis_ids=["3c-4a-92-30-ec-00"])
    factories.make_port(switch=switch)
    factories.make_fixed_endpoint(site=ny1)

    assert codes() == [
        ("TMS002", "E"),
        ("TMS003", ""),
        ("TMS003", ""),
        ("TMS004", ""),
        ("TMS007", "E"),
    ]


def test_network_has_regions_sites_and_both_ip_versions(ny1: NetworkSite) -> None:
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24", excluded=True)
    factories.make_subnet(site=ny1, cidr="2001:db8::/64")

    assert list(teams_powershell.network_lines()) == [
        "New-CsTenantNetworkRegion -NetworkRegionID 'NorthAmerica'\r\n",
        "New-CsTenantNetworkSite -NetworkSiteID 'NY1' -NetworkRegionID 'NorthAmerica'\r\n",
        "New-CsTenantNetworkSubnet -SubnetID '10.1.1.0' -MaskBits 24 -NetworkSiteID 'NY1'\r\n",
        "New-CsTenantNetworkSubnet -SubnetID '2001:db8::' -MaskBits 64 -NetworkSiteID 'NY1'\r\n",
    ]
