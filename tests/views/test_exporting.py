"""Exports, as a person makes them: choose, look at what does not fit, download."""

import io
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from e911portal import comparison, exporting, jobfiles
from e911portal.core import jobs
from e911portal.core.models import Job
from e911portal.views.exporting import NAMES
from tests import factories as make

pytestmark = pytest.mark.usefixtures("state")


def export(browser: Client, name: str) -> Any:
    response = browser.post(reverse("exports"), {"format": name})
    assert response.status_code == 303
    return browser.get(response.url)


def content(browser: Client) -> bytes:
    url = reverse("export-file", args=[Job.objects.latest("pk").pk])
    return b"".join(browser.get(url).streaming_content)


def test_every_format_has_a_file_name() -> None:
    assert set(NAMES) == set(exporting.WORDS)


@pytest.mark.parametrize("name", NAMES)
def test_every_format_is_downloaded(name: str, browser: Client) -> None:
    make.make_subnet(cidr="10.1.1.0/24")

    page = export(browser, name)

    assert NAMES[name] in page.content.decode()
    assert len(content(browser)) > 0


def test_own_csv_holds_the_subnets(browser: Client) -> None:
    make.make_subnet(cidr="10.1.1.0/24", site=make.make_site(name="NY1"))

    export(browser, "own")

    archive = zipfile.ZipFile(io.BytesIO(content(browser)))
    assert "10.1.1.0/24,NY1" in archive.read("subnets.csv").decode("utf-8-sig")


def test_what_does_not_fit_comes_before_the_file(browser: Client) -> None:
    site = make.make_site(name="NY1")
    erl = make.make_erl(site=site, name="New York 3rd Floor Wireless")
    make.make_subnet(cidr="10.1.1.0/24", site=site, erl=erl)

    page = export(browser, "lync-ps")

    text = page.content.decode()
    assert [group["severity"] for group in page.context["groups"]] != []
    assert text.index(page.context["groups"][0]["code"]) < text.index("Download lync.ps1")


def test_large_export_is_left_to_the_worker(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "LITTLE", 0)
    make.make_subnet()

    page = export(browser, "own")
    assert 'hx-trigger="every 1s"' in page.content.decode()
    job = Job.objects.get()
    jobs.run(job.pk)

    url = reverse("export", args=[job.pk])
    assert browser.get(url, headers={"HX-Request": "true"})["HX-Redirect"] == url
    assert "Download e911portal.zip" in browser.get(url).content.decode()


def test_file_that_is_gone_is_not_found(browser: Client) -> None:
    export(browser, "own")
    job = Job.objects.get()
    jobfiles.discard(job.payload["token"])

    assert browser.get(reverse("export-file", args=[job.pk])).status_code == 404
    assert browser.get(reverse("exports")).context["jobs"] == []


def test_export_is_its_makers_own(browser: Client, client: Client, auditor: User) -> None:
    export(browser, "own")
    job = Job.objects.get()
    client.force_login(auditor)

    assert client.get(reverse("exports")).status_code == 200
    assert client.get(reverse("export", args=[job.pk])).status_code == 404
    assert client.get(reverse("export-file", args=[job.pk])).status_code == 404


@pytest.mark.parametrize("who", ["ny_admin", "desk_officer", "stranger"])
def test_who_does_not_see_all_exports_nothing(
    who: str, client: Client, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))

    assert client.get(reverse("exports")).status_code == 404
    assert client.post(reverse("exports"), {"format": "own"}).status_code == 404
    assert reverse("exports") not in client.get(reverse("home")).content.decode()


def test_unknown_format_is_refused(browser: Client) -> None:
    assert browser.post(reverse("exports"), {"format": "exe"}).status_code == 422
