"""REST: network regions, network sites and subnets."""

from e911portal.core.api.filters import filterset
from e911portal.core.api.serializers import ScopedSerializer
from e911portal.core.api.viewsets import ScopedViewSet
from locations.models import NetworkRegion, NetworkSite, Subnet


class NetworkRegionSerializer(ScopedSerializer):
    class Meta:
        model = NetworkRegion
        fields = ["id", "name", "central_site", "description"]


class NetworkRegions(ScopedViewSet):
    """Hubs of the network, with the sites behind them."""

    queryset = NetworkRegion.objects.all()
    serializer_class = NetworkRegionSerializer
    filterset_class = filterset(NetworkRegion, "name", "central_site")
    search_fields = ("name", "description")


class NetworkSiteSerializer(ScopedSerializer):
    class Meta:
        model = NetworkSite
        fields = [
            "id", "name", "region", "description", "latitude", "longitude", "time_zone",
            "default_erl", "max_erl_area",
        ]  # fmt: skip


class NetworkSites(ScopedViewSet):
    """Offices, campuses and branches: the anchor of rights and of location policy."""

    queryset = NetworkSite.objects.select_related("region", "default_erl")
    serializer_class = NetworkSiteSerializer
    filterset_class = filterset(NetworkSite, "name", region="name", default_erl="name")
    search_fields = ("name", "description", "region__name")


class SubnetSerializer(ScopedSerializer):
    class Meta:
        model = Subnet
        fields = ["id", "cidr", "site", "erl", "excluded", "description"]


class Subnets(ScopedViewSet):
    """IP networks: the site of the devices in them and, if mapped, their location.

    `?q=10.1.1.7` finds the networks that contain that address.
    """

    queryset = Subnet.objects.select_related("site", "erl")
    serializer_class = SubnetSerializer
    filterset_class = filterset(Subnet, "cidr", "excluded", site="name", erl="name")
    search_fields = ("cidr", "description", "site__name", "erl__name")
