"""The REST API: every resource under ``/api/v1/`` on one screen, its description and its manual.

What spans apps is here too: the door at which the call path delivers its events.
"""

from dataclasses import asdict
from typing import Any

from django.contrib.auth.decorators import login_required
from django.urls import path, re_path, reverse_lazy
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.views import APIView

from e911portal import calls
from e911portal.api_publications import Publications
from e911portal.core.api import resources
from locations.api import network, places, seen, validation, wiremap
from notifications import api as notifications
from routing.api import numbers, policy, voice


class IngestSerializer(serializers.Serializer):
    """What became of delivered events."""

    recorded = serializers.IntegerField(help_text="New ones.")
    repeated = serializers.IntegerField(help_text="Known already; nothing happened again.")
    unreadable = serializers.IntegerField(help_text="Kept as evidence, but made no sense.")


class CallEvents(notifications.CallEvents):
    """What was reported of calls; the call path delivers it here."""

    rights = {"create": "routing.add_callevent"}
    #: Events per delivery; the spool sends its next batch at once.
    LIMIT = 1000

    @extend_schema(
        request=serializers.ListSerializer(child=serializers.DictField()),
        responses={200: IngestSerializer},
        filters=False,
    )
    def create(self, request: Request) -> Response:
        """Take over events, each once however often it is sent (by its `id`).

        When this answers 200 all of them are on disk, and the sender may forget them.
        """
        events = request.data
        if not isinstance(events, list) or len(events) > self.LIMIT:
            raise serializers.ValidationError(f"Send a list of at most {self.LIMIT} events.")
        return Response(asdict(calls.ingest(events)))


class NothingHere(APIView):
    """Answers addresses that do not exist as the rest of the API answers, not with a page."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise ``NotFound``, whatever the method; 401 comes first for somebody unknown."""
        super().initial(request, *args, **kwargs)
        raise NotFound("There is no such resource. GET /api/v1/ lists all; each ends with a slash.")


router = DefaultRouter()
router.include_format_suffixes = False
for prefix, viewset in {
    "network-regions": network.NetworkRegions,
    "network-sites": network.NetworkSites,
    "subnets": network.Subnets,
    "switches": wiremap.Switches,
    "chassis-ids": wiremap.ChassisIDs,
    "switch-ports": wiremap.SwitchPorts,
    "wireless-access-points": wiremap.WirelessAccessPoints,
    "bssids": wiremap.BSSIDs,
    "fixed-endpoints": wiremap.FixedEndpoints,
    "seen-elements": seen.SeenElements,
    "civic-addresses": places.CivicAddresses,
    "erls": places.ERLs,
    "floor-plans": places.FloorPlans,
    "floor-plan-marks": places.FloorPlanMarks,
    "service-providers": validation.ServiceProviders,
    "msag-ranges": validation.MSAGRanges,
    "validation-runs": validation.ValidationRuns,
    "address-verdicts": validation.AddressVerdicts,
    "location-policies": policy.LocationPolicies,
    "site-policies": policy.SitePolicies,
    "pstn-usages": voice.PSTNUsages,
    "trunks": voice.Trunks,
    "voice-routes": voice.VoiceRoutes,
    "voice-policies": voice.VoicePolicies,
    "voice-users": voice.VoiceUsers,
    "normalization-rules": numbers.NormalizationRules,
    "call-park-orbits": numbers.CallParkOrbits,
    "elins": numbers.ELINs,
    "elin-leases": numbers.ELINLeases,
    "emergency-calls": notifications.EmergencyCalls,
    "call-events": CallEvents,
    "security-desks": notifications.SecurityDesks,
    "channels": notifications.Channels,
    "subscriptions": notifications.Subscriptions,
    "notifications": notifications.Notifications,
    "acknowledgements": notifications.Acknowledgements,
    "publications": Publications,
    "audit-events": resources.AuditEvents,
    "jobs": resources.Jobs,
    "access-networks": resources.AccessNetworks,
    "access-keys": resources.AccessKeys,
    "api-tokens": resources.APITokens,
}.items():
    router.register(prefix, viewset)

app_name = "api"
urlpatterns = [
    path(
        "schema/",
        SpectacularAPIView.as_view(permission_classes=[IsAuthenticated]),
        name="schema",
    ),
    path(
        "docs/",
        login_required(
            SpectacularSwaggerSplitView.as_view(
                url=reverse_lazy("api:schema", query={"format": "json"}),
                template_name="rest/docs.html",
                permission_classes=[IsAuthenticated],
            )
        ),
        name="docs",
    ),
    *router.urls,
    re_path("", NothingHere.as_view()),
]
