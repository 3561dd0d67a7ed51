"""Forms of desks, channels and subscriptions."""

from typing import Any

from e911portal.core.rowforms import RowForm
from notifications import models


class DeskForm(RowForm):
    class Meta:
        model = models.SecurityDesk
        fields = ("name", "sites", "members", "phone", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = self.fields["members"]
        members.queryset = members.queryset.filter(is_active=True).order_by("username")
        self.fields["sites"].queryset = self.fields["sites"].queryset.order_by("name")


class ChannelForm(RowForm):
    class Meta:
        model = models.Channel
        fields = ("desk", "transport", "address", "secret", "is_enabled")


class SubscriptionForm(RowForm):
    class Meta:
        model = models.Subscription
        fields = ("desk", "location_policy", "site", "erl")
