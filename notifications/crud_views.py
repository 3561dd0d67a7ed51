"""Pages of desks, channels and subscriptions: who is told of a call, and by which way."""

from django.db.models import Count

from e911portal.core.crud import CRUDView
from e911portal.core.related import Related
from notifications import filters, forms, models, tables


class Desks(CRUDView):
    model, form_class = models.SecurityDesk, forms.DeskForm
    filterset_class, table_class = filters.DeskFilter, tables.DeskTable
    cards = (("Security desk", ("sites", "members", "phone", "description")),)
    related = (
        Related(
            "Channels",
            lambda desk: desk.channels.all(),
            tables.ChannelTable,
            exclude=("desk",),
            filter="desk",
        ),
        Related(
            "Subscriptions",
            lambda desk: desk.subscriptions.select_related("location_policy", "site", "erl"),
            tables.SubscriptionTable,
            exclude=("desk",),
            filter="desk",
        ),
    )

    def rows(self):
        counted = super().rows().prefetch_related("sites")
        return counted.annotate(
            member_count=Count("members", distinct=True),
            channel_count=Count("channels", distinct=True),
        )


class Channels(CRUDView):
    model, form_class = models.Channel, forms.ChannelForm
    filterset_class, table_class = filters.ChannelFilter, tables.ChannelTable
    select_related = ("desk",)
    cards = (
        ("Channel", ("desk", "transport", "address", "secret", "is_enabled")),
        ("Health", ("last_ok_at", "last_error")),
    )
    related = (
        Related(
            "Sent",
            lambda channel: channel.notifications.select_related("call"),
            tables.NotificationTable,
        ),
    )


class Subscriptions(CRUDView):
    model, form_class = models.Subscription, forms.SubscriptionForm
    filterset_class, table_class = filters.SubscriptionFilter, tables.SubscriptionTable
    select_related = ("desk", "location_policy", "site", "erl")


urlpatterns = [*Desks.urls(), *Channels.urls(), *Subscriptions.urls()]
