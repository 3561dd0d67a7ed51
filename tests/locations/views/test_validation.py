"""Starting a validation run, watching it, and accepting what the provider says."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from e911portal.core import jobs
from locations.models import MSAGRange, ServiceProvider, ValidationRun
from tests import factories as make


@pytest.fixture
def msag(db: None) -> ServiceProvider:
    """A provider of record that judges by the imported MSAG, without a network."""
    make.make_msag_range(
        prd="N", rd="CEDAR", sts="DR", community="NEW YORK", parity=MSAGRange.Parity.BOTH
    )
    return make.make_provider(dialect="msag", url="", is_of_record=True)


def test_run_takes_what_is_not_valid(browser: Client, msag: ServiceProvider) -> None:
    proven, unknown = make.make_address(), make.make_address()
    make.make_verdict(address=proven)

    response = browser.post(reverse("locations:validate"))

    run = ValidationRun.objects.get()
    assert (response.status_code, response.url) == (303, run.get_absolute_url())
    assert list(run.addresses.all()) == [unknown]


def test_run_of_one_address_shows_its_progress_and_verdict(
    browser: Client, msag: ServiceProvider
) -> None:
    address = make.make_address(hno="12345")
    browser.post(reverse("locations:validate"), {"address": address.pk})
    run = ValidationRun.objects.get()
    url = reverse("locations:run-progress", args=[run.pk])

    waiting = browser.get(url).content.decode()
    jobs.run(run.job_id)
    done = browser.get(url).content.decode()

    assert 'hx-trigger="every 1s"' in waiting
    assert "hx-trigger" not in done
    assert "Valid" in done
    assert "Valid" in browser.get(address.get_absolute_url()).content.decode()


def test_without_a_provider_it_says_what_to_do(browser: Client) -> None:
    address = make.make_address()

    response = browser.post(reverse("locations:validate"), {"address": address.pk}, follow=True)

    assert "Add the E9-1-1 service provider first." in response.content.decode()
    assert ValidationRun.objects.count() == 0


def test_adjusted_form_is_offered_and_accepted(browser: Client) -> None:
    address = make.make_address(hno="12345", sts="Drive")
    form = {"hno": "12345", "prd": "N", "rd": "Cedar", "sts": "Dr", "a1": "NY", "a3": "New York"}
    verdict = make.make_verdict(address=address, verdict="adjusted", standardized=form)

    page = browser.get(address.get_absolute_url()).content.decode()
    response = browser.post(reverse("locations:accept-verdict", args=[verdict.pk]))

    address.refresh_from_db()
    assert "12345 N Cedar Dr New York NY" in page
    assert response.status_code == 303
    assert address.sts == "Dr"
    assert address.verdicts.latest("pk").verdict == "valid"


def test_candidate_is_chosen(browser: Client) -> None:
    address = make.make_address(hno="12345", rd="Cedr")
    candidates = [{"hno": "12345", "rd": "Cedar"}, {"hno": "12345", "rd": "Cider"}]
    verdict = make.make_verdict(address=address, verdict="candidates", candidates=candidates)

    browser.post(reverse("locations:accept-verdict", args=[verdict.pk]), {"candidate": "1"})

    address.refresh_from_db()
    assert address.rd == "Cider"


def test_verdict_on_an_edited_address_is_not_accepted(browser: Client) -> None:
    address = make.make_address(sts="Drive")
    verdict = make.make_verdict(
        address=address, verdict="adjusted", standardized={"sts": "Dr"}, normal_form="older"
    )

    response = browser.post(reverse("locations:accept-verdict", args=[verdict.pk]), follow=True)

    assert "The address was edited since. Validate it again." in response.content.decode()


def test_site_admin_accepts_nothing(client: Client, ny_admin: User) -> None:
    client.force_login(ny_admin)
    verdict = make.make_verdict(verdict="adjusted", standardized={"sts": "Dr"})

    response = client.post(reverse("locations:accept-verdict", args=[verdict.pk]))

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("standing", "names"),
    [("valid", ["proven"]), ("stale", ["edited"]), ("none", ["new"]), ("invalid", ["refused"])],
)
def test_addresses_are_listed_by_their_standing(
    standing: str, names: list[str], browser: Client
) -> None:
    rows = {name: make.make_address() for name in ("proven", "edited", "new", "refused")}
    make.make_verdict(address=rows["proven"])
    make.make_verdict(address=rows["edited"], normal_form="older")
    make.make_verdict(address=rows["refused"], verdict="invalid")

    response = browser.get(reverse("locations:civicaddress-list"), {"verdict": standing})

    found = {row.pk for row in response.context["table"].data}
    assert found == {rows[name].pk for name in names}


@pytest.mark.parametrize(
    ("community", "line"),
    [
        ("BROOKLYN", "100 BROADWAY Greenpoint NY 11206, MSAG community BROOKLYN"),
        ("GREENPOINT", "100 BROADWAY Greenpoint NY 11206"),
        ("", "100 BROADWAY Greenpoint NY 11206"),
    ],
)
def test_form_to_accept_names_the_community_of_the_guide(
    community: str, line: str, browser: Client
) -> None:
    form = {"hno": "100", "rd": "BROADWAY", "a3": "Greenpoint", "a1": "NY", "pc": "11206"}
    form["msag_community"] = community
    address = make.make_address()
    make.make_verdict(address=address, verdict="adjusted", standardized=form)

    page = browser.get(address.get_absolute_url()).content.decode()

    assert f'<span class="font-monospace">{line}</span>' in page
