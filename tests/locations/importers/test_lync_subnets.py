"""Subnets, which Lync's LIS knows by their first address alone: where their masks come from."""

import pytest

from e911portal import importing
from locations.models import NetworkSite, Subnet
from tests import factories
from tests.locations.importers.estates import applied, planned
from tests.locations.importers.test_lync import CEDAR, SUBNETS, lines

pytestmark = pytest.mark.django_db


def test_subnet_takes_its_mask_from_the_row_that_is_there(ny1: NetworkSite) -> None:
    subnet = factories.make_subnet(site=ny1, cidr="10.1.1.0/25")

    applied(lines(SUBNETS, f"10.1.1.0,First floor,{CEDAR}"))

    subnet.refresh_from_db()
    assert (subnet.erl.loc, subnet.description, Subnet.objects.count()) == (
        "Lobby",
        "First floor",
        1,
    )


def test_subnet_takes_mask_and_site_from_the_network_subnets_of_the_run(ny1: NetworkSite) -> None:
    files = [
        ("subnets.csv", lines(SUBNETS, f"10.1.1.0,,{CEDAR}", f"10.1.2.0,,{CEDAR}").encode()),
        ("net.csv", b"Identity, Mask, SiteID\n10.1.1.0, 24, NY1\n10.1.2.0, 255.255.254.0, NY1\n"),
    ]

    plan = importing.plan(files)
    importing.apply(batch=importing.store(plan, by=None), by=None)

    assert sorted(Subnet.objects.values_list("cidr", "site__name", "erl__loc")) == [
        ("10.1.1.0/24", "NY1", "Lobby"), ("10.1.2.0/23", "NY1", "Lobby"),
    ]  # fmt: skip


def test_subnet_takes_the_mask_that_is_given(ny1: NetworkSite) -> None:
    applied(lines(SUBNETS, f"10.1.1.0,,{CEDAR}"), site="NY1", mask="24")

    assert Subnet.objects.get().cidr == "10.1.1.0/24"


def test_subnet_without_any_mask_is_an_error_that_names_the_remedy(ny1: NetworkSite) -> None:
    row = planned(lines(SUBNETS, f"10.1.1.0,,{CEDAR}"), site="NY1").rows[0]

    assert (row.verdict, row.line, row.column, row.value) == ("error", 2, "Subnet", "10.1.1.0")
    assert row.message == "The mask of subnet 10.1.1.0 is not known."
    assert row.remedy.startswith("Give the prefix length, for example 24 (--mask 24); or import")


@pytest.mark.parametrize(
    ("mapped", "excluded", "chosen", "why"),
    [
        (["/16", "/24"], [], "/24", "the longest prefix that has a location"),
        (["/16"], [], "/16", "the longest prefix that has a location"),
        ([], [], "/24", "the longest prefix; none of them has a location"),
        ([], ["/24"], "/16", "the longest prefix; none of them has a location"),
    ],
    ids=["both mapped", "larger mapped", "none mapped", "smaller excluded"],
)
def test_subnet_that_two_networks_begin_with_is_the_one_that_an_export_writes(
    ny1: NetworkSite, mapped: list[str], excluded: list[str], chosen: str, why: str
) -> None:
    erl = factories.make_erl(name="Old place", site=ny1)
    for bits in ("/16", "/24"):
        factories.make_subnet(
            site=ny1,
            cidr=f"10.1.0.0{bits}",
            erl=erl if bits in mapped else None,
            excluded=bits in excluded,
        )
    other = "/16" if chosen == "/24" else "/24"

    plan = planned(lines(SUBNETS, f"10.1.0.0,,{CEDAR}"))
    importing.apply(batch=importing.store(plan, by=None), by=None)

    assert plan.rows[0].notes[0] == (
        f"several subnets begin at 10.1.0.0: 10.1.0.0{chosen} is meant ({why}), "
        f"not 10.1.0.0{other}; --mask names another"
    )
    assert Subnet.objects.get(cidr=f"10.1.0.0{chosen}").erl.loc == "Lobby"
    assert Subnet.objects.get(cidr=f"10.1.0.0{other}").erl == (erl if other in mapped else None)


def test_of_two_subnets_that_begin_alike_the_mask_tells(ny1: NetworkSite) -> None:
    for bits in ("/16", "/24"):
        factories.make_subnet(site=ny1, cidr=f"10.1.0.0{bits}")

    applied(lines(SUBNETS, f"10.1.0.0,,{CEDAR}"), mask="16")

    assert list(Subnet.objects.filter(erl__isnull=False).values_list("cidr", flat=True)) == [
        "10.1.0.0/16"
    ]


def test_new_subnet_belongs_to_the_site_of_the_enclosing_one(
    ny1: NetworkSite, la1: NetworkSite
) -> None:
    factories.make_subnet(site=la1, cidr="10.0.0.0/8")
    factories.make_subnet(site=ny1, cidr="10.1.0.0/16")

    applied(lines(SUBNETS, f"10.1.1.0,,{CEDAR}"), mask="24")

    assert Subnet.objects.get(cidr="10.1.1.0/24").site == ny1


def test_location_for_an_excluded_subnet_is_refused(ny1: NetworkSite) -> None:
    factories.make_subnet(site=ny1, cidr="10.1.250.0/24", excluded=True)

    row = planned(lines(SUBNETS, f"10.1.250.0,,{CEDAR}")).rows[0]

    assert (row.verdict, row.message[:44]) == (
        "error",
        "An excluded subnet never gives a location. C",
    )
