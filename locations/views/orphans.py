"""Orphans: ERLs that nothing is mapped to, addresses without an ERL; cleaned up together."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from e911portal.core import consequences
from e911portal.core.crud import may_list
from e911portal.core.htmx import SeeOther
from e911portal.core.ticked import ticked
from e911portal.core.wording import how_many
from locations import queries
from locations.actions import cleaning
from locations.models import ERL, CivicAddress

#: Of one kind, listed and removed at a time.
SHOWN = 200
MODELS: dict[str, Any] = {"erls": ERL, "addresses": CivicAddress}


def orphans(request: HttpRequest) -> HttpResponse:
    """What nothing uses, with a box each."""
    if not may_list(request.user, ERL):
        raise Http404
    groups = [_group(slug, model, request.user) for slug, model in MODELS.items()]
    return render(request, "coverage/orphans.html", {"groups": groups, "limit": SHOWN})


def _group(slug: str, model: Any, user: Any) -> dict[str, Any]:
    visible = model._default_manager.all().visible_to(user)
    rows = queries.orphans(model).filter(pk__in=visible.values("pk")).order_by("pk")
    if model is ERL:
        rows = rows.select_related("site", "civic_address")
    shown = list(rows[:SHOWN])
    keys = [row.pk for row in shown]
    return {
        "slug": slug,
        "nouns": model._meta.verbose_name_plural,
        "rows": shown,
        "count": rows.count() if len(shown) == SHOWN else len(shown),
        "removable": set(cleaning.removable(model, keys, user).values_list("pk", flat=True)),
    }


@require_POST
def clean(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask first, saying what goes along; then remove the ticked rows."""
    if slug not in MODELS:
        raise Http404
    model = MODELS[slug]
    keys = ticked(request.POST, most=SHOWN)
    rows = cleaning.removable(model, keys, request.user)
    if "confirmed" in request.POST:
        number = cleaning.remove(model, keys, by=request.user)
        meta = model._meta
        removed = how_many(number, str(meta.verbose_name), str(meta.verbose_name_plural))
        messages.success(request, f"{removed} removed.")
        return SeeOther(reverse("locations:orphans"))
    if not rows:
        messages.error(request, "Nothing of this can be removed: it is used, or not yours.")
        return SeeOther(reverse("locations:orphans"))
    context = {
        "slug": slug,
        "nouns": model._meta.verbose_name_plural,
        "rows": rows.order_by("pk"),
        "effects": consequences.of_all(rows, seen_by=request.user),
    }
    return render(request, "coverage/clean.html", context)
