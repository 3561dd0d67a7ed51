"""REST: publications: what devices are, were and would be answered from."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from e911portal import publishing
from e911portal.core import signing
from e911portal.core.api.concurrency import not_modified
from e911portal.core.api.errors import Conflict, NotReady
from e911portal.core.api.filters import filterset
from e911portal.core.api.renderers import AnyFile
from e911portal.core.api.serializers import ScopedSerializer
from e911portal.core.api.viewsets import ScopedReadOnlyViewSet
from e911portal.core.findings import Finding
from e911portal.core.models import Publication
from e911portal.core.snapshot import SnapshotError
from e911portal.rights import sees_all


class PublicationSerializer(ScopedSerializer):
    class Meta:
        model = Publication
        fields = [
            "number", "state", "comment", "created_at", "created_by", "activated_at", "sha256",
            "signature", "size", "counts", "findings", "acknowledged", "audit_watermark",
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

    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes it off the class
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


class PublicKeySerializer(serializers.Serializer):
    """The public half of the key that publications are signed with."""

    algorithm = serializers.CharField()
    public_key = serializers.CharField(help_text="32 bytes in base64.")


class Publications(ScopedReadOnlyViewSet):
    """Publications: what devices are, were and would be answered from."""

    queryset = Publication.objects.select_related("created_by")
    serializer_class = PublicationSerializer
    filterset_class = filterset(Publication, "state", "sha256")
    lookup_field = "number"
    lookup_value_regex = "[0-9]+"
    rights = {
        "publish": "core.publish",
        "rollback": "core.publish",
        "snapshot": "core.fetch_snapshot",
        "signing_key": "core.fetch_snapshot",
    }

    def get_queryset(self) -> Any:
        """Return all publications for whoever sees every network site, else none."""
        if getattr(self, "swagger_fake_view", False) or not sees_all(self.request.user):
            return self.queryset.none()
        return self.queryset.all()

    def check_permissions(self, request: Request) -> None:
        """Refuse plan, publication and rollback without sight of every network site (403)."""
        super().check_permissions(request)
        if self.action in ("plan", "publish", "rollback") and not sees_all(request.user):
            raise PermissionDenied("This needs the right to view every network site.")

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

    @extend_schema(responses={(200, "application/json"): PublicKeySerializer}, filters=False)
    @action(detail=False, url_path="signing-key", pagination_class=None)
    def signing_key(self, request: Request) -> Response:
        """Return the public key by which nodes tell that a snapshot is the portal's."""
        key = signing.public_key(signing.signing_key(settings.KEYS_DIR))
        return Response({"algorithm": "Ed25519", "public_key": key})

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
    def snapshot(self, request: Request) -> FileResponse | Response:
        """Return the snapshot file of the active publication, for call path nodes elsewhere.

        The ETag is its SHA-256, which also stands in `X-Snapshot-SHA256`; 304 while unchanged.
        `X-Snapshot-Signature` is the portal's Ed25519 signature of number and SHA-256.
        """
        active = publishing.active_publication()
        if active is None:
            raise NotFound("Nothing has been published yet.")
        headers = {
            "ETag": f'"{active.sha256}"',
            "X-Snapshot-SHA256": active.sha256,
            "X-Snapshot-Number": str(active.number),
            "X-Snapshot-Signature": active.signature,
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
