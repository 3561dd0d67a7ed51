"""REST: PSTN usages, trunks, voice routes, voice policies and users."""

from e911portal.core.api.children import OrderedNames
from e911portal.core.api.filters import filterset
from e911portal.core.api.serializers import ScopedSerializer
from e911portal.core.api.viewsets import ScopedViewSet
from routing.models import PSTNUsage, Trunk, VoicePolicy, VoiceRoute, VoiceUser


class PSTNUsageSerializer(ScopedSerializer):
    class Meta:
        model = PSTNUsage
        fields = ["id", "name", "description"]


class PSTNUsages(ScopedViewSet):
    """Names for kinds of calls; policies name usages, routes carry them."""

    queryset = PSTNUsage.objects.all()
    serializer_class = PSTNUsageSerializer
    filterset_class = filterset(PSTNUsage, "name")
    search_fields = ("name", "description")


class TrunkSerializer(ScopedSerializer):
    class Meta:
        model = Trunk
        fields = [
            "id", "name", "kind", "host", "port", "transport", "site", "send_pidf_lo",
            "civic_profile", "send_conference_data", "send_service_info", "no_reply_ms",
            "no_answer_ms", "last_resort", "is_enabled", "description",
        ]  # fmt: skip


class Trunks(ScopedViewSet):
    """Ways out to the telephone network: the provider's SIP trunk and gateways."""

    queryset = Trunk.objects.select_related("site")
    serializer_class = TrunkSerializer
    filterset_class = filterset(
        Trunk, "name", "kind", "host", "transport", "is_enabled", site="name"
    )
    search_fields = ("name", "host", "description")


class VoiceRouteSerializer(ScopedSerializer):
    usages = OrderedNames(
        source="route_usages", target="usage", help_text="PSTN usages by name or id, in order."
    )
    trunks = OrderedNames(
        source="route_trunks", target="trunk", help_text="Trunks by name or id, in order."
    )

    class Meta:
        model = VoiceRoute
        fields = [
            "id", "name", "number_pattern", "priority", "suppress_caller_id",
            "alternate_caller_id", "usages", "trunks", "description",
        ]  # fmt: skip


class VoiceRoutes(ScopedViewSet):
    """Numbers that match a pattern, for certain usages, leave by certain trunks in order."""

    queryset = VoiceRoute.objects.prefetch_related("route_usages__usage", "route_trunks__trunk")
    serializer_class = VoiceRouteSerializer
    filterset_class = filterset(
        VoiceRoute, "name", paths={"usage": "usages__name", "trunk": "trunks__name"}
    )
    search_fields = ("name", "number_pattern", "description")


class VoicePolicySerializer(ScopedSerializer):
    usages = OrderedNames(
        source="policy_usages", target="usage", help_text="PSTN usages by name or id, in order."
    )

    class Meta:
        model = VoicePolicy
        fields = ["id", "name", "usages", "description"]


class VoicePolicies(ScopedViewSet):
    """The usages that a user's calls may take, in order."""

    queryset = VoicePolicy.objects.prefetch_related("policy_usages__usage")
    serializer_class = VoicePolicySerializer
    filterset_class = filterset(VoicePolicy, "name", paths={"usage": "usages__name"})
    search_fields = ("name", "description")


class VoiceUserSerializer(ScopedSerializer):
    class Meta:
        model = VoiceUser
        fields = [
            "id", "sip_uri", "display_name", "line_uri", "home_site", "location_policy",
            "voice_policy",
        ]  # fmt: skip


class VoiceUsers(ScopedViewSet):
    """People and phones that make calls."""

    queryset = VoiceUser.objects.select_related("home_site", "location_policy", "voice_policy")
    serializer_class = VoiceUserSerializer
    filterset_class = filterset(
        VoiceUser,
        "sip_uri",
        "line_uri",
        "display_name",
        home_site="name",
        location_policy="name",
        voice_policy="name",
    )
    search_fields = ("display_name", "sip_uri", "line_uri")
