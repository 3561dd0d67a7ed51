"""Subnets that span buildings: which are found, as findings and by the list's filter."""

import ipaddress
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from e911portal.core.findings import Severity
from locations import publishing, spanning
from locations.domain.buildings import Building, Host, Network
from locations.domain.buildings import spanning as spanning_networks
from locations.domain.identifiers import network_key
from locations.models import ERL, NetworkSite
from tests import factories

A, B = Building(1, ""), Building(1, "annex")


def network(pk: int, cidr: str, building: Building | None, *, excluded: bool = False) -> Network:
    return Network(pk, cidr, network_key(cidr), building, excluded)


CASES = {
    "nothing inside": ([("10.1.0.0/16", A)], [], {}),
    "inside, same building": ([("10.1.0.0/16", A), ("10.1.1.0/24", A)], [], {}),
    "inside, another building": (
        [("10.1.0.0/16", A), ("10.1.1.0/24", B)], [], {"10.1.0.0/16": (["10.1.1.0/24"], [])},
    ),
    "beside": ([("10.1.0.0/24", A), ("10.1.1.0/24", B)], [], {}),
    "innermost counts": (
        [("10.0.0.0/8", A), ("10.1.0.0/16", B), ("10.1.1.0/24", B)], [],
        {"10.0.0.0/8": (["10.1.0.0/16"], [])},
    ),
    "without location between": (
        [("10.0.0.0/8", A), ("10.1.0.0/16", None), ("10.1.1.0/24", B)], [],
        {"10.0.0.0/8": (["10.1.1.0/24"], [])},
    ),
    "excluded between": (
        [("10.0.0.0/8", A), ("10.1.0.0/16", "excluded"), ("10.1.1.0/24", B)], [], {},
    ),
    "after the one inside": (
        [("10.0.0.0/8", A), ("10.1.0.0/16", A), ("10.2.0.0/16", B)], [],
        {"10.0.0.0/8": (["10.2.0.0/16"], [])},
    ),
    "same first address": (
        [("10.0.0.0/8", A), ("10.0.0.0/24", B)], [], {"10.0.0.0/8": (["10.0.0.0/24"], [])},
    ),
    "versions apart": ([("0.0.0.0/0", A), ("::/0", B), ("2001:db8::/64", B)], [], {}),
    "IPv6": (
        [("2001:db8::/32", A), ("2001:db8:1::/64", B)], [],
        {"2001:db8::/32": (["2001:db8:1::/64"], [])},
    ),
    "switch elsewhere": (
        [("10.1.0.0/24", A)], [("10.1.0.255", B), ("10.1.0.0", A), ("10.1.1.0", B)],
        {"10.1.0.0/24": ([], ["10.1.0.255"])},
    ),
    "switch in the inner one": (
        [("10.0.0.0/8", A), ("10.1.1.0/24", B)], [("10.1.1.7", B), ("10.1.0.7", B)],
        {"10.0.0.0/8": (["10.1.1.0/24"], ["10.1.0.7"])},
    ),
    "switch after the last one": ([("10.1.0.0/24", A)], [("192.0.2.1", B)], {}),
    "switch in an excluded one": (
        [("10.0.0.0/8", A), ("10.1.0.0/16", "excluded")], [("10.1.0.1", B)], {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "hosts", "expected"), CASES.values(), ids=CASES)
def test_networks_and_switches_in_another_building(
    rows: list[Any], hosts: list[tuple[str, Building]], expected: dict[str, Any]
) -> None:
    networks = [
        network(pk, cidr, None, excluded=True) if building == "excluded"
        else network(pk, cidr, building)
        for pk, (cidr, building) in enumerate(rows)
    ]  # fmt: skip
    switches = [Host(address, address, frozenset({building})) for address, building in hosts]

    found = {
        entry.cidr: (entry.networks, entry.hosts) for entry in spanning_networks(networks, switches)
    }

    assert found == expected


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 255), st.integers(24, 32)), st.sampled_from([A, B, None])
    ),
    st.lists(st.tuples(st.integers(0, 255), st.sampled_from([A, B]))),
)
def test_one_pass_finds_what_comparing_each_with_each_finds(
    drawn: dict[tuple[int, int], Building | None], hosts: list[tuple[int, Building]]
) -> None:
    rows = {
        ipaddress.ip_network((0x0A000000 + last, length), strict=False): building
        for (last, length), building in drawn.items()
    }
    ordered = sorted(rows, key=lambda net: network_key(str(net)))
    expected = set()
    points = [(net, building) for net, building in rows.items() if building is not None] + [
        (ipaddress.ip_network((0x0A000000 + last, 32)), building) for last, building in hosts
    ]
    is_network = [True] * (len(points) - len(hosts)) + [False] * len(hosts)
    for (point, building), strictly in zip(points, is_network, strict=True):
        around = [
            net for net in ordered
            if rows[net] is not None and point.subnet_of(net) and (net != point or not strictly)
        ]  # fmt: skip
        if around and rows[around[-1]] != building:
            expected.add(str(around[-1]))

    found = spanning_networks(
        [network(pk, str(net), rows[net]) for pk, net in enumerate(ordered)],
        [
            Host(str(ipaddress.ip_address(0x0A000000 + last)), "sw", frozenset({building}))
            for last, building in hosts
        ],
    )

    assert {entry.cidr for entry in found} == expected


@pytest.fixture
def erls(ny1: NetworkSite) -> dict[str, ERL]:
    """Two buildings at one address, and one at another."""
    cedar, grand = (factories.make_address(rd=street) for street in ("Cedar", "Grand"))
    return {
        name: factories.make_erl(name=name, site=ny1, civic_address=address, bld=bld, flr="2")
        for name, address, bld in (
            ("Main", cedar, "Main"), ("Main too", cedar, "MAIN "), ("Annex", cedar, "Annex"),
            ("Across", grand, ""),
        )
    }  # fmt: skip


def found(code: str) -> dict[str, tuple[Severity, str]]:
    return {
        finding.subject.label: (finding.severity, finding.message)
        for finding in publishing.check()
        if finding.code == code and finding.subject
    }


def test_network_inside_in_another_building_is_a_hint(
    ny1: NetworkSite, erls: dict[str, ERL]
) -> None:
    for cidr, name in (
        ("10.1.0.0/16", "Main"), ("10.1.1.0/24", "Annex"), ("10.1.2.0/24", "Main too")
    ):  # fmt: skip
        factories.make_subnet(cidr=cidr, site=ny1, erl=erls[name])

    assert found("LOC020") == {
        "10.1.0.0/16": (
            Severity.INFO,
            "The subnet is answered with one building, and another holds 10.1.1.0/24, which has an "
            "address in it.",
        )
    }


@pytest.mark.parametrize("mapped", ["switch", "port"])
def test_switch_with_an_address_in_the_subnet_is_a_warning(
    ny1: NetworkSite, erls: dict[str, ERL], mapped: str
) -> None:
    factories.make_subnet(cidr="10.1.0.0/24", site=ny1, erl=erls["Main"])
    here = factories.make_switch(site=ny1, erl=erls["Main"], chassis_ids=["10.1.0.1"])
    there = factories.make_switch(
        name="sw-across", site=ny1, erl=erls["Across"] if mapped == "switch" else None,
        chassis_ids=["3c-4a-92-30-ec-00", "10.1.0.2", "core.example.com"],
    )  # fmt: skip
    factories.make_port(switch=here, port_id="1", erl=erls["Main too"])
    if mapped == "port":
        factories.make_port(switch=there, port_id="1", erl=erls["Across"])

    severity, message = found("LOC020")["10.1.0.0/24"]

    assert severity is Severity.WARNING
    assert "another holds sw-across, which" in message


@pytest.mark.parametrize(
    ("subnets", "expected"),
    [
        ({"10.1.0.0/24": "Main"}, True),
        ({"10.1.0.0/24": "Main", "10.2.0.0/24": "Annex"}, False),
        ({"10.1.0.0/24": "Main", "10.2.0.0/24": None}, False),
        ({"10.1.0.0/24": "Main", "10.2.0.0/24": "excluded"}, True),
        ({"10.1.0.0/24": None}, False),
        ({}, False),
    ],
    ids=["one of two", "one each", "one without", "the other for VPN", "none located", "none"],
)
def test_building_of_a_site_that_has_no_subnet_of_its_own(
    ny1: NetworkSite, erls: dict[str, ERL], subnets: dict[str, str | None], expected: bool
) -> None:
    switch = factories.make_switch(site=ny1, erl=erls["Main too"])
    for number in range(3):
        factories.make_port(switch=switch, port_id=str(number), erl=erls["Annex"])
    for cidr, name in subnets.items():
        factories.make_subnet(
            cidr=cidr, site=ny1, erl=erls.get(name or ""), excluded=name == "excluded"
        )

    messages = found("LOC021")

    assert (ny1.name in messages) is expected
    if expected:
        severity, message = messages[ny1.name]
        assert severity is Severity.INFO
        assert message.startswith(
            "3 elements stand in buildings with which none of the site's subnets is answered: "
        )
        assert "(Annex)" in message


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("true", ["10.1.0.0/16", "10.9.0.0/24"]), ("false", ["10.1.1.0/24", "10.9.1.0/24"])],
)
def test_list_shows_the_subnets_that_span(
    ny1: NetworkSite, erls: dict[str, ERL], admin_client: Client, wanted: str, expected: list[str]
) -> None:
    factories.make_subnet(cidr="10.1.0.0/16", site=ny1, erl=erls["Main"])
    factories.make_subnet(cidr="10.1.1.0/24", site=ny1, erl=erls["Across"])
    la1 = factories.make_site(name="LA1")
    factories.make_subnet(cidr="10.9.0.0/24", site=la1, erl=factories.make_erl(site=la1))
    factories.make_subnet(cidr="10.9.1.0/24", site=la1, excluded=True)
    factories.make_switch(site=la1, erl=factories.make_erl(site=la1))

    page = admin_client.get(reverse("locations:subnet-list"), {"spanning": wanted})

    assert [row.cidr for row in page.context["table"].data] == expected


def test_sites_are_read_in_as_many_queries_however_many_there_are(
    db: None, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        site = factories.make_site()
        factories.make_subnet(site=site, erl=factories.make_erl(site=site))
        switch = factories.make_switch(site=site, chassis_ids=[], erl=factories.make_erl(site=site))
        factories.make_port(switch=switch, erl=factories.make_erl(site=site))

    # Subnets, four kinds of element, locations; then subnets and addresses of switches.
    with django_assert_num_queries(10):
        sites = spanning.sites_with_unserved_buildings()
        list(spanning.spanning_subnets())

    assert [entry.elements for entry in sites] == [2, 2, 2]
