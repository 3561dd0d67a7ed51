"""Pages of coverage: how much of a site leads to a validated place, and what is missing."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from e911portal.core.crud import may_list
from locations import queries
from locations.models import NetworkSite, SeenElement


@dataclass(frozen=True, slots=True)
class Gap:
    """One kind of element of a site, and the lists of what it lacks."""

    kind: queries.KindCoverage
    missing_url: str
    unproven_url: str

    @property
    def missing(self) -> int:
        """Return how many have no location."""
        return self.kind.elements - self.kind.located

    @property
    def unproven(self) -> int:
        """Return how many have one that is not validated."""
        return self.kind.located - self.kind.validated


def coverage(request: HttpRequest) -> HttpResponse:
    """All sites, the least covered first."""
    if not may_list(request.user, NetworkSite):
        raise Http404
    found = queries.coverage(NetworkSite.objects.visible_to(request.user))
    found.sort(key=lambda entry: (not entry.elements, entry.percent, entry.site.name))
    elements = sum(entry.elements for entry in found)
    validated = sum(entry.validated for entry in found)
    context = {
        "coverage": found,
        "elements": elements,
        "validated": validated,
        "located": sum(entry.located for entry in found),
        "percent": 100 * validated // elements if elements else 0,
    }
    return render(request, "coverage/sites.html", context)


def site_coverage(request: HttpRequest, pk: int) -> HttpResponse:
    """One site by kind of element, with the way to what is missing."""
    site = get_object_or_404(NetworkSite.objects.visible_to(request.user), pk=pk)
    total, kinds = queries.coverage_of(site)
    seen = SeenElement.objects.filter(site=site).visible_to(request.user)
    context = {
        "site": site,
        "entry": total,
        "gaps": [_gap(site, kind) for kind in kinds],
        "seen": len(queries.unmapped_elements(seen)),
    }
    return render(request, "coverage/site.html", context)


def _gap(site: NetworkSite, kind: queries.KindCoverage) -> Gap:
    base = reverse(f"locations:{kind.model._meta.model_name}-list")
    url = f"{base}?site={site.pk}"
    if kind.model._meta.model_name == "subnet":
        url += "&excluded=false"
    return Gap(kind, f"{url}&located=false", f"{url}&proven=false")
