"""Findings about elements that are not where their site is, match nothing or match too much."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from locations import publishing, queries
from locations.models import BSSID, NetworkSite
from tests import factories

pytestmark = pytest.mark.django_db


def found(*codes: str) -> list[tuple[str, str]]:
    return [
        (finding.code, finding.subject.label if finding.subject else "")
        for finding in publishing.check()
        if finding.code in codes
    ]


def test_elements_of_other_sites_are_counted_once_per_location(ny1: NetworkSite) -> None:
    la1 = factories.make_site(name="LA1")
    sf1 = factories.make_site(name="SF1")
    grand = factories.make_erl(name="Grand Ave", site=la1)
    cedar = factories.make_erl(name="Cedar Dr", site=ny1)
    switch = factories.make_switch(name="sw-ny", site=ny1)
    factories.make_subnet(cidr="10.5.0.0/24", site=sf1, erl=grand)
    factories.make_port(switch=switch, port_id="1", erl=grand)
    factories.make_port(switch=switch, port_id="2", erl=grand)
    factories.make_port(switch=switch, port_id="3", erl=cedar)
    factories.make_subnet(cidr="10.2.0.0/24", site=la1, erl=grand)
    factories.make_fixed_endpoint(name="Lobby", site=la1, erl=cedar)

    messages = {f.subject.label: f.message for f in publishing.check() if f.code == "LOC017"}

    assert messages == {
        "Grand Ave": "3 elements of NY1, SF1 are answered with this location of LA1, for example "
        "sw-ny / 1.",
        "Cedar Dr": "1 element of LA1 is answered with this location of NY1, for example Lobby.",
    }


def test_check_of_other_sites_loads_no_more_rows_for_more_elements(
    ny1: NetworkSite, django_assert_num_queries: Any
) -> None:
    switch = factories.make_switch(site=factories.make_site(name="LA1"))
    grand = factories.make_erl(site=ny1)
    for number in range(30):
        factories.make_port(switch=switch, port_id=str(number), erl=grand)

    # One count for each kind of element, and one query for the example.
    with django_assert_num_queries(len(queries.MAPPED) + 1):
        (use,) = queries.elements_of_other_sites()

    assert (use.elements, use.sites) == (30, ["LA1"])


@pytest.mark.parametrize(("wanted", "expected"), [("true", ["2"]), ("false", ["1"])])
def test_list_shows_the_elements_of_other_sites(
    ny1: NetworkSite, admin_client: Client, wanted: str, expected: list[str]
) -> None:
    switch = factories.make_switch(site=ny1)
    factories.make_port(switch=switch, port_id="1", erl=factories.make_erl(site=ny1))
    factories.make_port(switch=switch, port_id="2", erl=factories.make_erl())

    page = admin_client.get(reverse("locations:switchport-list"), {"foreign": wanted})

    assert [row.port_id for row in page.context["table"].data] == expected


def test_switch_without_chassis_id_is_found(ny1: NetworkSite) -> None:
    factories.make_switch(name="mute", site=ny1, chassis_ids=[])
    factories.make_switch(name="heard", site=ny1, chassis_ids=["3c-4a-92-30-ec-00"])

    assert found("LOC018") == [("LOC018", "mute")]


@pytest.mark.parametrize(
    ("cidr", "expected"),
    [
        ("0.0.0.0/0", [("LOC019", "0.0.0.0/0")]),
        ("2000::/3", [("LOC019", "2000::/3")]),
        ("10.0.0.0/8", []),
        ("10.0.0.0/17", []),
        ("2001:db8::/64", []),
    ],
)
def test_very_wide_mapped_subnet_is_found(
    ny1: NetworkSite, cidr: str, expected: list[tuple[str, str]]
) -> None:
    factories.make_subnet(cidr=cidr, site=ny1, erl=factories.make_erl(site=ny1))

    assert found("LOC019") == expected


def test_very_wide_subnet_without_a_location_is_harmless(ny1: NetworkSite) -> None:
    factories.make_subnet(cidr="0.0.0.0/0", site=ny1, erl=None)

    assert found("LOC019") == []


@pytest.mark.parametrize("value", ["00:00:00:00:00:00", "FF-FF-FF-FF-FF-FF"])
def test_bssid_of_nobody_is_refused(ny1: NetworkSite, value: str) -> None:
    row = BSSID(access_point=factories.make_access_point(site=ny1), value=value)

    with pytest.raises(ValidationError) as refused:
        row.full_clean()

    assert refused.value.message_dict == {
        "value": [
            f"“{value.lower().replace(':', '-')}” is what devices report without Wi-Fi. "
            "Write the BSSID of a radio."
        ]
    }
