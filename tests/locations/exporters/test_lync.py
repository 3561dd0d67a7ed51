"""Lync's CSV files: the values of its documentation, and a finding for what does not fit it."""

import csv
import io

import pytest

from e911portal.core.findings import Finding
from locations.exporters import lync
from locations.models import NetworkSite
from tests import factories

pytestmark = pytest.mark.django_db


def files(findings: list[Finding] | None = None) -> dict[str, list[dict[str, str]]]:
    """Return the rows of each file."""
    found = [] if findings is None else findings
    texts = {file.name: "".join(file.lines) for file in lync.csv_files(found)}
    return {name: list(csv.DictReader(io.StringIO(text))) for name, text in texts.items()}


def codes() -> list[tuple[str, str]]:
    """Return code and subject of each finding."""
    found: list[Finding] = []
    files(found)
    return sorted((entry.code, entry.subject.label if entry.subject else "") for entry in found)


@pytest.fixture
def redmond(ny1: NetworkSite):
    """The place of Microsoft's own example row."""
    address = factories.make_address(
        hno="1234", prd="", rd="163rd", sts="Ave", pod="NE", a3="Redmond", a1="WA", pc="99123"
    )
    return factories.make_erl(site=ny1, civic_address=address, loc="Location1", company="Litware")


def test_headers_are_those_of_the_documentation() -> None:
    address = (
        "Location,CompanyName,HouseNumber,HouseNumberSuffix,PreDirectional,StreetName,"
        "StreetSuffix,PostDirectional,City,State,PostalCode,Country"
    )

    assert {file.name: next(iter(file.lines)) for file in lync.csv_files([])} == {
        "waps.csv": f"BSSID,Description,{address}\r\n",
        "subnets.csv": f"Subnet,Description,{address}\r\n",
        "ports.csv": f"ChassisID,PortIDSubType,PortID,Description,{address}\r\n",
        "switches.csv": f"ChassisID,Description,{address}\r\n",
        "netsubnets.csv": "Identity, Mask, SiteID\r\n",
    }


def test_subnet_is_the_row_of_the_documentation(redmond, ny1: NetworkSite) -> None:
    factories.make_subnet(site=ny1, cidr="157.56.66.0/24", erl=redmond, description="Subnet 1")

    made = {file.name: "".join(file.lines).splitlines()[1:] for file in lync.csv_files([])}

    assert made["subnets.csv"] == [
        "157.56.66.0,Subnet 1,Location1,Litware,1234,,,163rd,Ave,NE,Redmond,WA,99123,US"
    ]
    assert made["netsubnets.csv"] == ["157.56.66.0, 24, NY1"]


def test_stack_is_listed_once_per_member(redmond, ny1: NetworkSite) -> None:
    stack = factories.make_switch(
        site=ny1, erl=redmond, chassis_ids=["3c-4a-92-00-00-02", "3c-4a-92-00-00-01"]
    )
    factories.make_port(switch=stack, port_id="Gi1/0/7", subtype=5)

    made = files()

    assert [row["ChassisID"] for row in made["switches.csv"]] == [
        "3c-4a-92-00-00-01",
        "3c-4a-92-00-00-02",
    ]
    assert [
        (row["ChassisID"], row["PortIDSubType"], row["PortID"], row["Location"])
        for row in made["ports.csv"]
    ] == [("3c-4a-92-00-00-01", "5", "Gi1/0/7", ""), ("3c-4a-92-00-00-02", "5", "Gi1/0/7", "")]


def test_wildcard_is_written_out_around_what_is_more_exact(redmond, ny1: NetworkSite) -> None:
    factories.make_access_point(site=ny1, erl=redmond, bssids=["00-19-5b-7f-77-0*"])
    factories.make_access_point(site=ny1, bssids=["00-19-5b-7f-77-0d"])

    rows = [(row["BSSID"][-2:], row["Location"]) for row in files()["waps.csv"]]

    assert rows == [
        (f"0{digit}", "" if digit == "d" else "Location1") for digit in "0123456789abcdef"
    ]
    assert codes() == [("LYN005", "")]


def test_location_without_text_is_composed_of_its_parts(ny1: NetworkSite) -> None:
    erl = factories.make_erl(site=ny1, bld="HQ", flr="3", room="12")
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=erl)

    (row,) = files()["subnets.csv"]

    assert row["Location"] == "HQ, Floor 3, Room 12"


@pytest.mark.parametrize(
    ("values", "address", "found"),
    [
        ({"loc": "New York 3rd Floor Wireless"}, {}, [("LYN001", "E")]),
        ({"loc": "Lobby"}, {"a1": "New York"}, [("LYN001", "E")]),
        ({"loc": "Lobby"}, {"prd": "North"}, [("LYN001", "E")]),
        ({}, {}, [("LYN002", "E")]),
        ({"loc": "Lobby", "flr": "3"}, {}, [("LYN007", "")]),
        ({"loc": "Lobby"}, {"a2": "Kings"}, [("LYN007", "")]),
        ({"loc": "Twenty characters ok"}, {}, []),
    ],
    ids=["location", "state", "directional", "no location", "floor", "county", "fits"],
)
def test_what_does_not_fit_is_found_once_per_place(
    ny1: NetworkSite, values: dict[str, str], address: dict[str, str], found: list[tuple[str, str]]
) -> None:
    erl = factories.make_erl(
        name="E", site=ny1, civic_address=factories.make_address(**address), **values
    )
    for third in (1, 2):
        factories.make_subnet(site=ny1, cidr=f"10.1.{third}.0/24", erl=erl)

    assert codes() == found


def test_elements_that_lync_does_not_know_are_found(redmond, ny1: NetworkSite) -> None:
    factories.make_subnet(site=ny1, cidr="2001:db8::/64", erl=redmond)
    factories.make_fixed_endpoint(site=ny1)
    factories.make_switch(site=ny1, chassis_ids=["core-1"])

    assert codes() == [("LYN003", ""), ("LYN006", ""), ("LYN008", "core-1")]


def test_of_subnets_that_begin_alike_the_smallest_is_told(redmond, ny1: NetworkSite) -> None:
    other = factories.make_erl(site=ny1, loc="Campus")
    factories.make_subnet(site=ny1, cidr="10.1.0.0/16", erl=other)
    factories.make_subnet(site=ny1, cidr="10.1.0.0/24", erl=redmond)
    factories.make_subnet(site=ny1, cidr="10.1.0.0/26")

    assert [(row["Subnet"], row["Location"]) for row in files()["subnets.csv"]] == [
        ("10.1.0.0", "Location1")
    ]
    assert codes() == [("LYN004", "10.1.0.0/16")]


def test_cell_never_begins_a_formula(redmond, ny1: NetworkSite) -> None:
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=redmond, description="=1+1")

    (row,) = files()["subnets.csv"]

    assert row["Description"] == "'=1+1"
