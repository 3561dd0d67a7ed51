"""The REST API: every resource under ``/api/v1/`` on one screen, its description and its manual.

What spans apps is here too: publications, and the door at which the call path delivers its events.
"""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.urls import path, re_path, reverse_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.views import APIView

from e911portal import calls, publishing
from e911portal.core.api import resources
from e911portal.core.api.concurrency import not_modified
from e911portal.core.api.errors import Conflict, NotReady
from e911portal.core.api.filters import filterset
from e911portal.core.api.renderers import AnyFile
from e911portal.core.api.serializers import ScopedSerializer
from e911portal.core.api.viewsets import ScopedReadOnlyViewSet
from e911portal.core.findings import Finding
from e911portal.core.models import Publication
from e911portal.core.snapshot import SnapshotError
from locations.api import network, places, validation, wiremap
from notifications import api as notifications
from routing.api import numbers, policy, voice


class PublicationSerializer(ScopedSerializer):
    class Meta:
        model = Publication
        fields = [
            "number", "state", "comment", "created_at", "created_by", "activated_at", "sha256",
            "size", "counts", "findings", "acknowledged", "audit_watermark",
        ]  # fmt: skip


class FindingSerializer(serializers.Serializer):
    """Something that a person should repair."""

    name = serializers.SerializerMethodField(help_text="By which it is acknowledged.")
    severity = serializers.ChoiceField(["error", "warning", "info"])
    code = serializers.CharField()
    message = serializers.CharField()
    remedy = serializers.CharField()
    subject = serializers.SerializerMethodField(help_text="kind, pk, label")

    def get_name(self, finding: Finding) -> str:
        return publishing.finding_name(finding)

    def get_subject(self, finding: Finding) -> dict[str, Any] | None:
        return asdict(finding.subject) if finding.subject else None


class ChangeSerializer(serializers.Serializer):
    """One element whose answer would change."""

    label = serializers.CharField()
    effect = serializers.CharField(help_text="gains, loses, moves or changes")
    before = serializers.CharField()
    after = serializers.CharField()


class ChangeSetSerializer(serializers.Serializer):
    """All changes of one kind of element; ``rows`` are the first of them."""

    kind = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    rows = ChangeSerializer(many=True)


class PlanSerializer(serializers.Serializer):
    """What publishing now would do."""

    active = serializers.IntegerField(source="active.number", default=None, allow_null=True)
    unpublished = serializers.IntegerField(help_text="Changes since the active publication.")
    findings = FindingSerializer(many=True)
    changes = ChangeSetSerializer(many=True)
    counts = serializers.DictField(child=serializers.IntegerField())


class PublishSerializer(serializers.Serializer):
    """A publication to be made."""

    comment = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
    acknowledged = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        default=list,
        help_text="Names of the warnings that you accept, as plan gives them.",
    )


class Publications(ScopedReadOnlyViewSet):
    """Publications: what devices are, were and would be answered from."""

    queryset = Publication.objects.select_related("created_by")
    serializer_class = PublicationSerializer
    filterset_class = filterset(Publication, "state", "sha256")
    lookup_field = "number"
    lookup_value_regex = "[0-9]+"
    rights = {
        "plan": "core.view_publication",
        "publish": "core.publish",
        "rollback": "core.publish",
        "snapshot": "core.view_publication",
    }

    @extend_schema(responses=PlanSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def plan(self, request: Request) -> Response:
        """Return the findings, and how the draft differs from what devices are told now."""
        return Response(PlanSerializer(publishing.plan()).data)

    @extend_schema(request=PublishSerializer, responses={201: PublicationSerializer})
    @action(detail=False, methods=["post"])
    def publish(self, request: Request) -> Response:
        """Compile, verify and activate the draft.

        409 with code `refused` while errors, or warnings that you did not acknowledge, stand; each
        is a field, by the name under which it can be acknowledged.
        """
        asked = PublishSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            made = publishing.publish(by=request.user, **asked.validated_data)
        except publishing.Refused as error:
            reasons = {
                publishing.finding_name(entry): f"{entry.message} {entry.remedy}".strip()
                for entry in error.findings
            }
            raise NotReady(str(error), reasons) from error
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=PublicationSerializer)
    @action(detail=True, methods=["post"])
    def rollback(self, request: Request, number: str) -> Response:
        """Answer from this earlier publication again; the draft stays as it is."""
        self.get_object()
        try:
            active = publishing.rollback(number=int(number), by=request.user)
        except Publication.DoesNotExist as error:
            raise Conflict(
                f"Publication {number} is active already, or was never ready."
            ) from error
        except (SnapshotError, OSError) as error:
            message = f"The file of publication {number} is gone or damaged. Choose another one."
            raise Conflict(message) from error
        return Response(self.get_serializer(active).data)

    @extend_schema(
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={(200, "application/vnd.sqlite3"): OpenApiTypes.BINARY, 304: None},
        filters=False,
    )
    @action(
        detail=False,
        url_path="active/snapshot",
        renderer_classes=[AnyFile],
        pagination_class=None,
    )
    def snapshot(self, request: Request) -> HttpResponse | Response:
        """Return the snapshot file of the active publication, for call path nodes elsewhere.

        The ETag is its SHA-256, which also stands in `X-Snapshot-SHA256`; 304 while unchanged.
        """
        active = publishing.active_publication()
        if active is None:
            raise NotFound("Nothing has been published yet.")
        headers = {
            "ETag": f'"{active.sha256}"',
            "X-Snapshot-SHA256": active.sha256,
            "X-Snapshot-Number": str(active.number),
            "Cache-Control": "no-cache",
        }
        if not_modified(request, headers["ETag"]):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        file = settings.PUBLICATIONS_DIR / active.file
        try:
            content = file.open("rb")
        except FileNotFoundError as error:
            raise NotFound(f"The file of {active} is gone. Publish again.") from error
        return FileResponse(content, content_type="application/vnd.sqlite3", headers=headers)


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

    @extend_schema(exclude=True)
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer 404, or 401 to somebody unknown, whatever the method."""
        self.http_method_names = [request.method.lower()]
        setattr(self, request.method.lower(), self._missing)
        return super().dispatch(request, *args, **kwargs)

    def _missing(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NotFound("There is no such resource. GET /api/v1/ lists what there is.")


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
