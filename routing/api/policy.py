"""REST: location policies and which network sites they are assigned to."""

from e911portal.core.api.children import Records
from e911portal.core.api.filters import filterset
from e911portal.core.api.serializers import ScopedSerializer
from e911portal.core.api.viewsets import ScopedViewSet
from routing.models import EmergencyNumber, LocationPolicy, SitePolicy


class EmergencyNumberSerializer(ScopedSerializer):
    class Meta:
        model = EmergencyNumber
        fields = ["dial_string", "masks"]


class LocationPolicySerializer(ScopedSerializer):
    emergency_numbers = Records(
        child=EmergencyNumberSerializer(), help_text="Dial strings, each with its masks."
    )

    class Meta:
        model = LocationPolicy
        fields = [
            "id", "name", "scope", "description", "enhanced_emergency_services_enabled",
            "location_required", "disclaimer", "use_location_for_e911_only", "emergency_numbers",
            "pstn_usage", "notification_uris", "conference_uri", "conference_mode",
            "location_refresh_interval_hours", "unvalidated_addresses",
        ]  # fmt: skip


class LocationPolicies(ScopedViewSet):
    """The emergency settings of network sites, of users, or of everybody."""

    queryset = LocationPolicy.objects.select_related("pstn_usage").prefetch_related(
        "emergency_numbers"
    )
    serializer_class = LocationPolicySerializer
    filterset_class = filterset(
        LocationPolicy,
        "name",
        "scope",
        "location_required",
        "unvalidated_addresses",
        paths={"dial_string": "emergency_numbers__dial_string"},
        pstn_usage="name",
    )
    search_fields = ("name", "description")


class SitePolicySerializer(ScopedSerializer):
    class Meta:
        model = SitePolicy
        fields = ["id", "site", "location_policy"]


class SitePolicies(ScopedViewSet):
    """Assignments of tagged location policies to network sites."""

    queryset = SitePolicy.objects.select_related("site", "location_policy")
    serializer_class = SitePolicySerializer
    filterset_class = filterset(SitePolicy, site="name", location_policy="name")
    search_fields = ("site__name", "location_policy__name")
