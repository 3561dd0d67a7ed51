"""Tables of the routing lists."""

import django_tables2 as tables
from django.utils.safestring import SafeString

from e911portal.core.tables import (
    CountColumn,
    FlagColumn,
    LinkColumn,
    MonoColumn,
    MonoLinkColumn,
    RelatedColumn,
    StateColumn,
    Table,
    WhenColumn,
    WhenLinkColumn,
    state_badge,
)
from routing import models, queries
from routing.edge import reachability


class PolicyTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    pstn_usage = RelatedColumn()
    enhanced_emergency_services_enabled = FlagColumn(verbose_name="E9-1-1", yes="On", no="Off")
    numbers = MonoColumn(verbose_name="Emergency numbers", empty_values=(), orderable=False)
    site_count = CountColumn(verbose_name="Sites")
    user_count = CountColumn(verbose_name="Users")

    class Meta(Table.Meta):
        model = models.LocationPolicy
        fields = (
            "name", "scope", "enhanced_emergency_services_enabled", "numbers", "pstn_usage",
            "site_count", "user_count",
        )  # fmt: skip

    def render_scope(self, record: models.LocationPolicy) -> str:
        return record.get_scope_display().split(":")[0]

    def render_numbers(self, record: models.LocationPolicy) -> str:
        numbers = record.emergency_numbers.all()  # prefetched
        return " ".join(word for number in numbers for word in (number.dial_string, *number.masks))


class EmergencyNumberTable(Table):
    default_order = ("dial_string",)
    dial_string = MonoColumn()
    masks = MonoColumn()

    class Meta(Table.Meta):
        model = models.EmergencyNumber
        fields = ("dial_string", "masks")

    def render_masks(self, value: list[str]) -> str:
        return ", ".join(value)


class SitePolicyTable(Table):
    default_order = ("site__name",)
    site = LinkColumn()
    location_policy = RelatedColumn()

    class Meta(Table.Meta):
        model = models.SitePolicy
        fields = ("site", "location_policy")


class UsageTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    route_count = CountColumn(verbose_name="Routes")

    class Meta(Table.Meta):
        model = models.PSTNUsage
        fields = ("name", "route_count", "description")


def reached_badge(trunk: models.Trunk) -> SafeString:
    """Return whether the SIP edge's probes reach a trunk, as the edge last said."""
    answers = reachability.EDGE.answers(queries.next_hop(trunk))
    if answers is None:
        return state_badge("none", "Not known")
    return state_badge("yes", "Answers") if answers else state_badge("failed", "No answer")


class TrunkTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    host = MonoColumn()
    site = RelatedColumn()
    pidf_lo = FlagColumn(
        accessor="sends_pidf_lo", verbose_name="PIDF-LO", yes="Sent", no="Not sent", orderable=False
    )
    is_enabled = FlagColumn(verbose_name="Enabled")
    reached = tables.Column(verbose_name="Probes", empty_values=(), orderable=False)

    class Meta(Table.Meta):
        model = models.Trunk
        fields = ("name", "kind", "host", "site", "pidf_lo", "last_resort", "is_enabled", "reached")

    def render_reached(self, record: models.Trunk) -> SafeString:
        return reached_badge(record)

    def render_host(self, record: models.Trunk) -> str:
        return f"{record.host}:{record.port};{record.transport}"


class RouteTable(Table):
    default_order = ("priority", "name")
    name = LinkColumn()
    number_pattern = MonoColumn()
    ways = tables.Column(verbose_name="Trunks, in order", empty_values=(), orderable=False)
    for_usages = tables.Column(verbose_name="Usages", empty_values=(), orderable=False)
    alternate_caller_id = MonoColumn(verbose_name="Caller id")

    class Meta(Table.Meta):
        model = models.VoiceRoute
        fields = (
            "name", "priority", "number_pattern", "for_usages", "ways", "alternate_caller_id",
        )  # fmt: skip

    def render_ways(self, record: models.VoiceRoute) -> str:
        return " → ".join(str(row.trunk) for row in record.route_trunks.all())

    def render_for_usages(self, record: models.VoiceRoute) -> str:
        return ", ".join(str(row.usage) for row in record.route_usages.all())


class RouteTrunkTable(Table):
    default_order = ("position",)
    position = tables.Column(verbose_name="Order")
    trunk = RelatedColumn()
    host = MonoColumn(accessor="trunk__host")

    class Meta(Table.Meta):
        model = models.RouteTrunk
        fields = ("position", "trunk", "host")

    def render_position(self, value: int) -> int:
        return value + 1


class RouteUsageTable(Table):
    default_order = ("position",)
    position = tables.Column(verbose_name="Order")
    usage = RelatedColumn()

    class Meta(Table.Meta):
        model = models.RouteUsage
        fields = ("position", "usage")

    def render_position(self, value: int) -> int:
        return value + 1


class PolicyUsageTable(RouteUsageTable):
    class Meta(RouteUsageTable.Meta):
        model = models.VoicePolicyUsage


class VoicePolicyTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    in_order = tables.Column(verbose_name="Usages, in order", empty_values=(), orderable=False)
    user_count = CountColumn(verbose_name="Users")

    class Meta(Table.Meta):
        model = models.VoicePolicy
        fields = ("name", "in_order", "user_count", "description")

    def render_in_order(self, record: models.VoicePolicy) -> str:
        return " → ".join(str(row.usage) for row in record.policy_usages.all())


class UserTable(Table):
    default_order = ("display_name",)
    display_name = LinkColumn(verbose_name="User", empty_values=())
    sip_uri = MonoColumn()
    line_uri = MonoColumn()
    home_site = RelatedColumn()
    location_policy = RelatedColumn()
    voice_policy = RelatedColumn()

    class Meta(Table.Meta):
        model = models.VoiceUser
        fields = (
            "display_name", "sip_uri", "line_uri", "home_site", "location_policy", "voice_policy",
        )  # fmt: skip

    def render_display_name(self, record: models.VoiceUser) -> str:
        return str(record)


class RuleTable(Table):
    default_order = ("priority", "name")
    name = LinkColumn()
    pattern = MonoColumn()
    translation = MonoColumn()

    class Meta(Table.Meta):
        model = models.NormalizationRule
        fields = ("name", "priority", "pattern", "translation", "description")


class OrbitTable(Table):
    default_order = ("first",)
    name = LinkColumn()
    first = MonoColumn()
    last = MonoColumn()

    class Meta(Table.Meta):
        model = models.CallParkOrbit
        fields = ("name", "first", "last")


class ELINTable(Table):
    default_order = ("number",)
    number = MonoLinkColumn()
    erl = RelatedColumn()

    class Meta(Table.Meta):
        model = models.ELIN
        fields = ("number", "erl", "callback_window_min")


class LeaseTable(Table):
    default_order = ("-leased_at",)
    leased_at = WhenColumn(verbose_name="Leased")
    ended_at = WhenColumn(verbose_name="Ended")
    caller = MonoColumn()

    class Meta(Table.Meta):
        model = models.ELINLease
        fields = ("leased_at", "ended_at", "caller", "call_ref")


class CallTable(Table):
    default_order = ("-at",)
    at = WhenLinkColumn(verbose_name="When")
    caller_name = tables.Column(verbose_name="Caller", empty_values=())
    callback_number = MonoColumn()
    erl_name = tables.Column(verbose_name="Location")
    state = StateColumn()
    confidence = StateColumn(verbose_name="How sure")

    class Meta(Table.Meta):
        model = models.EmergencyCall
        fields = (
            "at", "caller_name", "callback_number", "dialled", "site_name", "erl_name",
            "confidence", "trunk", "state",
        )  # fmt: skip

    def render_caller_name(self, record: models.EmergencyCall) -> str:
        return record.caller_name or record.caller_uri or "Unknown caller"

    def render_state(self, record: models.EmergencyCall) -> SafeString:
        return state_badge(record.state, record.get_state_display())

    def render_dialled(self, record: models.EmergencyCall) -> str:
        return f"{record.dialled} (test)" if record.is_test else record.dialled
