"""Search everything: the search box in the header."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from e911portal.core.crud import CRUDView, Role, may_list
from e911portal.core.filters import matching
from locations.views import network, places, wiremap
from routing.views import calls, policy, voice

SHOWN = 8
#: What is searched, in the order of the page.
VIEWS: tuple[type[CRUDView], ...] = (
    places.ERLs, places.Addresses, network.Sites, network.Subnets, wiremap.Switches, wiremap.Ports,
    wiremap.AccessPoints, wiremap.BSSIDs, wiremap.Endpoints, policy.LocationPolicies, voice.Users,
    voice.Routes, voice.Trunks, calls.Calls,
)  # fmt: skip


def search(request: HttpRequest) -> HttpResponse:
    """The first rows of every model in which all words occur, with the way to the rest."""
    text = request.GET.get("q", "").replace("\0", " ").strip()
    groups = []
    for view in VIEWS if text else ():
        if not may_list(request.user, view.model):
            continue
        rows = view.model._default_manager.visible_to(request.user)
        rows = rows.select_related(*view.select_related)
        found = matching(rows, text, view.filterset_class.search_fields).distinct()[: SHOWN + 1]
        if found:
            groups.append(
                {
                    "title": view.model._meta.verbose_name_plural,
                    "rows": found[:SHOWN],
                    "more": len(found) > SHOWN,
                    "url": view.url(Role.LIST),
                }
            )
    context = {"everything": text, "groups": groups}
    return render(request, "search.html", context)
