"""Pages of publication: plan, publish, history, roll back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from e911portal import publishing
from e911portal.core.findings import Finding
from e911portal.core.history import changes
from e911portal.core.htmx import SeeOther, is_partial
from e911portal.core.models import AuditEvent, Publication
from e911portal.core.snapshot import SnapshotError
from e911portal.views.home import sees_all

FIELDS = ("number", "created_at", "created_by", "activated_at", "comment", "size", "file", "sha256")


def _require_sight(request: HttpRequest) -> None:
    if not sees_all(request.user):
        raise Http404


def may_publish(user: Any) -> bool:
    """Tell whether ``user`` may publish and roll back."""
    return bool(user.has_perm("core.publish"))


def plan(request: HttpRequest) -> HttpResponse:
    """What publishing now would do.  The page comes at once; htmx fetches the part that takes a
    while."""
    _require_sight(request)
    context: dict[str, Any] = {"may_publish": may_publish(request.user)}
    if is_partial(request) or "now" in request.GET:
        made = publishing.plan()
        watermark = made.active.audit_watermark if made.active else 0
        context |= {
            "plan": made,
            "findings": described(made.findings),
            "edits": changes(AuditEvent.objects.unpublished_since(watermark).order_by("-pk")[:50]),
        }
    part = "publication/plan_result.html" if is_partial(request) else "publication/plan.html"
    return render(request, part, context)


def described(findings: list[Finding]) -> list[dict[str, Any]]:
    """Return findings with the name by which each is acknowledged."""
    return [{"finding": entry, "name": publishing.finding_name(entry)} for entry in findings]


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish the draft; 422 with what stands in the way when it is refused."""
    _require_right(request)
    comment = request.POST.get("comment", "").strip()[:500]
    acknowledged = request.POST.getlist("acknowledged")
    try:
        made = publishing.publish(by=request.user, comment=comment, acknowledged=acknowledged)
    except publishing.Refused as refused:
        context = {
            "refused": str(refused),
            "findings": described(refused.findings),
            "acknowledged": acknowledged,
            "may_publish": True,
            "comment": comment,
        }
        return render(request, "publication/refused.html", context, status=422)
    messages.success(request, f"Publication {made.number} is active. Devices are answered from it.")
    return SeeOther(reverse("publications"))


@require_POST
def rollback(request: HttpRequest, number: int) -> HttpResponse:
    """Answer from an earlier publication again."""
    _require_right(request)
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


def _require_right(request: HttpRequest) -> None:
    _require_sight(request)
    if not may_publish(request.user):
        raise Http404


@never_cache
def publications(request: HttpRequest) -> HttpResponse:
    """All publications, newest first, with the way back to each that is kept."""
    _require_sight(request)
    publishing.reconcile()
    context = {
        "publications": Publication.objects.select_related("created_by").order_by("-number")[:200],
        "may_publish": may_publish(request.user),
    }
    return render(request, "publication/list.html", context)


def publication(request: HttpRequest, number: int) -> HttpResponse:
    """One publication: what it contains, what its checks said, who accepted which warning."""
    _require_sight(request)
    found = get_object_or_404(Publication.objects.select_related("created_by"), number=number)
    context = {"publication": found, "publication_fields": FIELDS}
    return render(request, "publication/detail.html", context)
