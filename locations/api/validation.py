"""REST: service providers, the MSAG, validation runs and what providers said."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from e911portal.core.api.filters import filterset
from e911portal.core.api.serializers import ScopedSerializer
from e911portal.core.api.viewsets import ScopedReadOnlyViewSet, ScopedViewSet
from locations.actions import validation
from locations.models import (
    AddressVerdict,
    CivicAddress,
    MSAGRange,
    ServiceProvider,
    ValidationRun,
)


class ServiceProviderSerializer(ScopedSerializer):
    class Meta:
        model = ServiceProvider
        fields = [
            "id", "name", "dialect", "url", "username", "password", "client_certificate",
            "certificate_password", "rate_per_second", "connect_timeout_s", "read_timeout_s",
            "is_active", "is_of_record",
        ]  # fmt: skip


class ServiceProviders(ScopedViewSet):
    """E9-1-1 service providers. Password and certificate are taken, never shown."""

    queryset = ServiceProvider.objects.all()
    serializer_class = ServiceProviderSerializer
    filterset_class = filterset(ServiceProvider, "name", "dialect", "is_active", "is_of_record")
    search_fields = ("name",)


class MSAGRangeSerializer(ScopedSerializer):
    class Meta:
        model = MSAGRange
        fields = [
            "id", "prd", "rd", "sts", "pod", "low", "high", "parity", "community", "state", "esn",
            "psap_id", "county_id", "exchange", "general",
        ]  # fmt: skip


class MSAGRanges(ScopedViewSet):
    """The imported Master Street Address Guide: ranges of house numbers on streets."""

    queryset = MSAGRange.objects.all()
    serializer_class = MSAGRangeSerializer
    filterset_class = filterset(MSAGRange, "state", "community", "rd", "esn", "psap_id")
    search_fields = ("rd", "community")


class AddressVerdictSerializer(ScopedSerializer):
    class Meta:
        model = AddressVerdict
        fields = [
            "id", "address", "run", "provider", "provider_name", "verdict", "submitted",
            "standardized", "candidates", "aspects", "latitude", "longitude",
            "provider_location_id", "message", "raw_reply", "at", "by",
        ]  # fmt: skip


class AcceptSerializer(serializers.Serializer):
    """Which of the provider's forms to take over."""

    candidate = serializers.IntegerField(
        required=False, min_value=0, help_text="Place in candidates, from 0; else standardized."
    )


class AddressVerdicts(ScopedReadOnlyViewSet):
    """What providers said of addresses, and when; never overwritten."""

    queryset = AddressVerdict.objects.select_related("address", "run__provider", "provider", "by")
    serializer_class = AddressVerdictSerializer
    filterset_class = filterset(
        AddressVerdict,
        "address",
        "run",
        "provider",
        "provider_name",
        "verdict",
        paths={"since": "at__gte", "before": "at__lt"},
    )
    rights = {"accept": "locations.change_civicaddress"}

    @extend_schema(request=AcceptSerializer, responses={201: AddressVerdictSerializer})
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Take over the provider's spelling of the address; it counts as valid from then on."""
        chosen = AcceptSerializer(data=request.data)
        chosen.is_valid(raise_exception=True)
        accepted = validation.accept(
            verdict=self.get_object(), by=request.user, **chosen.validated_data
        )
        return Response(self.get_serializer(accepted).data, status=status.HTTP_201_CREATED)


class ValidationRunSerializer(ScopedSerializer):
    state = serializers.CharField(source="job.state", read_only=True, default=None, allow_null=True)
    progress = serializers.IntegerField(source="job.progress", read_only=True, default=0)
    total = serializers.IntegerField(source="job.total", read_only=True, default=0)
    message = serializers.CharField(source="job.message", read_only=True, default="")

    class Meta:
        model = ValidationRun
        fields = [
            "id", "provider", "addresses", "job", "state", "progress", "total", "message",
            "created_at", "created_by",
        ]  # fmt: skip
        read_only_fields = ["job", "created_at", "created_by"]
        extra_kwargs = {
            "provider": {
                "required": False,
                "help_text": "Left out: the provider of record.",
            },
            "addresses": {
                "required": False,
                "help_text": "Left out: every address that you may see.",
            },
        }

    def create(self, validated_data: dict[str, Any]) -> ValidationRun:
        """Queue the validation; the verdicts come as the run proceeds."""
        by = self.context["request"].user
        everything = CivicAddress.objects.visible_to(by)
        return validation.start(
            by=by,
            addresses=validated_data.get("addresses", everything),
            provider=validated_data.get("provider"),
        )


class ValidationRuns(ScopedViewSet):
    """Validations of addresses. POST queues one; read it again to see how far it is."""

    queryset = ValidationRun.objects.select_related(
        "provider", "job", "created_by"
    ).prefetch_related("addresses")
    serializer_class = ValidationRunSerializer
    filterset_class = filterset(ValidationRun, provider="name")
    http_method_names = ["get", "post", "head", "options"]
    bulk = False
