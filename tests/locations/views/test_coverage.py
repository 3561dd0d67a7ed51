"""Coverage by site and by kind of element; orphans and their removal."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from e911portal.core.models import AuditEvent
from locations.models import ERL, CivicAddress, FloorPlanMark, NetworkSite
from tests import factories as make
from tests.core.api_cases import make_plan


@pytest.fixture
def proven(ny1: NetworkSite) -> ERL:
    """An ERL of NY1 whose address is valid."""
    erl = make.make_erl(site=ny1)
    make.make_verdict(address=erl.civic_address)
    return erl


# ---------------------------------------------------------------- coverage


def test_least_covered_site_comes_first(
    browser: Client, ny1: NetworkSite, la1: NetworkSite, proven: ERL
) -> None:
    make.make_subnet(site=ny1, erl=proven)
    make.make_subnet(site=la1)

    context = browser.get(reverse("locations:coverage")).context

    assert [(entry.site.name, entry.percent) for entry in context["coverage"]] == [
        ("LA1", 0),
        ("NY1", 100),
    ]
    assert (context["elements"], context["validated"], context["percent"]) == (2, 1, 50)


def test_what_a_site_lacks_leads_to_filtered_lists(
    browser: Client, ny1: NetworkSite, proven: ERL
) -> None:
    unproven = make.make_erl(site=ny1)
    make.make_subnet(site=ny1, erl=proven)
    make.make_subnet(site=ny1, erl=unproven)
    make.make_subnet(site=ny1, excluded=True)
    lost = make.make_subnet(site=ny1)
    make.make_switch(site=ny1)

    gaps = browser.get(reverse("locations:site-coverage", args=[ny1.pk])).context["gaps"]

    found = {
        gap.kind.noun: (gap.kind.elements, gap.missing, gap.unproven)
        for gap in gaps
        if gap.kind.elements
    }
    assert found == {"subnets": (3, 1, 1), "switches": (1, 1, 0)}
    subnets = next(gap for gap in gaps if gap.kind.noun == "subnets")
    rows = browser.get(subnets.missing_url).context["table"].data.data
    assert list(rows) == [lost]
    rows = browser.get(subnets.unproven_url).context["table"].data.data
    assert [row.erl for row in rows] == [unproven]


def test_every_kind_can_be_filtered_by_what_it_lacks(
    browser: Client, ny1: NetworkSite, proven: ERL
) -> None:
    for erl in (None, proven, make.make_erl(site=ny1)):
        make.make_port(switch=make.make_switch(site=ny1, erl=erl), erl=erl)
        make.make_access_point(site=ny1, erl=erl)
        make.make_subnet(site=ny1, erl=erl)
        make.make_fixed_endpoint(site=ny1, erl=erl)

    gaps = browser.get(reverse("locations:site-coverage", args=[ny1.pk])).context["gaps"]

    for gap in gaps:
        assert (gap.missing, gap.unproven) == (1, 1), gap.kind.noun
        for url in (gap.missing_url, gap.unproven_url):
            assert len(browser.get(url).context["table"].rows) == 1


def test_coverage_of_a_site_needs_as_many_queries_for_many_elements(
    browser: Client, ny1: NetworkSite, django_assert_num_queries: Any
) -> None:
    url = reverse("locations:site-coverage", args=[ny1.pk])
    browser.get(url)

    for _ in range(2):
        with django_assert_num_queries(14):
            browser.get(url)
        make.make_subnet(site=ny1)
        make.make_switch(site=ny1)


def test_coverage_of_others_is_not_there(client: Client, ny_admin: User, la1: NetworkSite) -> None:
    client.force_login(ny_admin)

    assert client.get(reverse("locations:site-coverage", args=[la1.pk])).status_code == 404


# ---------------------------------------------------------------- orphans


def groups(client: Client) -> dict[str, list[Any]]:
    page = client.get(reverse("locations:orphans"))
    return {group["slug"]: group["rows"] for group in page.context["groups"]}


def clean(client: Client, slug: str, *rows: Any, **more: str) -> Any:
    url = reverse("locations:orphans-clean", args=[slug])
    return client.post(url, {"row": [row.pk for row in rows], **more}, follow=True)


def test_used_rows_are_no_orphans(browser: Client, ny1: NetworkSite, proven: ERL) -> None:
    make.make_subnet(site=ny1, erl=proven)
    default = make.make_erl(site=ny1)
    ny1.default_erl = default
    ny1.save()
    make.make_elin(erl=make.make_erl(site=ny1))
    orphan = make.make_erl(site=ny1)
    address = make.make_address()

    assert groups(browser) == {"erls": [orphan], "addresses": [address]}


def test_address_that_was_validated_is_an_orphan_all_the_same(
    browser: Client, ny1: NetworkSite
) -> None:
    address = make.make_address()
    make.make_verdict(address=address)
    run = make.make_validation_run()
    run.addresses.set([address])

    assert groups(browser)["addresses"] == [address]
    clean(browser, "addresses", address, confirmed="yes")

    assert not CivicAddress.objects.exists()


def test_removal_asks_first_and_says_what_goes_along(
    browser: Client, ny1: NetworkSite, admin: User
) -> None:
    orphan = make.make_erl(site=ny1, name="Attic")
    plan = make_plan(ny1)
    FloorPlanMark.objects.create(plan=plan, erl=orphan, points=[[0.1, 0.1]])

    page = clean(browser, "erls", orphan).content.decode()
    assert "Attic" in page
    assert "1 floor plan mark" in page
    assert ERL.objects.count() == 1

    page = clean(browser, "erls", orphan, confirmed="yes").content.decode()

    assert "1 ERL removed." in page
    assert (ERL.objects.count(), FloorPlanMark.objects.count()) == (0, 0)
    deleted = AuditEvent.objects.filter(action__endswith=".deleted").order_by("pk")
    assert [(event.object_type, event.actor) for event in deleted] == [
        ("locations.floorplanmark", admin),
        ("locations.erl", admin),
    ]


def test_row_that_is_used_by_now_stays(browser: Client, ny1: NetworkSite) -> None:
    erl = make.make_erl(site=ny1)
    make.make_subnet(site=ny1, erl=erl)

    page = clean(browser, "erls", erl, confirmed="yes").content.decode()

    assert "0 ERLs removed." in page
    assert ERL.objects.get() == erl


def test_addresses_are_cleaned_with_their_verdicts(browser: Client) -> None:
    address = make.make_address()
    make.make_verdict(address=address)

    assert "1 address verdict" in clean(browser, "addresses", address).content.decode()
    clean(browser, "addresses", address, confirmed="yes")

    assert CivicAddress.objects.count() == 0


def test_site_admin_removes_on_the_own_site_only(
    client: Client, ny_admin: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    client.force_login(ny_admin)
    mine, other = make.make_erl(site=ny1), make.make_erl(site=la1)

    assert groups(client)["erls"] == [mine]
    clean(client, "erls", mine, other, confirmed="yes")

    assert list(ERL.objects.all()) == [other]


def test_auditor_removes_nothing(client: Client, auditor: User) -> None:
    client.force_login(auditor)
    erl = make.make_erl()

    assert groups(client)["erls"] == [erl]
    page = clean(client, "erls", erl)

    assert "Nothing of this can be removed" in page.content.decode()


def test_unknown_kind_of_orphan_is_not_found(browser: Client) -> None:
    assert browser.post(reverse("locations:orphans-clean", args=["sites"])).status_code == 404
