"""Teams and Intrado: what their files and cmdlets do to an estate."""

import pytest

from e911portal import importing
from locations.importers.teams import street_elements
from locations.models import (
    BSSID,
    ERL,
    FixedEndpoint,
    NetworkSite,
    Subnet,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)
from tests import factories
from tests.locations.importers.estates import applied, planned, verdicts

pytestmark = pytest.mark.django_db

AUTOMATION = (
    "CompanyName,CompanyTaxId,Description,Location,Address,City,StateOrProvince,PostalCode,"
    "CountryOrRegion,Latitude,Longitude,ELIN,NetworkDescription,NetworkObjectType,"
    "NetworkObjectIdentifier,SkipMapsLookup,EntryHash,Warning"
)
PLACE = "Unplug,,HQ,Lobby,12345 N Cedar Dr,New York,NY,98765,US,40.741200,-73.989700,"


@pytest.mark.parametrize(
    ("line", "elements"),
    [
        ("12345 N Cedar Dr", ("12345", "", "N", "Cedar", "Dr", "")),
        ("1 Microsoft Way", ("1", "", "", "Microsoft", "Way", "")),
        ("194-03 Avenue N", ("194-03", "", "", "Avenue N", "", "")),
        ("12A Main Street NW", ("12", "A", "", "Main", "Street", "NW")),
        ("12 1/2 Main St", ("12", "1/2", "", "Main", "St", "")),
        ("Broadway", ("", "", "", "Broadway", "", "")),
        ("5 North St", ("5", "", "", "North", "St", "")),
    ],
)
def test_address_line_is_taken_apart(line: str, elements: tuple[str, ...]) -> None:
    found = street_elements(line)

    assert tuple(found[name] for name in ("hno", "hns", "prd", "rd", "sts", "pod")) == elements


def test_automation_rows_map_every_kind_of_element(ny1: NetworkSite) -> None:
    rows = [
        AUTOMATION,
        f"{PLACE},Core,Switch,3C-4A-92-30-EC-00,,,",
        f"{PLACE},Desk,Port,3C-4A-92-30-EC-00;Gi1/0/7,,,",
        f"{PLACE},First,Subnet,10.1.1.0,,,",
        f"{PLACE},Radio,WirelessAccessPoint,00-19-5b-7f-77-*,,,",
        f"{PLACE},x,Router,1,,,",
    ]
    text = "\n".join(rows)

    plan = planned(text, site="NY1", mask="24")
    assert verdicts(plan) == ["add", "add", "add", "add", "error"]
    applied(text.rpartition("\n")[0], site="NY1", mask="24")

    erl = ERL.objects.get()
    assert (str(erl.civic_address), str(erl.civic_address.latitude)) == (
        "12345 N Cedar Dr, New York, NY 98765", "40.741200",
    )  # fmt: skip
    assert [Switch.objects.get().erl, SwitchPort.objects.get().erl, Subnet.objects.get().erl,
            WirelessAccessPoint.objects.get().erl] == [erl] * 4  # fmt: skip
    assert BSSID.objects.get().value == "00-19-5b-7f-77-*"


def test_location_ids_are_found_in_the_files_of_the_run(ny1: NetworkSite) -> None:
    files = [
        ("civic.csv", b"CivicAddressID,HouseNumber,Description,StreetName,City,StateORProvince,"
         b"PostalCode,CountryOrRegion,CompanyName,ELIN,Latitude,Longitude\n"
         b"C-1,12345,HQ,Cedar Dr,New York,NY,98765,US,Unplug,,40.7,-73.9\n"),
        ("locations.csv", b"LocationID,CivicAddressID,Location,ELIN,Latitude,Longitude\n"
         b"L-1,C-1,Lobby,,,\n"),
        ("subnets.csv", b"Subnet,Description,LocationID\n10.1.1.0,First,L-1\n10.1.2.0,,L-9\n"),
        ("waps.csv", b"BSSID,Description,LocationID\n00-19-5b-7f-77-0d,,l-1\n"),
        ("ports.csv", b"ChassisID,PortID,Description,LocationID\n00-00-00-00-00-01,7,,L-1\n"),
        ("switches.csv", b"chassisID,Description,LocationID\n00-00-00-00-00-01,Core,\n"),
    ]  # fmt: skip

    plan = importing.plan(files, site="NY1", mask="24")

    assert verdicts(plan) == ["info", "info", "add", "error", "add", "add", "add"]
    assert (plan.rows[3].column, plan.rows[3].message) == (
        "LocationID", "Nothing says where location L-9 is.",
    )  # fmt: skip
    assert [o.label for o in plan.operations if o.model == "locations.erl"] == ["Lobby"]


def test_location_id_may_be_the_name_of_an_erl(ny1: NetworkSite) -> None:
    erl = factories.make_erl(name="Roof", site=ny1)

    applied("BSSID,Description,LocationID\n00-19-5b-7f-77-0d,,Roof\n")

    point = WirelessAccessPoint.objects.get()
    assert (point.erl, point.site) == (erl, ny1)


def test_teams_cmdlets_are_read(ny1: NetworkSite) -> None:
    script = """
    New-CsTenantNetworkRegion -NetworkRegionID "West"
    New-CsTenantNetworkSite -NetworkSiteID SEA -NetworkRegionID West
    New-CsTenantNetworkSubnet -SubnetID 2001:db8:: -MaskBits 48 -NetworkSiteID SEA
    New-CsOnlineLisLocation -CivicAddressId C-1 -Location Lobby
    Set-CsOnlineLisSubnet -Subnet 2001:db8:: -LocationId $location.LocationId
    Set-CsOnlineLisSubnet -Subnet 2001:db8:: -LocationId Roof -Description "First"
    New-CsTenantTrustedIPAddress -IPAddress 192.0.2.1
    """
    factories.make_erl(name="Roof", site=ny1)

    plan = planned(script, name="teams.ps1")

    assert verdicts(plan) == ["add", "add", "add", "error", "error", "change", "info"]
    assert plan.rows[3].message == "Nothing says what civic address C-1 is."
    assert plan.rows[4].message.startswith("Not understood: the variable $location.LocationId")


# ---------------------------------------------------------------- Intrado


def test_gateway_files_are_imported_together(ny1: NetworkSite) -> None:
    files = [
        ("erl.csv", b"operation,erl_id,HNO,RD,LOC,A3,A1,country,PC,NAM,security_desk,crisis_email,"
         b"url_data\n1,NY-1,12345,N Cedar Dr,Lobby,New York,NY,US,98765,Unplug,Desk,a@b.c,\n"),
        ("switches.csv", b"switch_ip,snmp_community,description,erl_id,port_name,is_scan,"
         b"switch_type\n10.0.0.1,secret,Core,NY-1,*,1,Cisco.js\n10.0.0.1,secret,Desk,NY-1,Gi1/0/7,1,Cisco.js\n"),
        ("subnets.csv", b'operation,erl_id,subnet\n1,NY-1,"10.1.1.0/24,10.1.2.0/24"\n'),
        ("endpoints.txt", b"operation;pbx_name;endpoint;mac;erl_id;ip;description;\n"
         b"1;pbx;+12125550150;;NY-1;;Elevator;\n1;pbx;4711;00-00-00-00-00-09;NY-1;;Desk;\n"),
    ]  # fmt: skip

    plan = importing.plan(files, site="NY1")
    assert (plan.problems, plan.dialect) == ([], "intrado")
    importing.apply(batch=importing.store(plan, by=None), by=None)

    erl = ERL.objects.get()
    assert (erl.name, erl.loc, erl.company, str(erl.civic_address)) == (
        "NY-1", "Lobby", "Unplug", "12345 N Cedar Dr, New York, NY 98765",
    )  # fmt: skip
    assert (Switch.objects.get().erl, SwitchPort.objects.get().erl) == (erl, erl)
    assert sorted(Subnet.objects.values_list("cidr", flat=True)) == ["10.1.1.0/24", "10.1.2.0/24"]
    assert sorted(FixedEndpoint.objects.values_list("name", "kind", "number", "mac")) == [
        ("12125550150", "analog", "+12125550150", None),
        ("4711", "fixed_desk", None, "00-00-00-00-00-09"),
    ]
    assert b"secret" not in importing.ImportBatch.objects.get().operations
    assert importing.plan(files, site="NY1").operations == []


def test_deletions_of_the_gateway_are_not_imported(ny1: NetworkSite) -> None:
    plan = planned("operation,erl_id,subnet\n2,NY-1,10.1.1.0/24\n")

    assert (verdicts(plan), plan.rows[0].column, plan.rows[0].value) == (
        ["error"],
        "operation",
        "2",
    )


def test_port_of_the_gateway_is_the_one_that_is_there_under_another_subtype(
    ny1: NetworkSite,
) -> None:
    erl = factories.make_erl(name="NY-1", site=ny1)
    switch = factories.make_switch(site=ny1, chassis_ids=["10.0.0.1"])
    port = factories.make_port(switch=switch, port_id="Gi1/0/7", subtype=5)

    applied("switch_ip,description,erl_id,port_name\n10.0.0.1,,NY-1,gi1/0/7\n")

    port.refresh_from_db()
    assert (port.erl, SwitchPort.objects.count()) == (erl, 1)
