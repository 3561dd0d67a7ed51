"""Imports, as a person makes them: upload, plan, apply, undo."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from e911portal import jobfiles
from e911portal.core import jobs
from e911portal.core.models import AuditEvent, Job
from e911portal.views import importing as views
from locations.models import ERL, ImportBatch, NetworkRegion, NetworkSite, Subnet, SwitchPort
from tests import factories as make

GUIDE = Path(__file__).parents[1] / "locations/importers/data/guide.ps1.txt"
REGIONS = b"name,central_site,description\nEurope,,\nAsia,,\n"


pytestmark = pytest.mark.usefixtures("state")


def upload(browser: Client, content: bytes = REGIONS, **options: Any) -> Any:
    files = {"files": SimpleUploadedFile("regions.csv", content)} if content else {}
    return browser.post(reverse("imports"), {**files, **options})


def planned(browser: Client, content: bytes = REGIONS, **options: Any) -> ImportBatch:
    response = upload(browser, content, **options)
    assert response.status_code == 303, response.context["form"].errors
    return ImportBatch.objects.latest("pk")


def batch_url(batch: ImportBatch) -> str:
    return reverse("import", args=[batch.pk])


def body(response: Any) -> str:
    return response.content.decode()


# ---------------------------------------------------------------- plan


def test_page_offers_a_form_and_what_was_imported(browser: Client) -> None:
    batch = planned(browser)

    page = body(browser.get(reverse("imports")))

    assert 'enctype="multipart/form-data"' in page
    assert f'href="{reverse("import", args=[batch.pk])}"' in page


def test_upload_is_planned_and_writes_nothing(browser: Client, admin: User) -> None:
    response = upload(browser)

    batch = ImportBatch.objects.get()
    assert (response.status_code, response.url) == (303, reverse("import", args=[batch.pk]))
    assert (batch.by, batch.state, batch.totals()) == (admin, "planned", {"add": 2})
    assert NetworkRegion.objects.count() == 0
    page = body(browser.get(response.url))
    assert "2 network regions would be added." in page
    assert reverse("import-apply", args=[batch.pk]) in page


def test_guide_is_planned_with_one_error(browser: Client) -> None:
    make.make_site(name="NY1")
    site = NetworkSite.objects.get()

    batch = planned(browser, b"", text=GUIDE.read_text(), site=site.pk)

    assert batch.totals()["error"] == 1
    page = body(browser.get(reverse("import", args=[batch.pk]), {"verdict": "error"}))
    assert "1 error. Correct the text" in page
    assert '<td data-label="Kind">subnet</td>' in page
    assert reverse("import-apply", args=[batch.pk]) not in page


def test_rows_are_filtered_and_paged(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "SHOWN", 2)
    make.make_region(name="Asia")
    lines = b"name,central_site,description\nAsia,,\nEurope,,\nAfrica,,\nOceania,,\n"
    batch = planned(browser, lines)
    url = reverse("import", args=[batch.pk])

    def labels(**query: str) -> list[str]:
        part = browser.get(url, query, headers={"HX-Request": "true"})
        assert "<html" not in body(part)
        return [row.label for row in part.context["rows"]]

    assert labels(verdict="unchanged") == ["Asia"]
    assert labels(verdict="add", page="2") == ["Oceania"]
    assert labels(kind="network region", page="2") == ["Oceania", "Asia"]
    assert labels(kind="switch") == []


def test_before_and_after_are_shown(browser: Client) -> None:
    make.make_region(name="Asia", description="old")
    batch = planned(browser, b"name,central_site,description\nAsia,,new\n")

    page = body(browser.get(reverse("import", args=[batch.pk])))

    assert "<del>old</del> → <ins>new</ins>" in page


@pytest.mark.parametrize(
    ("content", "options", "error"),
    [
        (b"", {}, "Choose a file, or paste its text."),
        (b"a,b,c\n1,2,3\n", {}, "regions.csv line 1: the columns a, b, c are not those of"),
        (b"PK\x03\x04 and no archive", {}, "regions.csv is not a readable XLSX file"),
        (b"\0\1\2", {}, "regions.csv is neither text nor XLSX."),
        (REGIONS, {"mask": "129"}, "less than or equal to 128"),
    ],
    ids=["nothing", "unknown columns", "broken archive", "no text", "bad mask"],
)
def test_unreadable_file_is_refused_in_words(
    content: bytes, options: dict[str, str], error: str, browser: Client
) -> None:
    response = upload(browser, content, **options)

    assert response.status_code == 422
    assert error in body(response)
    assert ImportBatch.objects.count() == 0


def test_large_upload_is_refused(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("e911portal.forms.MAX_BYTES", 10)

    response = upload(browser)

    assert response.context["form"].errors["files"] == [
        "Together they are larger than 0 MB. Split them."
    ]


def test_missing_rows_are_planned_to_go(browser: Client) -> None:
    make.make_region(name="Africa")

    batch = planned(browser, delete_missing="on")

    assert batch.totals() == {"delete": 1}
    page = body(browser.get(reverse("import", args=[batch.pk])))
    assert "1 network region would be deleted." in page


# ---------------------------------------------------------------- apply and undo


def test_applied_and_undone(browser: Client, admin: User) -> None:
    batch = planned(browser)

    browser.post(reverse("import-apply", args=[batch.pk]))

    assert sorted(NetworkRegion.objects.values_list("name", flat=True)) == ["Asia", "Europe"]
    assert AuditEvent.objects.filter(action="locations.networkregion.created").count() == 2
    page = body(browser.get(reverse("import", args=[batch.pk])))
    assert "2 network regions were added." in page
    assert "2 network regions would be deleted." in page

    response = browser.post(reverse("import-undo", args=[batch.pk]), follow=True)

    assert NetworkRegion.objects.count() == 0
    assert "is undone" in body(response)


def test_undo_says_what_was_edited_since(browser: Client) -> None:
    batch = planned(browser)
    browser.post(reverse("import-apply", args=[batch.pk]))
    NetworkRegion.objects.filter(name="Asia").update(description="edited")

    response = browser.post(reverse("import-undo", args=[batch.pk]), follow=True)

    assert "Nothing was written. Rows were edited since the import." in body(response)
    assert NetworkRegion.objects.count() == 2


def test_ports_of_the_guide_gain_a_place(browser: Client) -> None:
    site = make.make_site(name="NY1")
    lines = GUIDE.read_text().split("\n\n")[0]

    batch = planned(browser, b"", text=lines, site=site.pk)
    browser.post(reverse("import-apply", args=[batch.pk]))

    assert SwitchPort.objects.get().erl == ERL.objects.get()


# ---------------------------------------------------------------- by the worker


def test_large_import_is_left_to_the_worker(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "LITTLE_BYTES", 0)
    monkeypatch.setattr(views, "LITTLE_ROWS", 0)

    url = upload(browser).url
    waiting = browser.get(url)
    assert 'hx-trigger="every 1s"' in body(waiting)
    jobs.run(Job.objects.get().pk)
    planned_at = browser.get(url, headers={"HX-Request": "true"})["HX-Redirect"]
    batch = ImportBatch.objects.get()
    assert planned_at == reverse("import", args=[batch.pk])

    applying = browser.post(reverse("import-apply", args=[batch.pk])).url
    assert "How far it is" in body(browser.get(planned_at))
    jobs.run(Job.objects.latest("pk").pk)

    assert browser.get(applying).url == planned_at
    assert NetworkRegion.objects.count() == 2


def test_worker_says_what_it_cannot_read(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LITTLE_BYTES", 0)
    url = upload(browser, b"a,b\n1,2\n").url

    jobs.run(Job.objects.get().pk)

    assert "the columns a, b are not those of" in body(browser.get(url))


# ---------------------------------------------------------------- pasted text

BLOCKED = "network,site,erl,excluded\n10.1.1.7/24,NY1,,\n"


def test_text_of_a_blocked_plan_is_still_there_to_correct(
    browser: Client, ny1: NetworkSite
) -> None:
    batch = planned(browser, b"", text=BLOCKED, mask="24", site=ny1.pk)
    assert batch.is_blocked
    (url,) = re.findall(r'href="([^"]*\?job=[0-9]+)"', body(browser.get(batch_url(batch))))

    form = browser.get(url).context["form"]

    assert form["text"].value() == BLOCKED.strip()
    assert form["mask"].value() == "24"
    assert form["site"].value() == ny1.pk
    again = planned(browser, b"", text=form["text"].value().replace("1.7", "1.0"))
    assert not again.is_blocked


def test_text_that_the_worker_cannot_read_is_still_there(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "LITTLE_BYTES", 0)
    url = upload(browser, b"", text="a,b\n1,2\n").url
    jobs.run(Job.objects.get().pk)

    (link,) = re.findall(r'href="([^"]*\?job=[0-9]+)"', body(browser.get(url)))

    assert "a,b\n1,2" in body(browser.get(link))


def test_uploaded_files_are_not_kept_and_not_offered(browser: Client, tmp_path: Path) -> None:
    page = body(browser.get(batch_url(planned(browser, BLOCKED.encode()))))

    assert "Correct the file" in page
    assert "?job=" not in page
    assert not list((tmp_path / "jobs").iterdir())


@pytest.mark.parametrize("key", ["", "x", "0", "9" * 30])
def test_text_of_no_job(browser: Client, key: str) -> None:
    assert browser.get(reverse("imports"), {"job": key}).context["form"]["text"].value() is None


def test_text_is_shown_to_nobody_else_and_goes_within_a_day(browser: Client) -> None:
    planned(browser, b"", text=BLOCKED)
    job = Job.objects.get()
    other = Client()
    other.force_login(make.make_user(is_superuser=True))

    assert other.get(reverse("imports"), {"job": job.pk}).context["form"]["text"].value() is None
    jobfiles.sweep(now=timezone.now() + timedelta(days=2))
    page = browser.get(reverse("imports"), {"job": job.pk})
    assert page.context["form"]["text"].value() is None
    assert "?job=" not in body(browser.get(batch_url(ImportBatch.objects.get())))


# ---------------------------------------------------------------- rights


def test_site_admin_imports_into_the_own_site_only(
    client: Client, ny_admin: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    client.force_login(ny_admin)
    lines = "network,site,erl,excluded,description\n10.1.1.0/24,NY1,,no,\n10.2.0.0/16,LA1,,no,\n"

    batch = planned(client, lines.encode())
    assert batch.is_blocked

    batch = planned(client, lines.rpartition("10.2")[0].encode())
    client.post(reverse("import-apply", args=[batch.pk]))
    assert [row.cidr for row in Subnet.objects.all()] == ["10.1.1.0/24"]


def test_site_admin_chooses_among_the_own_sites(
    client: Client, ny_admin: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    client.force_login(ny_admin)

    form = client.get(reverse("imports")).context["form"]

    assert list(form.fields["site"].queryset) == [ny1]


def test_others_imports_are_not_there(
    browser: Client, client: Client, ny_admin: User, ny1: NetworkSite
) -> None:
    batch = planned(browser)
    job = Job.objects.get()
    client.force_login(ny_admin)

    assert client.get(reverse("import", args=[batch.pk])).status_code == 404
    assert client.post(reverse("import-apply", args=[batch.pk])).status_code == 404
    assert client.get(reverse("import-job", args=[job.pk])).status_code == 404
    assert list(client.get(reverse("imports")).context["batches"]) == []


def test_auditor_reads_and_does_not_import(
    browser: Client, client: Client, admin: User, auditor: User
) -> None:
    batch = planned(browser)
    client.force_login(auditor)

    assert client.get(reverse("import", args=[batch.pk])).status_code == 200
    assert client.get(reverse("imports")).context["form"] is None
    assert upload(client).status_code == 404
    assert client.post(reverse("import-apply", args=[batch.pk])).status_code == 404


@pytest.mark.parametrize("who", ["desk_officer", "stranger"])
def test_without_rights_there_is_no_import(
    who: str, client: Client, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))

    assert client.get(reverse("imports")).status_code == 404
    assert reverse("imports") not in body(client.get(reverse("home")))


def test_list_needs_as_many_queries_for_three_as_for_one(
    browser: Client, django_assert_num_queries: Any
) -> None:
    planned(browser)
    browser.get(reverse("imports"))

    for _ in range(2):
        with django_assert_num_queries(7):
            browser.get(reverse("imports"))
        planned(browser)
        planned(browser)
