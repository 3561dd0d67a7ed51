"""Filters of the routing lists, by URL."""

from typing import Any

from django_filters import ModelChoiceFilter

from e911portal.core.filters import FilterSet
from routing import models


class PolicyFilter(FilterSet):
    search_fields = ("name", "description", "emergency_numbers__dial_string")

    class Meta:
        model = models.LocationPolicy
        fields = ("scope", "pstn_usage")

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return super().search(queryset, name, value).distinct()


class SitePolicyFilter(FilterSet):
    search_fields = ("site__name", "location_policy__name")

    class Meta:
        model = models.SitePolicy
        fields = ("location_policy",)


class UsageFilter(FilterSet):
    search_fields = ("name", "description")

    class Meta:
        model = models.PSTNUsage
        fields = ()


class RouteFilter(FilterSet):
    search_fields = ("name", "description", "number_pattern")
    usages = ModelChoiceFilter(queryset=models.PSTNUsage.objects.all(), label="PSTN usage")
    trunks = ModelChoiceFilter(queryset=models.Trunk.objects.all(), label="Trunk")

    class Meta:
        model = models.VoiceRoute
        fields = ("usages", "trunks")


class TrunkFilter(FilterSet):
    search_fields = ("name", "host", "description")

    class Meta:
        model = models.Trunk
        fields = ("kind", "site", "is_enabled")


class VoicePolicyFilter(FilterSet):
    search_fields = ("name", "description")
    usages = ModelChoiceFilter(queryset=models.PSTNUsage.objects.all(), label="PSTN usage")

    class Meta:
        model = models.VoicePolicy
        fields = ("usages",)


class UserFilter(FilterSet):
    search_fields = ("display_name", "sip_uri", "line_uri")

    class Meta:
        model = models.VoiceUser
        fields = ("home_site", "location_policy", "voice_policy")


class RuleFilter(FilterSet):
    search_fields = ("name", "pattern", "translation", "description")

    class Meta:
        model = models.NormalizationRule
        fields = ()


class OrbitFilter(FilterSet):
    search_fields = ("name", "first", "last")

    class Meta:
        model = models.CallParkOrbit
        fields = ()


class ELINFilter(FilterSet):
    search_fields = ("number", "erl__name")

    class Meta:
        model = models.ELIN
        fields = ("erl",)


class CallFilter(FilterSet):
    search_fields = (
        "caller_name", "caller_uri", "callback_number", "erl_name", "site_name", "call_ref",
        "call_id",
    )  # fmt: skip

    class Meta:
        model = models.EmergencyCall
        fields = ("state", "site", "is_test", "confidence")
