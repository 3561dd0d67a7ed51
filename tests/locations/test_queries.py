"""Reads over several models: coverage, use and collisions, in a constant number of queries."""

import pytest

from locations import queries
from locations.models import NetworkSite
from tests import factories

pytestmark = pytest.mark.django_db


def proven_erl(site):
    address = factories.make_address()
    factories.make_verdict(address=address)
    return factories.make_erl(site=site, civic_address=address)


def test_coverage_counts_elements_located_and_validated(ny1, la1):
    proven = proven_erl(ny1)
    unproven = factories.make_erl(site=ny1)
    switch = factories.make_switch(site=ny1, erl=proven)
    factories.make_port(switch=switch, erl=proven)
    factories.make_port(switch=switch, erl=unproven)
    factories.make_port(switch=switch)
    factories.make_subnet(site=ny1, excluded=True)

    rows = {
        entry.site.name: (entry.elements, entry.located, entry.validated, entry.percent)
        for entry in queries.coverage(NetworkSite.objects.all())
    }

    assert rows == {"NY1": (4, 3, 2, 50), "LA1": (0, 0, 0, 0)}


@pytest.mark.parametrize("sites", [1, 3])
def test_coverage_takes_the_same_queries_for_any_number_of_sites(sites, django_assert_num_queries):
    for _ in range(sites):
        site = factories.make_site()
        factories.make_subnet(site=site, erl=proven_erl(site))

    with django_assert_num_queries(3 + len(queries.MAPPED)):
        queries.coverage(NetworkSite.objects.all())


def test_use_of_an_erl_counts_every_kind_of_element(ny1):
    erl = factories.make_erl(site=ny1)
    factories.make_switch(site=ny1, erl=erl)
    factories.make_subnet(site=ny1, erl=erl)
    factories.make_fixed_endpoint(site=ny1, erl=erl)
    NetworkSite.objects.filter(pk=ny1.pk).update(default_erl=erl)

    assert queries.erl_uses() == {erl.pk: 4}


def test_bssid_inside_a_wildcard_with_the_same_location_is_superfluous(ny1):
    erl, other = factories.make_erl(site=ny1), factories.make_erl(site=ny1)
    factories.make_access_point(site=ny1, erl=erl, bssids=["00-19-5b-7f-77-*"])
    factories.make_access_point(site=ny1, erl=erl, bssids=["00-19-5b-7f-77-01"])
    factories.make_access_point(site=ny1, erl=other, bssids=["00-19-5b-7f-77-02"])

    pairs = [(row.value, cover.value) for row, cover in queries.colliding_wildcards()]

    assert pairs == [("00-19-5b-7f-77-01", "00-19-5b-7f-77-*")]
