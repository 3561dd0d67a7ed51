"""Floor plans: the picture of a floor with ERLs, ports and access points marked on it."""

import json
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_http_methods

from e911portal.core import audit
from e911portal.core.crud import CRUDView
from e911portal.core.tables import url_of
from locations import filters, forms, models, tables

_MARKED = ("erl", "port", "access_point")


class FloorPlans(CRUDView):
    model, form_class = models.FloorPlan, forms.PlanForm
    filterset_class, table_class = filters.PlanFilter, tables.PlanTable
    select_related = ("site",)
    detail_template = "locations/floorplan.html"

    def rows(self):
        return super().rows().annotate(mark_count=Count("marks"))

    def more_context(self, obj):
        marks = [_mark(row) for row in _marks(obj)]
        return {"marks": marks, "is_editable": self._holds("editable_by", obj)}


def _marks(plan: models.FloorPlan) -> Any:
    return plan.marks.select_related("erl", "port__switch", "access_point").order_by("pk")


def _mark(row: models.FloorPlanMark) -> dict[str, Any]:
    kind = next(name for name in _MARKED if getattr(row, f"{name}_id"))
    thing = getattr(row, kind)
    return {
        "id": row.pk,
        "kind": kind,
        "label": str(thing),
        "url": url_of(thing),
        "points": row.points,
    }


@require_GET
def image(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture, to who may see the plan; uploads are not public files."""
    plan = get_object_or_404(models.FloorPlan.objects.visible_to(request.user), pk=pk)
    response = FileResponse(plan.image.open("rb"))
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=300"
    return response


@require_http_methods(["POST"])
def add_mark(request: HttpRequest, pk: int) -> JsonResponse:
    """Mark something on the plan: ``erl``, ``port`` or ``access_point`` with ``points``."""
    plan = get_object_or_404(models.FloorPlan.objects.editable_by(request.user), pk=pk)
    return _save(forms.MarkForm(request.POST, plan=plan), request, status=201)


@require_http_methods(["POST", "DELETE"])
def change_mark(request: HttpRequest, pk: int, mark: int) -> HttpResponse:
    """Move a mark (POST with ``points``) or take it off the plan (DELETE)."""
    plan = get_object_or_404(models.FloorPlan.objects.editable_by(request.user), pk=pk)
    row = get_object_or_404(_marks(plan), pk=mark)
    if request.method == "DELETE":
        audit.delete(row, by=request.user)
        return HttpResponse(status=204)
    kept = {name: getattr(row, f"{name}_id") for name in _MARKED}
    form = forms.MarkForm(
        {**kept, "points": request.POST.get("points", "")}, plan=plan, instance=row
    )
    return _save(form, request)


def _save(form: forms.MarkForm, request: HttpRequest, status: int = 200) -> JsonResponse:
    if not form.is_valid():
        return JsonResponse({"error": json.loads(form.errors.as_json())}, status=422)
    with transaction.atomic():
        write = audit.update if form.instance.pk else audit.create
        write(form.instance, by=request.user)
    return JsonResponse(_mark(form.instance), status=status)
