"""Filters of desks, channels and subscriptions, by URL."""

from django_filters import ModelChoiceFilter

from e911portal.core.filters import FilterSet
from locations.models import NetworkSite
from notifications import models


class DeskFilter(FilterSet):
    search_fields = ("name", "phone", "description")
    sites = ModelChoiceFilter(queryset=NetworkSite.objects.all(), label="Site")

    class Meta:
        model = models.SecurityDesk
        fields = ("sites",)


class ChannelFilter(FilterSet):
    search_fields = ("address", "desk__name")

    class Meta:
        model = models.Channel
        fields = ("desk", "transport", "is_enabled")


class SubscriptionFilter(FilterSet):
    search_fields = ("desk__name", "site__name", "erl__name", "location_policy__name")

    class Meta:
        model = models.Subscription
        fields = ("desk", "location_policy", "site", "erl")
