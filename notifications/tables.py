"""Tables of desks, channels and subscriptions."""

import django_tables2 as tables
from django.utils.safestring import SafeString

from e911portal.core.tables import (
    CountColumn,
    FlagColumn,
    LinkColumn,
    RelatedColumn,
    Table,
    state_badge,
    url_of,
)
from notifications import models


class DeskTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    watched = tables.Column(verbose_name="Watches", empty_values=(), orderable=False)
    member_count = CountColumn(verbose_name="Members")
    channel_count = CountColumn(verbose_name="Channels")

    class Meta(Table.Meta):
        model = models.SecurityDesk
        fields = ("name", "watched", "member_count", "channel_count", "phone", "description")

    def render_watched(self, record: models.SecurityDesk) -> str:
        return ", ".join(str(site) for site in record.sites.all()) or "All sites"


class ChannelTable(Table):
    default_order = ("desk__name", "transport", "address")
    address = LinkColumn()
    desk = RelatedColumn()
    is_enabled = FlagColumn(verbose_name="Enabled")
    health = tables.Column(verbose_name="Health", empty_values=(), orderable=False)

    class Meta(Table.Meta):
        model = models.Channel
        fields = ("address", "transport", "desk", "is_enabled", "health")

    def render_health(self, record: models.Channel) -> SafeString:
        if record.last_error:
            return state_badge("failed", record.last_error[:80])
        if record.last_ok_at:
            return state_badge("delivered", f"Worked {record.last_ok_at:%Y-%m-%d %H:%M}")
        return state_badge("none", "Not used yet")


class SubscriptionTable(Table):
    default_order = ("desk__name", "pk")
    about = LinkColumn(accessor="pk", verbose_name="Calls of", orderable=False, empty_values=())
    desk = RelatedColumn()

    class Meta(Table.Meta):
        model = models.Subscription
        fields = ("about", "desk")

    def render_about(self, record: models.Subscription) -> str:
        if record.location_policy:
            return f"location policy {record.location_policy}"
        return f"site {record.site}" if record.site else f"ERL {record.erl}"


class NotificationTable(Table):
    """What was sent through a channel, newest first."""

    default_order = ("-pk",)

    call = tables.Column(linkify=lambda value: url_of(value) or None)
    state = tables.Column()
    attempts = tables.Column(accessor="tried", order_by="attempts")

    class Meta(Table.Meta):
        model = models.Notification
        fields = ("call", "state", "attempts", "error")

    def render_state(self, record: models.Notification) -> SafeString:
        return state_badge(record.state, record.get_state_display())
