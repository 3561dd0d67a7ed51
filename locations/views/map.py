"""The site map: where sites are and how much of each is located and validated."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from e911portal.core import audit
from e911portal.core.crud import may_list
from locations import forms, models, queries


def _coverage(request: HttpRequest) -> list[queries.Coverage]:
    if not may_list(request.user, models.NetworkSite):
        raise Http404
    return queries.coverage(models.NetworkSite.objects.visible_to(request.user))


def site_map(request: HttpRequest) -> HttpResponse:
    """The map, and the same as a table for who does not use a mouse."""
    context = {
        "coverage": _coverage(request),
        "tiles": settings.MAP_TILE_URL,
        "editable": set(
            models.NetworkSite.objects.editable_by(request.user).values_list("pk", flat=True)
        ),
    }
    return render(request, "locations/map.html", context)


def sites_geojson(request: HttpRequest) -> JsonResponse:
    """The visible sites as GeoJSON (RFC 7946), with their coverage."""
    editable = set(
        models.NetworkSite.objects.editable_by(request.user).values_list("pk", flat=True)
    )
    features = [_feature(entry, entry.site.pk in editable) for entry in _coverage(request)]
    return JsonResponse({"type": "FeatureCollection", "features": features})


def _feature(entry: queries.Coverage, is_editable: bool) -> dict[str, Any]:
    site = entry.site
    placed = site.latitude is not None and site.longitude is not None
    return {
        "type": "Feature",
        "id": site.pk,
        "geometry": (
            {"type": "Point", "coordinates": [float(site.longitude), float(site.latitude)]}
            if placed
            else None
        ),
        "properties": {
            "name": site.name,
            "region": site.region.name,
            "url": site.get_absolute_url(),
            "level": entry.level,
            "elements": entry.elements,
            "located": entry.located,
            "validated": entry.validated,
            "percent": entry.percent,
            "editable": is_editable,
        },
    }


@require_POST
def place_site(request: HttpRequest, pk: int) -> JsonResponse:
    """Save where a site was dropped; 404 without the right, 422 with the reason for bad
    coordinates."""
    site = get_object_or_404(models.NetworkSite.objects.editable_by(request.user), pk=pk)
    form = forms.CoordinatesForm(request.POST, instance=site)
    if not form.is_valid():
        reasons = [message for messages in form.errors.values() for message in messages]
        return JsonResponse({"error": " ".join(reasons)}, status=422)
    audit.update(form.instance, by=request.user)
    return JsonResponse({"latitude": str(site.latitude), "longitude": str(site.longitude)})
