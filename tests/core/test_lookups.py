"""Many keys as one parameter: the rows that ``in`` finds."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from locations.models import NetworkSite, Switch
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_among_finds_what_in_finds() -> None:
    sites = [make.make_site() for _ in range(4)]
    keys = [sites[2].pk, sites[0].pk, sites[0].pk, 0]

    found = NetworkSite.objects.filter(pk__among=keys).order_by("pk")

    assert list(found) == [sites[0], sites[2]]


def test_among_follows_a_relation() -> None:
    switch, _ = make.make_switch(), make.make_switch()

    assert list(Switch.objects.filter(site__pk__among={switch.site_id})) == [switch]


def test_among_texts() -> None:
    switch, _ = make.make_switch(name="Core “1”, 50 %"), make.make_switch(name="core-2")

    assert list(Switch.objects.filter(name__among=["Core “1”, 50 %", "core"])) == [switch]


def test_among_nothing_finds_nothing_without_asking() -> None:
    make.make_site()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert list(NetworkSite.objects.filter(pk__among=[])) == []

    assert len(queries) == 0


def test_among_thousands_is_one_parameter() -> None:
    site = make.make_site()

    found = NetworkSite.objects.filter(pk__among=range(100_000))

    assert list(found) == [site]
    assert len(found.query.sql_with_params()[1]) == 1
