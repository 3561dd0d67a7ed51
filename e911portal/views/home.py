"""Home: is the portal ready for an emergency call, and what is to be done next."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from e911portal import publishing, scheduling
from e911portal.core.crud import may_list
from e911portal.core.findings import Severity
from e911portal.core.htmx import is_partial
from e911portal.core.models import Job
from e911portal.core.wording import how_many
from e911portal.rights import sees_all
from locations import queries
from locations.models import CivicAddress, NetworkSite
from locations.tables import WORDS
from routing.models import EmergencyCall

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next, and where."""

    text: str
    url: str
    state: str


def home(request: HttpRequest) -> HttpResponse:
    """The readiness board; each part only for who may see what it is about.

    What the checks say comes by htmx afterwards, or with ``?now``: it reads the whole draft.
    """
    user = request.user
    if sees_all(user) and is_partial(request):
        return render(request, "home_checks.html", _checks(request))
    sites = NetworkSite.objects.visible_to(user)
    context: dict[str, Any] = {
        "coverage": queries.coverage(sites) if may_list(user, NetworkSite) else [],
        "calls": EmergencyCall.objects.visible_to(user).order_by("-at")[:SHOWN],
        "sees_all": sees_all(user),
        "findings": None,
    }
    if context["sees_all"]:
        context["jobs"] = Job.objects.order_by("-pk")[:5]
        waiting = Job.objects.filter(state=Job.State.QUEUED, not_before__lte=timezone.now())
        context["waiting"] = waiting.order_by("pk").first()
        if "now" in request.GET:
            context |= _checks(request)
    return render(request, "home.html", context)


def _checks(request: HttpRequest) -> dict[str, Any]:
    found = publishing.findings()
    counts = Counter(entry.severity for entry in found)
    verdicts = _verdicts(CivicAddress.objects.visible_to(request.user))
    return {
        "findings": found[:SHOWN],
        "counts": {severity.value: counts[severity] for severity in Severity},
        "verdicts": verdicts,
        "steps": _steps(counts, verdicts),
    }


def _verdicts(addresses: QuerySet[CivicAddress]) -> list[tuple[str, str, int]]:
    """Return state, word and number of addresses, in the order of the words."""
    counted = Counter(entry.status for entry in queries.standings(addresses))
    return [(state, word, counted[state]) for state, word in WORDS.items() if counted[state]]


def _steps(counts: Counter[Severity], verdicts: list[tuple[str, str, int]]) -> list[Step]:
    steps = _unpublished()
    if errors := counts[Severity.ERROR]:
        words = f"Repair {how_many(errors, 'error')}"
        steps.append(Step(words, reverse("plan"), "error"))
    unproven = sum(number for state, _, number in verdicts if state in ("none", "stale"))
    if unproven:
        url = reverse("locations:civicaddress-list") + "?verdict=none"
        words = f"Validate {how_many(unproven, 'address', 'addresses')}"
        steps.append(Step(words, url, "warning"))
    refused = sum(number for state, _, number in verdicts if state == "invalid")
    if refused:
        url = reverse("locations:civicaddress-list") + "?verdict=invalid"
        words = f"Correct {how_many(refused, 'refused address', 'refused addresses')}"
        steps.append(Step(words, url, "warning"))
    return steps


def _unpublished() -> list[Step]:
    """Return what should have been published without a person and was not."""
    steps = []
    if job := scheduling.unmade():
        when = timezone.localtime(job.not_before)
        words = f"The publication of {when:%Y-%m-%d %H:%M} did not come about: look why"
        steps.append(Step(words, reverse("schedule"), "error"))
    if scheduling.refusal():
        words = "The schedule published nothing: look why"
        steps.append(Step(words, reverse("schedule"), "warning"))
    return steps
