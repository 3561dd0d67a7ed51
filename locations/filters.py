"""Filters of the location lists, by URL."""

from typing import Any

import django_filters

from e911portal.core.filters import FilterSet, LocatedFilter, YesNoFilter
from locations import models, queries
from locations.spanning import spanning_keys

#: How an address stands: what its provider said, unless it was edited since or nobody asked.
STANDINGS = [
    *(
        (value, label)
        for value, label in models.AddressVerdict.Verdict.choices
        if value != "unreachable"
    ),
    ("stale", "Edited since"),
    ("none", "Not validated"),
]


class ProvenFilter(YesNoFilter):
    """Whether an element leads to a place whose address is valid as it now stands."""

    def __init__(self, *, field_name: str = "erl", **kwargs: Any) -> None:
        super().__init__(**{"field_name": field_name, "label": "Validated place", **kwargs})

    def filter(self, qs: Any, value: bool | None) -> Any:
        if value is None:
            return qs
        return qs.filter(**{f"{self.field_name}__pk__among": queries.erl_keys(valid=value)})


class ForeignFilter(YesNoFilter):
    """Whether an element is answered with a place of another site (finding LOC017)."""

    def __init__(self, *, field_name: str = "site", **kwargs: Any) -> None:
        super().__init__(**{"field_name": field_name, "label": "Place of another site", **kwargs})

    def filter(self, qs: Any, value: bool | None) -> Any:
        if value is None:
            return qs
        found = queries.foreign(qs.model._default_manager.order_by(), self.field_name)
        keys = found.values("pk")
        return qs.filter(pk__in=keys) if value else qs.exclude(pk__in=keys)


class SpanningFilter(YesNoFilter):
    """Whether a subnet may span buildings (findings LOC020 and LOC021)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"field_name": "pk", "label": "Spans buildings", **kwargs})

    def filter(self, qs: Any, value: bool | None) -> Any:
        if value is None:
            return qs
        keys = spanning_keys()
        return qs.filter(pk__among=keys) if value else qs.exclude(pk__among=keys)


class RegionFilter(FilterSet):
    search_fields = ("name", "central_site", "description")

    class Meta:
        model = models.NetworkRegion
        fields = ()


class SiteFilter(FilterSet):
    search_fields = ("name", "description", "region__name")

    class Meta:
        model = models.NetworkSite
        fields = ("region",)


class SubnetFilter(FilterSet):
    search_fields = ("cidr", "description", "site__name", "erl__name")
    located = LocatedFilter()
    proven = ProvenFilter()
    foreign = ForeignFilter()
    spanning = SpanningFilter()

    class Meta:
        model = models.Subnet
        fields = ("site", "erl", "excluded")


class SwitchFilter(FilterSet):
    search_fields = ("name", "description", "site__name", "chassis_ids__value")
    located = LocatedFilter()
    proven = ProvenFilter()
    foreign = ForeignFilter()

    class Meta:
        model = models.Switch
        fields = ("site", "erl")


class PortFilter(FilterSet):
    search_fields = ("port_id", "port_key", "switch__name", "description")
    site = django_filters.ModelChoiceFilter(
        field_name="switch__site", queryset=models.NetworkSite.objects.all(), label="Site"
    )
    located = LocatedFilter()
    proven = ProvenFilter()
    foreign = ForeignFilter(field_name="switch__site")

    class Meta:
        model = models.SwitchPort
        fields = ("site", "switch", "erl")


class AccessPointFilter(FilterSet):
    search_fields = ("name", "description", "site__name", "bssids__value")
    located = LocatedFilter()
    proven = ProvenFilter()
    foreign = ForeignFilter()

    class Meta:
        model = models.WirelessAccessPoint
        fields = ("site", "erl")


class BSSIDFilter(FilterSet):
    search_fields = ("value", "access_point__name")
    site = django_filters.ModelChoiceFilter(
        field_name="access_point__site", queryset=models.NetworkSite.objects.all(), label="Site"
    )
    located = LocatedFilter(field_name="access_point__erl")

    class Meta:
        model = models.BSSID
        fields = ("site", "access_point")


class EndpointFilter(FilterSet):
    search_fields = ("name", "number", "sip_uri", "mac", "description")
    located = LocatedFilter()
    proven = ProvenFilter()
    foreign = ForeignFilter()

    class Meta:
        model = models.FixedEndpoint
        fields = ("site", "kind", "erl")


class StandingFilter(django_filters.ChoiceFilter):
    """What the provider of an address says of it as it now stands: a verdict, stale or none."""

    def __init__(self, *, prefix: str = "", **kwargs: Any) -> None:
        self.prefix = prefix
        super().__init__(choices=STANDINGS, label="Verdict", **kwargs)

    def filter(self, qs: Any, value: str) -> Any:
        if not value:
            return qs
        found = queries.addresses_standing(value)
        return qs.filter(**{f"{self.prefix}pk__among": found})


class AddressFilter(FilterSet):
    search_fields = ("hno", "prd", "rd", "sts", "a3", "a1", "pc")
    verdict = StandingFilter()

    class Meta:
        model = models.CivicAddress
        fields = ("a1",)


class ERLFilter(FilterSet):
    search_fields = (
        "name", "loc", "bld", "flr", "room", "company", "description", "site__name",
        "civic_address__hno", "civic_address__rd", "civic_address__a3",
    )  # fmt: skip
    verdict = StandingFilter(prefix="civic_address__")

    class Meta:
        model = models.ERL
        fields = ("site", "civic_address")


class PlanFilter(FilterSet):
    search_fields = ("site__name", "building", "floor")

    class Meta:
        model = models.FloorPlan
        fields = ("site",)


class ProviderFilter(FilterSet):
    search_fields = ("name", "url")

    class Meta:
        model = models.ServiceProvider
        fields = ("dialect", "is_active")


class RangeFilter(FilterSet):
    search_fields = ("rd", "community", "state", "esn", "low", "high")

    class Meta:
        model = models.MSAGRange
        fields = ("state", "parity")


class RunFilter(FilterSet):
    search_fields = ("provider__name",)

    class Meta:
        model = models.ValidationRun
        fields = ("provider",)
