"""Pages of publication: plan, publish now or later, history, roll back."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from e911portal import background, comparison, jobfiles, publishing, scheduling
from e911portal.core import jobs
from e911portal.core.findings import Finding, Severity
from e911portal.core.history import changes
from e911portal.core.htmx import SeeOther, is_partial, page_or_part, see_other
from e911portal.core.models import AuditEvent, Job, Publication
from e911portal.core.snapshot import SnapshotError
from e911portal.forms import PublishForm
from e911portal.rights import may_publish, sees_all

FIELDS = (
    "number", "created_at", "created_by", "activated_at", "comment", "size", "file", "sha256",
    "signature",
)  # fmt: skip
#: Findings of one code that are ticked one by one; of more, all together.
ONE_BY_ONE = 10
#: Changes of one kind shown.
ROWS = 100
EDITS = 50


def require_sight(request: HttpRequest) -> None:
    """Raise ``Http404`` unless the person sees every network site."""
    if not sees_all(request.user):
        raise Http404


def require_right(request: HttpRequest) -> None:
    """Raise ``Http404`` unless the person may publish."""
    if not may_publish(request.user):
        raise Http404


# ---------------------------------------------------------------- plan


@never_cache
def plan(request: HttpRequest) -> HttpResponse:
    """What publishing now would do, as last compared; a comparison that lacks is asked for."""
    require_sight(request)
    return _plan_page(request, comparison.newest_job())


@require_POST
def compare(request: HttpRequest) -> HttpResponse:
    """Compare draft and active publication: now where it is little, else by the worker."""
    require_sight(request)
    job = comparison.newest_job()
    if job is None or job.is_finished:
        at_once = comparison.is_little()
        token = jobfiles.new()
        job = background.ask(background.COMPARE, by=request.user, at_once=at_once, token=token)
    return _plan_page(request, job) if is_partial(request) else SeeOther(reverse("plan"))


def _plan_page(request: HttpRequest, job: Job | None) -> HttpResponse:
    found = comparison.read(job) if job else None
    context: dict[str, Any] = {"job": job, "poll_url": reverse("plan")}
    if found and (is_partial(request) or found.is_current or not comparison.is_little()):
        context |= _shown(found, request.user)
    part = "publication/plan_result.html" if "plan" in context else "core/work.html"
    return page_or_part(request, "publication/plan.html", part, context)


def _shown(found: comparison.Comparison, user: Any, form: PublishForm | None = None) -> Any:
    watermark = found.plan.active.audit_watermark if found.plan.active else 0
    edits = AuditEvent.objects.unpublished_since(watermark).order_by("-pk")[:EDITS]
    return {
        "comparison": found,
        "plan": found.plan,
        "groups": grouped(found.plan.findings),
        "sentences": comparison.sentences(found.plan.changes),
        "edits": changes(edits, seen_by=user),
        "may_publish": may_publish(user),
        "waiting": scheduling.waiting(),
        "unmade": scheduling.unmade(),
        "schedule": scheduling.schedule(),
        "form": form or PublishForm(),
        "shown_rows": ROWS,
    }


def grouped(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings by code: many of one code are shown by example and acknowledged at once."""
    groups: dict[tuple[Severity, str], list[Finding]] = defaultdict(list)
    for entry in findings:
        groups[entry.severity, entry.code].append(entry)
    order = list(Severity)
    return [
        {
            "severity": severity,
            "code": code,
            "count": len(members),
            "at_once": severity is Severity.WARNING and len(members) > ONE_BY_ONE,
            "more": max(0, len(members) - ONE_BY_ONE),
            "findings": [
                {"finding": entry, "name": publishing.finding_name(entry)}
                for entry in members[:ONE_BY_ONE]
            ],
        }
        for (severity, code), members in sorted(
            groups.items(), key=lambda item: (order.index(item[0][0]), item[0][1])
        )
    ]


# ---------------------------------------------------------------- publish


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish the draft, or have it published at a time; 422 with what stands in the way."""
    require_right(request)
    form = PublishForm(request.POST)
    job = comparison.newest_job()
    found = comparison.read(job) if job else None
    codes = request.POST.getlist("acknowledged_code")
    acknowledged = set(request.POST.getlist("acknowledged"))
    acknowledged |= found.names(codes) if found else set()
    if not form.is_valid():
        context = {"form": form, "codes": codes, "acknowledged": sorted(acknowledged)}
        return render(request, "publication/refused.html", context, status=422)
    comment, moment = form.cleaned_data["comment"], form.cleaned_data["at"]
    if moment:
        if refused := _refused_by_now(found, acknowledged):
            return _refused(request, refused, form, codes)
        return _publish_later(request, moment, comment, acknowledged)
    if not comparison.is_little():
        job = jobs.enqueue(
            scheduling.PUBLISH,
            by=request.user,
            comment=comment,
            acknowledged=sorted(acknowledged),
        )
        return SeeOther(reverse("publish-job", args=[job.pk]))
    try:
        made = publishing.publish(by=request.user, comment=comment, acknowledged=acknowledged)
    except publishing.Refused as refused:
        return _refused(request, refused, form, codes)
    messages.success(request, f"{made} is active. Devices are answered from it.")
    return SeeOther(reverse("publications"))


def _refused(
    request: HttpRequest, refused: publishing.Refused, form: PublishForm, codes: list[str]
) -> HttpResponse:
    context = {
        "refused": str(refused),
        "groups": grouped(refused.findings),
        "codes": codes,
        "acknowledged": request.POST.getlist("acknowledged"),
        "may_publish": True,
        "form": form,
    }
    return render(request, "publication/refused.html", context, status=422)


def _refused_by_now(
    found: comparison.Comparison | None, acknowledged: set[str]
) -> publishing.Refused | None:
    """Return what would refuse the draft as it is: nobody should learn of that at night only."""
    plan = publishing.plan() if comparison.is_little() else found and found.plan
    try:
        publishing.refuse_unless_clear(plan.findings if plan else [], acknowledged)
    except publishing.Refused as refused:
        return refused
    return None


def _publish_later(
    request: HttpRequest, moment: datetime, comment: str, acknowledged: set[str]
) -> HttpResponse:
    scheduling.publish_at(moment, by=request.user, comment=comment, acknowledged=acknowledged)
    messages.success(
        request,
        f"The draft, as it will be then, is published at {moment:%Y-%m-%d %H:%M}, unless something "
        f"new stands in the way.",
    )
    return SeeOther(reverse("plan"))


@never_cache
def publish_job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a publication is; on to the history at its end."""
    require_sight(request)
    job = get_object_or_404(Job, pk=pk, kind=scheduling.PUBLISH)
    if job.state == Job.State.DONE:
        messages.success(request, f"{job.message}. Devices are answered from it.")
        return see_other(request, reverse("publications"))
    context = {"job": job, "poll_url": reverse("publish-job", args=[pk])}
    return page_or_part(request, "publication/job.html", "core/work.html", context)


# ---------------------------------------------------------------- history


@require_POST
def rollback(request: HttpRequest, number: int) -> HttpResponse:
    """Answer from an earlier publication again."""
    require_right(request)
    get_object_or_404(Publication, number=number)
    try:
        publishing.rollback(number=number, by=request.user)
    except Publication.DoesNotExist:
        messages.error(request, f"Publication {number} cannot be activated again.")
    except SnapshotError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Publication {number} is active again. The draft is as it was.")
    return SeeOther(reverse("publications"))


@never_cache
def publications(request: HttpRequest) -> HttpResponse:
    """All publications, newest first, with the way back to each that is kept."""
    require_sight(request)
    publishing.reconcile()
    context = {
        "publications": Publication.objects.select_related("created_by").order_by("-number")[:200],
        "may_publish": may_publish(request.user),
        "waiting": scheduling.waiting(),
        "unmade": scheduling.unmade(),
        "schedule": scheduling.schedule(),
    }
    return render(request, "publication/list.html", context)


def publication(request: HttpRequest, number: int) -> HttpResponse:
    """One publication: what it contains, what its checks said, who accepted which warning."""
    require_sight(request)
    found = get_object_or_404(Publication.objects.select_related("created_by"), number=number)
    context = {
        "publication": found,
        "publication_fields": FIELDS,
        "activations": found.activations.order_by("-at")[:EDITS],
        "may_fetch": request.user.has_perm("core.fetch_snapshot"),
    }
    return render(request, "publication/detail.html", context)
