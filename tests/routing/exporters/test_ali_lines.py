"""Whose number stands where in the ALI file."""

from datetime import date

import pytest

from e911portal.core.findings import Finding
from locations.exporters import ali
from locations.models import NetworkSite
from routing.exporters import ali_lines
from tests import factories

pytestmark = pytest.mark.django_db


def numbers(findings: list[Finding] | None = None) -> list[tuple[str, str]]:
    """Return number and location of each record."""
    found = [] if findings is None else findings
    _, *records, _ = ali_lines.file_lines(found, ali.Sender(""), date(2026, 11, 21))
    return [(text[1:11], text[127:187].strip()) for text in records]


@pytest.fixture
def lobby(ny1: NetworkSite):
    address = factories.make_address()
    factories.make_verdict(address=address)
    return factories.make_erl(name="Lobby", site=ny1, civic_address=address, loc="Lobby")


def test_endpoints_elins_and_users_are_listed_in_order(lobby, ny1: NetworkSite) -> None:
    NetworkSite.objects.filter(pk=ny1.pk).update(default_erl=lobby)
    roof = factories.make_erl(site=ny1, civic_address=lobby.civic_address, loc="Roof")
    factories.make_voice_user(line_uri="+12125550103", home_site=ny1)
    factories.make_fixed_endpoint(site=ny1, erl=roof, number="+12125550102")
    factories.make_elin(erl=roof, number="+12125550101")

    found: list[Finding] = []

    assert numbers(found) == [
        ("2125550101", "ROOF"),
        ("2125550102", "ROOF"),
        ("2125550103", "LOBBY"),
    ]
    assert found == []


def test_number_of_a_fixed_endpoint_stands_where_the_endpoint_is(lobby, ny1: NetworkSite) -> None:
    factories.make_fixed_endpoint(name="fax", site=ny1, erl=lobby, number="+12125550102")
    factories.make_voice_user(display_name="Anna", line_uri="+12125550102")
    found: list[Finding] = []

    assert numbers(found) == [("2125550102", "LOBBY")]
    assert [(entry.code, entry.subject.label) for entry in found] == [("NEN005", "Anna")]


@pytest.mark.parametrize(
    ("number", "mapped", "listed", "codes"),
    [
        ("+442071234567", True, [], ["NEN001"]),
        ("+12125550102", False, [], ["NEN002"]),
        ("+12125550102", True, [("2125550102", "LOBBY")], []),
    ],
    ids=["abroad", "nowhere", "fits"],
)
def test_number_that_cannot_be_listed_is_found(
    lobby, ny1: NetworkSite, number: str, mapped: bool, listed: list[str], codes: list[str]
) -> None:
    factories.make_fixed_endpoint(site=ny1, erl=lobby if mapped else None, number=number)
    found: list[Finding] = []

    assert numbers(found) == listed
    assert [entry.code for entry in found] == codes


def test_unproven_address_is_listed_and_found(ny1: NetworkSite) -> None:
    erl = factories.make_erl(site=ny1, loc="Shed")
    factories.make_fixed_endpoint(site=ny1, erl=erl, number="+12125550102")
    found: list[Finding] = []

    assert numbers(found) == [("2125550102", "SHED")]
    assert [entry.code for entry in found] == ["NEN004"]


def test_esn_comes_from_the_guide(lobby, ny1: NetworkSite) -> None:
    factories.make_msag_range(
        prd="N", rd="Cedar", sts="Dr", low="1", high="99999", community="New York", state="NY",
        esn="00123",
    )  # fmt: skip
    factories.make_fixed_endpoint(site=ny1, erl=lobby, number="+12125550102")

    _, text, _ = ali_lines.file_lines([], ali.Sender(""), date(2026, 11, 21))

    assert text[225:230] == "00123"
