"""Lync's CSV files and LIS cmdlets: what each row does to an estate."""

from pathlib import Path
from typing import Any

import pytest

from e911portal import importing
from locations.models import (
    BSSID,
    ERL,
    ChassisID,
    CivicAddress,
    NetworkSite,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)
from tests import factories
from tests.locations.importers.estates import applied, planned, verdicts

pytestmark = pytest.mark.django_db

GUIDE = (Path(__file__).parent / "data/guide.ps1.txt").read_text(encoding="utf-8")
ADDRESS = (
    "Location,CompanyName,HouseNumber,HouseNumberSuffix,PreDirectional,StreetName,StreetSuffix,"
    "PostDirectional,City,State,PostalCode,Country"
)
CEDAR = "Lobby,Unplug,12345,,N,Cedar,Dr,,New York,NY,98765,US"
FORMULA = (
    "A text that begins with = + - @ or a control character runs as a formula in a spreadsheet."
)
NOWHERE = ",,,,,,,,,,,"
PORTS = f"ChassisID,PortIDSubType,PortID,Description,{ADDRESS}"
SWITCHES = f"ChassisID,Description,{ADDRESS}"
WAPS = f"BSSID,Description,{ADDRESS}"
SUBNETS = f"Subnet,Description,{ADDRESS}"


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def test_the_guide_is_planned_with_one_finding_for_the_empty_subnet(ny1: NetworkSite) -> None:
    plan = planned(GUIDE, name="guide.ps1", site="NY1")

    assert verdicts(plan) == ["add", "add", "error"]
    assert [row.label for row in plan.rows] == [
        "3c-4a-92-30-ec-00 / 7", "00-19-5b-7f-77-0d", "",
    ]  # fmt: skip
    assert plan.rows[0].notes == [
        "adds switch “3c-4a-92-30-ec-00”",
        "adds chassis id “3c-4a-92-30-ec-00”",
        "adds civic address “12345 N Cedar Dr, New York, NY 98765”",
        "adds ERL “New York Wired”",
    ]
    problem = plan.rows[2]
    assert (problem.line, problem.column, problem.value, problem.message) == (
        5, "-Subnet", "", "The subnet is empty.",
    )  # fmt: skip
    assert problem.remedy.startswith("Write the network id, for example 10.1.1.0")


def test_the_guide_over_the_worked_example_changes_nothing(admin: Any) -> None:
    from e911portal.worked_example import places

    places.load(by=admin, provider_url="http://127.0.0.1:8020/")

    assert verdicts(planned(GUIDE, name="guide.ps1")) == ["unchanged", "unchanged", "error"]


def test_port_of_an_unknown_switch_adds_the_switch_without_location(ny1: NetworkSite) -> None:
    applied(lines(PORTS, f"3C:4A:92:30:EC:00,5,Gi1/0/7,Desk,{CEDAR}"), site="NY1")

    switch = Switch.objects.get()
    port = SwitchPort.objects.get()
    assert (switch.name, switch.site, switch.erl) == ("3c-4a-92-30-ec-00", ny1, None)
    assert ChassisID.objects.get().value == "3c-4a-92-30-ec-00"
    assert (port.port_id, port.port_key, port.subtype, port.description) == (
        "Gi1/0/7", "gigabitethernet1/0/7", 5, "Desk",
    )  # fmt: skip
    assert (port.erl.name, port.erl.loc, port.erl.company, port.erl.site) == (
        "Lobby", "Lobby", "Unplug", ny1,
    )  # fmt: skip
    assert str(port.erl.civic_address) == "12345 N Cedar Dr, New York, NY 98765"


@pytest.mark.parametrize(
    ("subtype", "stored"),
    [
        ("", 7),
        ("7", 7),
        ("LocallyAssigned", 7),
        ("interfacename", 5),
        ("1", 1),
        ("InterfaceAlias", 1),
    ],
)
def test_port_subtype_is_a_number_or_a_name(ny1: NetworkSite, subtype: str, stored: int) -> None:
    applied(lines(PORTS, f"00-00-00-00-00-01,{subtype},7,,{CEDAR}"), site="NY1")

    assert SwitchPort.objects.get().subtype == stored


def test_ports_in_other_spellings_are_the_same_port(ny1: NetworkSite) -> None:
    switch = factories.make_switch(site=ny1, chassis_ids=["10.0.0.1", "00-00-00-00-00-01"])
    port = factories.make_port(switch=switch, port_id="GigabitEthernet1/0/1", subtype=5)

    applied(lines(PORTS, f"0000.0000.0001,5,gi 1/0/1,Desk,{CEDAR}"))

    port.refresh_from_db()
    assert (SwitchPort.objects.count(), port.port_id, port.description, port.erl.loc) == (
        1, "GigabitEthernet1/0/1", "Desk", "Lobby",
    )  # fmt: skip


def test_row_without_address_takes_the_location_away_and_says_so(ny1: NetworkSite) -> None:
    erl = factories.make_erl(name="Old place", site=ny1)
    switch = factories.make_switch(site=ny1, chassis_ids=["00-00-00-00-00-01"])
    port = factories.make_port(switch=switch, port_id="7", erl=erl, description="Desk")

    plan = planned(lines(PORTS, f"00-00-00-00-00-01,7,7,Desk,{NOWHERE}"))

    assert (verdicts(plan), plan.rows[0].differences, plan.rows[0].notes) == (
        ["change"], [("ERL", "Old place", "")], ["loses its location"],
    )  # fmt: skip
    importing.apply(batch=importing.store(plan, by=None), by=None)
    port.refresh_from_db()
    assert (port.erl, ERL.objects.get()) == (None, erl)


@pytest.mark.parametrize(
    "place",
    [CEDAR, "Lobby,Unplug,12345,,n,CEDAR,DR,,new york,NY,98765,us"],
    ids=["same", "other case of the address"],
)
def test_the_same_place_is_the_same_erl(ny1: NetworkSite, place: str) -> None:
    applied(lines(WAPS, f"00-19-5b-7f-77-0d,,{CEDAR}"), site="NY1")
    applied(lines(WAPS, f"00-19-5b-7f-77-0e,,{place}"))

    assert (ERL.objects.count(), CivicAddress.objects.count()) == (1, 1)


def test_address_that_has_more_here_is_found_by_what_lync_knows(ny1: NetworkSite) -> None:
    known = factories.make_address(hno="12345", a2="New York County", msag_community="MANHATTAN")
    erl = factories.make_erl(name="Lobby", site=ny1, civic_address=known, loc="Lobby",
                             company="Unplug", flr="1")  # fmt: skip

    applied(lines(WAPS, f"00-19-5b-7f-77-0d,,{CEDAR}"))

    assert WirelessAccessPoint.objects.get().erl == erl


def test_other_company_or_location_at_the_address_is_another_erl(ny1: NetworkSite) -> None:
    other = CEDAR.replace("Unplug", "Tenant")
    text = lines(WAPS, f"00-19-5b-7f-77-0d,,{CEDAR}", f"00-19-5b-7f-77-0e,,{other}")

    applied(text, site="NY1")

    assert sorted(ERL.objects.values_list("name", "company")) == [
        ("Lobby", "Unplug"), ("Lobby (NY1)", "Tenant"),
    ]  # fmt: skip
    assert CivicAddress.objects.count() == 1


def test_erls_of_one_name_are_numbered(ny1: NetworkSite) -> None:
    rows = [
        f"00-19-5b-7f-77-0{number},,{CEDAR.replace('Unplug', f'Tenant {number}')}"
        for number in range(4)
    ]

    applied(lines(WAPS, *rows), site="NY1")

    assert list(ERL.objects.order_by("pk").values_list("name", flat=True)) == [
        "Lobby", "Lobby (NY1)", "Lobby (NY1) 2", "Lobby (NY1) 3",
    ]  # fmt: skip


def test_erl_without_a_location_text_is_named_after_its_address(ny1: NetworkSite) -> None:
    applied(lines(WAPS, f"00-19-5b-7f-77-0d,,{CEDAR.replace('Lobby', '')}"), site="NY1")

    assert ERL.objects.get().name == "12345 N Cedar Dr"


def test_switch_row_replaces_its_mapping_and_finds_a_stack_by_any_member(
    ny1: NetworkSite,
) -> None:
    members = ["00-00-00-00-00-01", "00-00-00-00-00-02"]
    switch = factories.make_switch(name="stack", site=ny1, description="Old", chassis_ids=members)

    applied(lines(SWITCHES, f"00:00:00:00:00:02,,{CEDAR}"))

    switch.refresh_from_db()
    assert (switch.erl.loc, switch.description, Switch.objects.count()) == ("Lobby", "", 1)


def test_bssid_of_a_known_access_point_moves_the_access_point(ny1: NetworkSite) -> None:
    point = factories.make_access_point(
        name="ap-3", site=ny1, bssids=["00-19-5b-7f-77-0d", "00-19-5b-7f-77-0e"]
    )

    plan = planned(lines(WAPS, f"00-19-5b-7f-77-0e,North wing,{CEDAR}"))
    assert plan.rows[0].notes[0] == "its other BSSIDs go with it: 00-19-5b-7f-77-0d"
    importing.apply(batch=importing.store(plan, by=None), by=None)

    point.refresh_from_db()
    assert (point.erl.loc, point.description, BSSID.objects.count()) == ("Lobby", "North wing", 2)


def test_two_bssids_of_one_access_point_at_two_places_contradict(ny1: NetworkSite) -> None:
    factories.make_access_point(
        name="ap-3", site=ny1, bssids=["00-19-5b-7f-77-0d", "00-19-5b-7f-77-0e"]
    )
    other = CEDAR.replace("Lobby", "Roof")

    plan = planned(lines(WAPS, f"00-19-5b-7f-77-0d,,{CEDAR}", f"00-19-5b-7f-77-0e,,{other}"))

    assert verdicts(plan) == ["change", "conflict"]
    assert plan.rows[1].message == (
        "file.csv line 2 says that ERL of wireless access point “ap-3” is “Lobby”, this one “Roof”."
    )


def test_identical_rows_do_not_contradict(ny1: NetworkSite) -> None:
    row = f"00-19-5b-7f-77-0d,,{CEDAR}"

    assert verdicts(planned(lines(WAPS, row, row), site="NY1")) == ["add", "unchanged"]


# ---------------------------------------------------------------- the site of a new element


def test_site_is_the_one_whose_erls_use_the_address(ny1: NetworkSite, la1: NetworkSite) -> None:
    factories.make_erl(site=la1, civic_address=factories.make_address(hno="12345"))
    factories.make_erl(site=ny1, civic_address=factories.make_address(hno="1"))

    applied(lines(WAPS, f"00-19-5b-7f-77-0d,,{CEDAR}"))

    assert WirelessAccessPoint.objects.get().site == la1


def test_site_is_else_the_one_of_the_city(ny1: NetworkSite, la1: NetworkSite) -> None:
    factories.make_erl(site=ny1, civic_address=factories.make_address(hno="1"))
    factories.make_erl(site=la1, civic_address=factories.make_address(a3="Los Angeles", a1="CA"))

    applied(lines(WAPS, f"00-19-5b-7f-77-0d,,{CEDAR}"))

    assert WirelessAccessPoint.objects.get().site == ny1


def test_site_that_nothing_tells_is_a_conflict_with_the_remedy(
    ny1: NetworkSite, la1: NetworkSite
) -> None:
    for site in (ny1, la1):
        factories.make_erl(site=site, civic_address=factories.make_address())

    row = planned(lines(WAPS, f"00-19-5b-7f-77-0d,,{CEDAR}")).rows[0]

    assert (row.verdict, row.remedy) == (
        "conflict", "Say the site of new elements (--site NAME).",
    )  # fmt: skip


def test_element_that_exists_stays_at_its_site(ny1: NetworkSite, la1: NetworkSite) -> None:
    point = factories.make_access_point(site=la1, bssids=["00-19-5b-7f-77-0d"])

    applied(lines(WAPS, f"00-19-5b-7f-77-0d,,{CEDAR}"), site="NY1")

    point.refresh_from_db()
    assert (point.site, point.erl.site) == (la1, la1)


# ---------------------------------------------------------------- what is wrong with a row


@pytest.mark.parametrize(
    ("header", "row", "column", "value", "message"),
    [
        (WAPS, f"00-19,,{CEDAR}", "BSSID", "00-19", "“00-19” is not a BSSID."),
        (WAPS, f",,{CEDAR}", "BSSID", "", "The BSSID is empty."),
        (PORTS, f"00-00-00-00-00-01,9,7,,{CEDAR}", "PortIDSubType", "9",
         "“9” is not a port id subtype."),
        (PORTS, f"00-00-00-00-00-01,,,,{CEDAR}", "PortID", "", "The port id is empty."),
        (PORTS, f",,7,,{CEDAR}", "ChassisID", "", "The chassis id is empty."),
        (WAPS, "00-19-5b-7f-77-0d,,Lobby,,,,,Cedar,,,,NY,,", "", "Cedar, NY",
         "The address lacks country, city, house number."),
        (WAPS, "00-19-5b-7f-77-0d,,=1+1,,1,,,Cedar,,,New York,NY,,US", "Location", "=1+1",
         "A text that begins with = + - @ or a control character runs as a formula in a "
         "spreadsheet."),
        (WAPS, f"00-19-5b-7f-77-0d,@SUM(A1),{CEDAR}", "Description", "@SUM(A1)",
         "A text that begins with = + - @ or a control character runs as a formula in a "
         "spreadsheet."),
        (WAPS, f"00-19-5b-7f-77-0d,,{CEDAR},more", "", "", "The row has 15 cells, the header 14."),
        (SUBNETS, f"10.1.1.7/24,,{CEDAR}", "Subnet", "10.1.1.7/24",
         "“10.1.1.7/24” is a host address inside a network."),
    ],
)  # fmt: skip
def test_mistake_names_line_column_value(
    ny1: NetworkSite, header: str, row: str, column: str, value: str, message: str
) -> None:
    plan = planned(lines(header, row), site="NY1")

    problem = plan.rows[0]
    assert (problem.verdict, problem.line) == ("error", 2)
    assert (problem.column, problem.value, problem.message) == (column, value, message)
    assert (problem.remedy != "", plan.operations) == (True, [])


def test_text_beyond_the_field_is_refused(ny1: NetworkSite) -> None:
    place = CEDAR.replace("Lobby", "x" * 61)

    row = planned(lines(WAPS, f"00-19-5b-7f-77-0d,,{place}"), site="NY1").rows[0]

    assert (row.verdict, row.column, row.message) == (
        "error", "Location", "Ensure this value has at most 60 characters (it has 61).",
    )  # fmt: skip


def test_unknown_site_is_an_error_of_every_new_row() -> None:
    row = planned(lines(WAPS, f"00-19-5b-7f-77-0d,,{CEDAR}"), site="XX9").rows[0]

    assert (row.verdict, row.message) == ("error", "There is no network site “XX9”.")
