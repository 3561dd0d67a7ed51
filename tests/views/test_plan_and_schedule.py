"""Plans that are kept, publications that the worker makes, and those that wait for their time."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from e911portal import comparison, publishing, scheduling
from e911portal.core import audit, jobs
from e911portal.core.changes import ChangeSet, Effect
from e911portal.core.models import Activation, AuditEvent, Job, Publication, PublicationSchedule
from locations.models import Subnet
from tests import factories as make
from tests.views.test_publication import publish, warnings

PART = {"HX-Request": "true"}


pytestmark = pytest.mark.usefixtures("state")


def compare(browser: Client) -> Any:
    return browser.post(reverse("compare"), headers=PART)


def local(moment: Any) -> str:
    """Return what a browser's date and time control sends."""
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


def body(response: Any) -> str:
    return response.content.decode()


# ---------------------------------------------------------------- plan


def test_plan_says_in_words_what_publishing_means(browser: Client, subnet: Subnet) -> None:
    first = compare(browser)
    assert (Effect.GAINS, "1 subnet gains a location") in first.context["sentences"]

    publish(browser)
    subnet.erl = None
    subnet.save()

    assert "1 subnet loses its location" in body(compare(browser))


def test_kept_plan_is_the_same_as_a_fresh_one(browser: Client, subnet: Subnet) -> None:
    compare(browser)
    fresh = publishing.plan()

    kept = browser.get(reverse("plan")).context["plan"]

    assert (kept.findings, kept.changes, kept.counts, kept.unpublished, kept.active) == (
        fresh.findings, fresh.changes, fresh.counts, fresh.unpublished, fresh.active
    )  # fmt: skip


def test_edit_makes_a_little_plan_anew_and_a_large_one_old(
    browser: Client, subnet: Subnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(browser)
    assert "Up to date" in body(browser.get(reverse("plan")))
    browser.post(
        reverse("locations:subnet-update", args=[subnet.pk]),
        {"cidr": subnet.cidr, "site": subnet.site_id, "erl": subnet.erl_id, "description": "x"},
    )

    assert 'hx-trigger="load"' in body(browser.get(reverse("plan")))
    monkeypatch.setattr(comparison, "LITTLE", 0)
    assert "1 edit since" in body(browser.get(reverse("plan")))


def test_only_the_newest_plan_is_kept(browser: Client, subnet: Subnet, tmp_path: Path) -> None:
    compare(browser)
    compare(browser)

    assert Job.objects.filter(kind=comparison.KIND).count() == 1
    assert len(list((tmp_path / "jobs").iterdir())) == 1


def test_large_estate_is_compared_and_published_by_the_worker(
    browser: Client, subnet: Subnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "LITTLE", 0)

    assert 'hx-trigger="every 1s"' in body(compare(browser))
    assert 'hx-trigger="every 1s"' in body(browser.get(reverse("plan")))
    jobs.run(Job.objects.get().pk)
    names = warnings(browser.get(reverse("plan"), headers=PART))

    url = browser.post(reverse("publish"), {"acknowledged": names, "comment": "big"}).url
    assert 'hx-trigger="every 1s"' in body(browser.get(url))
    jobs.run(Job.objects.latest("pk").pk)

    assert browser.get(url, headers=PART)["HX-Redirect"] == reverse("publications")
    assert Publication.objects.get().comment == "big"


def test_worker_says_why_it_did_not_publish(
    browser: Client, subnet: Subnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.make_erl(site=subnet.site)
    monkeypatch.setattr(comparison, "LITTLE", 0)
    url = browser.post(reverse("publish"), {"comment": ""}).url

    jobs.run(Job.objects.get().pk)

    assert "must be acknowledged" in body(browser.get(url))


def test_many_warnings_of_a_code_are_acknowledged_together(browser: Client, subnet: Subnet) -> None:
    for _ in range(12):
        make.make_erl(site=subnet.site)
    page = compare(browser)
    codes = [group["code"] for group in page.context["groups"] if group["at_once"]]

    sent = {"acknowledged": warnings(page), "acknowledged_code": codes}
    response = browser.post(reverse("publish"), sent)

    assert codes == ["LOC001"]
    assert response.status_code == 303
    accepted = Publication.objects.get().acknowledged
    assert len([name for name in accepted if name.startswith("LOC001:")]) == 12


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({Effect.LOSES: 212}, ["212 ports lose their location"]),
        ({Effect.GAINS: 2, Effect.LOSES: 1},
         ["1 port loses its location", "2 ports gain a location"]),
        ({Effect.MOVES: 1200}, ["1,200 ports are located elsewhere"]),
    ],
    ids=["many", "losses first", "thousands"],
)  # fmt: skip
def test_counts_become_sentences(counts: dict[Effect, int], words: list[str]) -> None:
    said = comparison.sentences([ChangeSet("Switch port", counts)])

    assert [text for _, text in said] == words


@pytest.mark.parametrize(
    ("kind", "counts", "words"),
    [
        ("Network site of an element", {Effect.MOVES: 1},
         ["1 element enters another network site"]),
        ("Network site of an element", {Effect.GAINS: 2, Effect.LOSES: 3},
         ["3 elements leave their network site", "2 elements enter a network site"]),
        ("Floor", {Effect.LOSES: 212}, ["212 elements lose their floor"]),
        ("Address of an element", {Effect.CHANGES: 1, Effect.MOVES: 212},
         ["212 elements stay at their locations, which get another address",
          "1 element is described otherwise within its building"]),
    ],
    ids=["one", "losses first", "floor", "address"],
)  # fmt: skip
def test_consequences_for_elements_of_any_kind_are_counted(
    kind: str, counts: dict[Effect, int], words: list[str]
) -> None:
    said = comparison.sentences([ChangeSet(kind, counts)])

    assert [text for _, text in said] == words


def test_way_out_that_changes_is_named() -> None:
    ways = ChangeSet("Way out")
    ways.add("LA1", Effect.MOVES, "Provider → Gateway", "Gateway")

    assert comparison.sentences([ways]) == [
        (
            Effect.MOVES,
            "LA1 would leave by another way: “Provider → Gateway” now, “Gateway” after publishing",
        )
    ]


# ---------------------------------------------------------------- at a time, by itself


def test_publication_waits_for_its_time_and_is_cancelled(browser: Client, subnet: Subnet) -> None:
    tonight = timezone.now() + timedelta(hours=6)

    names = warnings(compare(browser))
    answers = {"comment": "tonight", "at": local(tonight), "acknowledged": names}
    browser.post(reverse("publish"), answers)

    job = Job.objects.get(kind="publication.publish")
    assert local(job.not_before) == local(tonight)
    assert "tonight" in body(browser.get(reverse("schedule")))

    browser.post(reverse("schedule-cancel", args=[job.pk]))

    job.refresh_from_db()
    assert (job.state, job.message) == ("failed", "Cancelled")
    assert Publication.objects.count() == 0


def test_publication_at_a_time_is_refused_now_for_what_would_refuse_it_then(
    browser: Client, subnet: Subnet
) -> None:
    tonight = local(timezone.now() + timedelta(hours=6))

    response = browser.post(reverse("publish"), {"comment": "tonight", "at": tonight})

    assert response.status_code == 422
    assert "must be acknowledged" in body(response)
    assert f'value="{tonight}"' in body(response)
    assert not Job.objects.filter(kind="publication.publish").exists()


def test_publication_that_did_not_come_about_is_told(
    browser: Client, subnet: Subnet, admin: User
) -> None:
    publish(browser)
    job = scheduling.publish_at(timezone.now() + timedelta(hours=6), by=admin, comment="tonight")
    subnet.erl = None
    audit.update(subnet, by=admin)
    jobs.run(job.pk)

    for page in ("plan", "publications", "schedule"):
        compare(browser)
        assert "Did not come about" in body(browser.get(reverse(page))), page
    (step, *_) = browser.get(reverse("home"), {"now": "1"}).context["steps"]
    assert (step.url, step.state) == (reverse("schedule"), "error")

    publish(browser)

    assert "Did not come about" not in body(browser.get(reverse("schedule")))


def test_schedule_that_published_nothing_is_told_on_the_board(
    browser: Client, subnet: Subnet, admin: User
) -> None:
    publish(browser)
    subnet.erl = None
    audit.update(subnet, by=admin)
    scheduling.set_schedule(mode="automatic", by=admin)
    scheduling.consider(now=timezone.now())

    steps = browser.get(reverse("home"), {"now": "1"}).context["steps"]

    assert "The schedule published nothing: look why" in [step.text for step in steps]


def test_time_that_has_passed_is_refused(browser: Client, subnet: Subnet) -> None:
    response = browser.post(reverse("publish"), {"at": "2020-01-01T00:00", "comment": "late"})

    assert response.status_code == 422
    assert "This has passed already." in body(response)
    assert 'value="late"' in body(response)


def test_schedule_is_set_and_recorded(browser: Client, admin: User) -> None:
    response = browser.post(
        reverse("schedule"), {"mode": "daily", "at": "03:30", "quiet_minutes": "10"}
    )

    found = PublicationSchedule.objects.get()
    assert response.status_code == 303
    assert (found.mode, f"{found.at:%H:%M}", found.set_by) == ("daily", "03:30", admin)
    assert AuditEvent.objects.of(found).get().actor == admin


def test_daily_publication_needs_a_time(browser: Client) -> None:
    response = browser.post(reverse("schedule"), {"mode": "daily", "quiet_minutes": "10"})

    assert response.status_code == 422
    assert response.context["form"].errors == {"at": ["Give the time of day, for example 02:30."]}
    assert "By hand only." in body(response)  # what holds, not what was asked for


def test_auditor_looks_and_sets_nothing(client: Client, auditor: User, subnet: Subnet) -> None:
    client.force_login(auditor)

    assert client.get(reverse("schedule")).context["form"] is None
    assert client.post(reverse("schedule"), {"mode": "manual"}).status_code == 404
    assert client.post(reverse("schedule-cancel", args=[1])).status_code == 404


@pytest.mark.parametrize("name", ["schedule", "compare"])
def test_site_admin_does_not_see_the_whole(name: str, client: Client, ny_admin: User) -> None:
    client.force_login(ny_admin)

    assert client.post(reverse(name)).status_code == 404


# ---------------------------------------------------------------- at 14:02


def test_simulator_answers_as_it_was(browser: Client, subnet: Subnet) -> None:
    publish(browser)
    first = Publication.objects.get()
    subnet.erl = None
    subnet.save()
    publish(browser)
    hour_ago = timezone.now() - timedelta(hours=1)
    Activation.objects.filter(publication=first).update(at=hour_ago)

    def ask(moment: Any) -> Any:
        question = {"ip": "10.1.1.20", "at": local(moment)}
        return browser.get(reverse("simulator"), question).context

    then = ask(hour_ago + timedelta(minutes=30))
    assert (then["resolution"]["publication"], then["resolution"]["located"]) == (
        first.number, True
    )  # fmt: skip
    assert ask(hour_ago - timedelta(hours=1))["error"].startswith(
        "Nothing had been published then. The first publication "
    )
    assert "lies ahead" in ask(timezone.now() + timedelta(hours=1))["error"]
    assert ask(hour_ago + timedelta(minutes=1))["then"].startswith("Publication 1 answered from ")


def test_simulator_says_that_a_publication_is_not_kept(browser: Client, subnet: Subnet) -> None:
    publish(browser)
    first = Publication.objects.get()
    publish(browser)
    Publication.objects.filter(pk=first.pk).update(state="retired")
    first.activations.update(at=timezone.now() - timedelta(hours=2))

    question = {"ip": "10.1.1.20", "at": local(timezone.now() - timedelta(hours=1))}
    page = browser.get(reverse("simulator"), question)

    assert "its file is not kept any more" in body(page)


def test_simulator_asks_no_draft_of_the_past(browser: Client, subnet: Subnet) -> None:
    question = {"ip": "10.1.1.20", "at": "2026-01-01T00:00", "against": "draft"}

    page = browser.get(reverse("simulator"), question)

    assert page.context["error"] == "What was answered then came from a publication."
