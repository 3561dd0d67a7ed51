"""REST: the audit trail, jobs, access to the call path, and one's own tokens."""

import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from e911portal.core import audit
from e911portal.core.api.filters import filterset
from e911portal.core.api.serializers import ScopedSerializer
from e911portal.core.api.viewsets import ScopedReadOnlyViewSet, ScopedViewSet
from e911portal.core.models import (
    AccessKey,
    AccessNetwork,
    APIToken,
    AuditEvent,
    Job,
    token_digest,
)


class AuditEventSerializer(ScopedSerializer):
    class Meta:
        model = AuditEvent
        fields = [
            "id", "at", "actor_name", "via", "request_id", "action", "object_type", "object_id",
            "object_label", "before", "after", "publishable", "previous_hash", "hash",
        ]  # fmt: skip


class AuditEvents(ScopedReadOnlyViewSet):
    """The audit trail: who changed what, with the values before and after, in a chain of hashes."""

    queryset = AuditEvent.objects.all()
    serializer_class = AuditEventSerializer
    filterset_class = filterset(
        AuditEvent,
        "action",
        "actor_name",
        "object_type",
        "object_id",
        "request_id",
        "via",
        "publishable",
        paths={"since": "at__gte", "before": "at__lt"},
    )
    search_fields = ("object_label", "actor_name", "action")


class JobSerializer(ScopedSerializer):
    class Meta:
        model = Job
        fields = [
            "id", "kind", "payload", "state", "attempt", "progress", "total", "message",
            "created_at", "created_by", "started_at", "finished_at",
        ]  # fmt: skip


class Jobs(ScopedReadOnlyViewSet):
    """Background work and how far it is."""

    queryset = Job.objects.select_related("created_by")
    serializer_class = JobSerializer
    filterset_class = filterset(
        Job, "kind", "state", paths={"since": "created_at__gte", "before": "created_at__lt"}
    )


class AccessNetworkSerializer(ScopedSerializer):
    class Meta:
        model = AccessNetwork
        fields = ["id", "cidr", "role", "description"]


class AccessNetworks(ScopedViewSet):
    """Networks whose hosts the call path trusts in one role; in force once published."""

    queryset = AccessNetwork.objects.all()
    serializer_class = AccessNetworkSerializer
    filterset_class = filterset(AccessNetwork, "cidr", "role")
    search_fields = ("cidr", "description")


class AccessKeySerializer(ScopedSerializer):
    key = serializers.CharField(
        read_only=True,
        default=None,
        allow_null=True,
        help_text="The key itself; in the answer to POST, and null ever after.",
    )

    class Meta:
        model = AccessKey
        fields = ["id", "name", "may_locate", "may_route", "key"]

    def create(self, validated_data: dict[str, Any]) -> AccessKey:
        """Make a key; only its hash is stored."""
        key = secrets.token_urlsafe(32)
        row = super().create({**validated_data, "digest": token_digest(key)})
        row.key = key
        return row


class SecretOnce:
    """Answers to POST carry a secret: nobody may keep them, and they are not the row's version."""

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add one row; the answer has the secret that is never shown again."""
        response: Response = super().create(request, *args, **kwargs)  # type: ignore[misc]
        response.headers.pop("ETag", None)
        response.headers["Cache-Control"] = "no-store"
        return response


class AccessKeys(SecretOnce, ScopedViewSet):
    """Keys with which programs ask the call path about others; in force once published."""

    queryset = AccessKey.objects.all()
    serializer_class = AccessKeySerializer
    filterset_class = filterset(AccessKey, "name", "may_locate", "may_route")
    search_fields = ("name",)
    bulk = False


class APITokenSerializer(ScopedSerializer):
    token = serializers.CharField(
        read_only=True,
        default=None,
        allow_null=True,
        help_text="The secret; in the answer to POST, and null ever after.",
    )
    days = serializers.IntegerField(
        write_only=True, min_value=1, max_value=366, default=90, help_text="Days until it expires."
    )

    class Meta:
        model = APIToken
        fields = [
            "id", "name", "prefix", "is_read_only", "days", "created_at", "expires_at",
            "last_used_at", "token",
        ]  # fmt: skip
        read_only_fields = ["created_at", "expires_at", "last_used_at"]

    def create(self, validated_data: dict[str, Any]) -> APIToken:
        """Issue a token with the rights of whoever asks for it."""
        with transaction.atomic():
            row, secret = APIToken.issue(
                user=self._by,
                name=validated_data["name"],
                lifetime=timedelta(days=validated_data["days"]),
                is_read_only=validated_data.get("is_read_only", False),
            )
            audit.record("created", row, by=self._by, after=audit.field_values(row))
        row.token = secret
        return row


class APITokens(SecretOnce, ScopedViewSet):
    """One's own tokens, for whoever is logged in. Delete one to revoke it at once."""

    queryset = APIToken.objects.all()
    serializer_class = APITokenSerializer
    filterset_class = filterset(APIToken, "name", "is_read_only")
    http_method_names = ["get", "post", "delete", "head", "options"]
    rights = {"create": None}
    further_errors = (403,)
    bulk = False

    def check_permissions(self, request: Request) -> None:
        """Refuse a token (403): a stolen one could make itself copies that survive it."""
        super().check_permissions(request)
        if isinstance(request.auth, APIToken):
            raise PermissionDenied(
                "A token opens no tokens. Log in, or use manage.py create_token."
            )

    def get_queryset(self) -> Any:
        """Return the tokens of whoever asks: superusers too see only their own."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset.none()
        return self.queryset.filter(user=self.request.user.pk)

    def _check_site(self, row: Any, action: str) -> None:
        pass  # a token belongs to a person, not to a site
