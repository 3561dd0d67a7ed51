"""REST: civic addresses, emergency response locations and floor plans."""

import mimetypes
from typing import Any

from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import parsers, serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from e911portal.core.api.filters import filterset
from e911portal.core.api.renderers import AnyFile
from e911portal.core.api.serializers import ScopedSerializer
from e911portal.core.api.viewsets import ScopedViewSet
from locations.models import ERL, AddressVerdict, CivicAddress, FloorPlan, FloorPlanMark


class CivicAddressSerializer(ScopedSerializer):
    verdict_status = serializers.SerializerMethodField(
        help_text="What the provider said of the address as it is now; stale after an edit."
    )

    class Meta:
        model = CivicAddress
        fields = [
            "id", "country", "a1", "a2", "a3", "a6", "hno", "hns", "prd", "rd", "sts", "pod", "pc",
            "pcn", "msag_community", "latitude", "longitude", "verdict_status",
        ]  # fmt: skip

    @extend_schema_field(
        {"type": "string", "enum": [*AddressVerdict.Verdict.values, "stale", "none"]}
    )
    def get_verdict_status(self, address: CivicAddress) -> str:
        """Return the verdict, ``stale`` when the address was edited since, or ``none``."""
        status = getattr(address, "verdict_status", None)
        if not status:
            return "none"
        return status if address.verdict_form == address.normal_form else "stale"


class CivicAddresses(ScopedViewSet):
    """Street addresses down to the house number, as the MSAG knows them (RFC 5139 elements)."""

    queryset = CivicAddress.objects.with_verdict()
    serializer_class = CivicAddressSerializer
    filterset_class = filterset(CivicAddress, "country", "a1", "a3", "hno", "rd", "pc")
    search_fields = ("hno", "rd", "sts", "a3", "pc")


class ERLSerializer(ScopedSerializer):
    class Meta:
        model = ERL
        fields = [
            "id", "name", "site", "civic_address", "company", "loc", "bld", "flr", "unit", "room",
            "seat", "area_sq_ft", "psap_text", "description",
        ]  # fmt: skip


class ERLs(ScopedViewSet):
    """Emergency response locations: the areas that responders are sent to."""

    queryset = ERL.objects.select_related("site", "civic_address")
    serializer_class = ERLSerializer
    filterset_class = filterset(ERL, "name", "civic_address", "bld", "flr", "room", site="name")
    search_fields = ("name", "loc", "description", "civic_address__rd", "civic_address__hno")


@extend_schema_field(OpenApiTypes.BINARY)
class PlanImageField(serializers.ImageField):
    """Taken as an upload, shown as the address where people with the right may fetch it.

    That address sent back means the picture that is there.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Return the picture. Raises ``ValidationError`` when it is none."""
        plan = self.parent.instance
        if plan is not None and data == self.to_representation(plan.image):
            return plan.image
        return super().to_internal_value(data)

    def to_representation(self, value: Any) -> str | None:
        return reverse("api:floorplan-image", args=[value.instance.pk]) if value else None


class FloorPlanSerializer(ScopedSerializer):
    image = PlanImageField(help_text=FloorPlan._meta.get_field("image").help_text)

    class Meta:
        model = FloorPlan
        fields = ["id", "site", "building", "floor", "image", "width", "height"]


class FloorPlans(ScopedViewSet):
    """Pictures of floors. Uploaded as `multipart/form-data`; other fields change by JSON too."""

    queryset = FloorPlan.objects.select_related("site")
    serializer_class = FloorPlanSerializer
    filterset_class = filterset(FloorPlan, "building", "floor", site="name")
    parser_classes = [parsers.MultiPartParser, parsers.JSONParser]
    search_fields = ("building", "floor", "site__name")
    bulk = False

    @extend_schema(responses={(200, "image/*"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, renderer_classes=[AnyFile])
    def image(self, request: Request, pk: str) -> FileResponse:
        """Return the picture itself."""
        picture = self.get_object().image
        kind = mimetypes.guess_type(picture.name)[0]
        return FileResponse(picture.open(), content_type=kind)


class FloorPlanMarkSerializer(ScopedSerializer):
    points = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        help_text=FloorPlanMark._meta.get_field("points").help_text,
    )

    class Meta:
        model = FloorPlanMark
        fields = ["id", "plan", "erl", "port", "access_point", "points"]


class FloorPlanMarks(ScopedViewSet):
    """Pins and outlines on floor plans, in pixels from the upper left corner."""

    queryset = FloorPlanMark.objects.select_related(
        "plan__site", "erl", "port__switch", "access_point"
    )
    serializer_class = FloorPlanMarkSerializer
    filterset_class = filterset(FloorPlanMark, "plan", "port", erl="name", access_point="name")
