"""Pages of usages, routes, trunks, voice policies and users."""

from django.db.models import Count, Prefetch

from e911portal.core.crud import CRUDView
from e911portal.core.related import Related
from e911portal.core.rowforms import Inline
from routing import filters, forms, models, tables


def in_order(accessor: str, model: type, joined: str) -> Prefetch:
    """Return the prefetch of ordered rows together with what they stand for."""
    return Prefetch(accessor, model.objects.select_related(joined).order_by("position"))


_ROUTE_ROWS = (
    in_order("route_usages", models.RouteUsage, "usage"),
    in_order("route_trunks", models.RouteTrunk, "trunk"),
)
_IN_THE_CALL = ("send_pidf_lo", "civic_profile", "send_conference_data", "send_service_info")
_PROBES = (
    "The edge of this machine asks every published trunk with OPTIONS. One that does not answer is "
    "tried last, never left out. Not known: no edge answers here, or the trunk is not published."
)
_POLICY_ROWS = (in_order("policy_usages", models.VoicePolicyUsage, "usage"),)


class Usages(CRUDView):
    model, form_class = models.PSTNUsage, forms.UsageForm
    filterset_class, table_class = filters.UsageFilter, tables.UsageTable
    related = (
        Related(
            "Voice routes",
            lambda usage: usage.routes.prefetch_related(*_ROUTE_ROWS),
            tables.RouteTable,
            exclude=("for_usages",),
            filter="usages",
        ),
        Related(
            "Location policies",
            lambda usage: usage.location_policies.prefetch_related("emergency_numbers"),
            tables.PolicyTable,
            exclude=("pstn_usage", "site_count", "user_count"),
            filter="pstn_usage",
        ),
        Related(
            "Voice policies",
            lambda usage: usage.policies.prefetch_related(*_POLICY_ROWS),
            tables.VoicePolicyTable,
            exclude=("user_count",),
            filter="usages",
        ),
    )

    def rows(self):
        return super().rows().annotate(route_count=Count("routes", distinct=True))


class Routes(CRUDView):
    model, form_class = models.VoiceRoute, forms.RouteForm
    filterset_class, table_class = filters.RouteFilter, tables.RouteTable
    inlines = (
        Inline(
            models.RouteUsage,
            ("usage",),
            "PSTN usages",
            "position",
            "Calls of these usages may take this route.",
        ),
        Inline(
            models.RouteTrunk,
            ("trunk",),
            "Trunks",
            "position",
            "Tried from the first to the last until one takes the call.",
        ),
    )
    related = (
        Related(
            "Trunks, in order",
            lambda route: route.route_trunks.select_related("trunk"),
            tables.RouteTrunkTable,
        ),
        Related(
            "PSTN usages",
            lambda route: route.route_usages.select_related("usage"),
            tables.RouteUsageTable,
        ),
    )

    def rows(self):
        return super().rows().prefetch_related(*_ROUTE_ROWS)


class Trunks(CRUDView):
    model, form_class = models.Trunk, forms.TrunkForm
    filterset_class, table_class = filters.TrunkFilter, tables.TrunkTable
    select_related = ("site",)
    detail_template = "routing/trunk.html"
    cards = (
        ("Trunk", ("kind", "host", "port", "transport", "site", "is_enabled", "description")),
        ("Location in the call", _IN_THE_CALL),
        ("Failover", ("no_reply_ms", "no_answer_ms", "last_resort")),
    )
    related = (
        Related(
            "Voice routes",
            lambda trunk: trunk.routes.prefetch_related(*_ROUTE_ROWS),
            tables.RouteTable,
            exclude=("alternate_caller_id",),
            filter="trunks",
        ),
    )

    def more_context(self, obj):
        return {"reached": tables.reached_badge(obj), "reached_words": _PROBES}


class VoicePolicies(CRUDView):
    model, form_class = models.VoicePolicy, forms.VoicePolicyForm
    filterset_class, table_class = filters.VoicePolicyFilter, tables.VoicePolicyTable
    inlines = (
        Inline(
            models.VoicePolicyUsage,
            ("usage",),
            "PSTN usages",
            "position",
            "After the location policy's own usage, these are the fallback.",
        ),
    )
    related = (
        Related(
            "PSTN usages, in order",
            lambda policy: policy.policy_usages.select_related("usage"),
            tables.PolicyUsageTable,
        ),
        Related(
            "Users",
            lambda policy: policy.users.select_related("home_site", "location_policy"),
            tables.UserTable,
            exclude=("voice_policy",),
            filter="voice_policy",
        ),
    )

    def rows(self):
        counted = super().rows().prefetch_related(*_POLICY_ROWS)
        return counted.annotate(user_count=Count("users", distinct=True))


class Users(CRUDView):
    model, form_class = models.VoiceUser, forms.UserForm
    filterset_class, table_class = filters.UserFilter, tables.UserTable
    select_related = ("home_site", "location_policy", "voice_policy")
