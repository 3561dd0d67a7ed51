"""Forms of routing."""

from e911portal.core.rowforms import RowForm
from routing import models


class PolicyForm(RowForm):
    class Meta:
        model = models.LocationPolicy
        fields = (
            "name", "scope", "description", "enhanced_emergency_services_enabled",
            "location_required", "disclaimer", "use_location_for_e911_only", "pstn_usage",
            "notification_uris", "conference_uri", "conference_mode",
            "location_refresh_interval_hours", "unvalidated_addresses",
        )  # fmt: skip


class SitePolicyForm(RowForm):
    class Meta:
        model = models.SitePolicy
        fields = ("site", "location_policy")


class UsageForm(RowForm):
    class Meta:
        model = models.PSTNUsage
        fields = ("name", "description")


class RouteForm(RowForm):
    class Meta:
        model = models.VoiceRoute
        fields = (
            "name", "number_pattern", "priority", "suppress_caller_id", "alternate_caller_id",
            "description",
        )  # fmt: skip


class TrunkForm(RowForm):
    class Meta:
        model = models.Trunk
        fields = (
            "name", "kind", "host", "port", "transport", "site", "send_pidf_lo", "civic_profile",
            "send_conference_data", "send_service_info", "no_reply_ms", "no_answer_ms",
            "last_resort", "is_enabled", "description",
        )  # fmt: skip


class VoicePolicyForm(RowForm):
    class Meta:
        model = models.VoicePolicy
        fields = ("name", "description")


class UserForm(RowForm):
    class Meta:
        model = models.VoiceUser
        fields = (
            "sip_uri", "display_name", "line_uri", "home_site", "location_policy", "voice_policy",
        )  # fmt: skip


class RuleForm(RowForm):
    class Meta:
        model = models.NormalizationRule
        fields = ("name", "pattern", "translation", "priority", "description")


class OrbitForm(RowForm):
    class Meta:
        model = models.CallParkOrbit
        fields = ("name", "first", "last")


class ELINForm(RowForm):
    class Meta:
        model = models.ELIN
        fields = ("number", "erl", "callback_window_min")
