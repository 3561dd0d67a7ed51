"""REST: the wire map: switches, ports, access points, BSSIDs and fixed endpoints."""

from typing import Any

import django_filters

from e911portal.core.api.children import Identifiers
from e911portal.core.api.filters import filterset
from e911portal.core.api.serializers import ScopedSerializer
from e911portal.core.api.viewsets import ScopedViewSet
from locations.domain import identifiers
from locations.models import (
    BSSID,
    ChassisID,
    FixedEndpoint,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)


class SwitchSerializer(ScopedSerializer):
    chassis_ids = Identifiers(help_text="One per member of a stack, in any usual spelling.")

    class Meta:
        model = Switch
        fields = ["id", "name", "site", "erl", "chassis_ids", "description"]


class Switches(ScopedViewSet):
    """Ethernet switches and stacks, with the chassis ids by which phones know them."""

    queryset = Switch.objects.select_related("site", "erl").prefetch_related("chassis_ids")
    serializer_class = SwitchSerializer
    filterset_class = filterset(
        Switch, "name", paths={"chassis_id": "chassis_ids__value"}, site="name", erl="name"
    )
    search_fields = ("name", "description", "chassis_ids__value")


class ChassisIDSerializer(ScopedSerializer):
    class Meta:
        model = ChassisID
        fields = ["id", "switch", "value"]


class ChassisIDs(ScopedViewSet):
    """Chassis ids one by one; `switches` has them as a list in each switch."""

    queryset = ChassisID.objects.select_related("switch")
    serializer_class = ChassisIDSerializer
    filterset_class = filterset(ChassisID, "value", switch="name")
    search_fields = ("value",)


class SwitchPortSerializer(ScopedSerializer):
    class Meta:
        model = SwitchPort
        fields = ["id", "switch", "port_id", "subtype", "erl", "description"]


class SwitchPortFilter(
    filterset(
        SwitchPort,
        "subtype",
        paths={"chassis_id": "switch__chassis_ids__value", "site_name": "switch__site__name"},
        switch="name",
        erl="name",
    )  # type: ignore[misc]
):
    """Filters of switch ports; a port is found in any spelling of its name."""

    port_id = django_filters.CharFilter(method="by_port")
    site = django_filters.NumberFilter(field_name="switch__site")

    def by_port(self, queryset: Any, name: str, value: str) -> Any:
        """Return the ports with that name; Gi1/0/1 is GigabitEthernet1/0/1."""
        return queryset.filter(port_key=identifiers.port_id(value))


class SwitchPorts(ScopedViewSet):
    """Ports of switches, and so usually wall outlets."""

    queryset = SwitchPort.objects.select_related("switch", "erl")
    serializer_class = SwitchPortSerializer
    filterset_class = SwitchPortFilter
    search_fields = ("port_id", "description", "switch__name", "erl__name")


class WirelessAccessPointSerializer(ScopedSerializer):
    bssids = Identifiers(help_text="Exact, or with a * for the last one or two digits.")

    class Meta:
        model = WirelessAccessPoint
        fields = ["id", "name", "site", "erl", "bssids", "description"]


class WirelessAccessPoints(ScopedViewSet):
    """Wireless access points, with the BSSIDs by which devices know them."""

    queryset = WirelessAccessPoint.objects.select_related("site", "erl").prefetch_related("bssids")
    serializer_class = WirelessAccessPointSerializer
    filterset_class = filterset(
        WirelessAccessPoint, "name", paths={"bssid": "bssids__value"}, site="name", erl="name"
    )
    search_fields = ("name", "description", "bssids__value")


class BSSIDSerializer(ScopedSerializer):
    class Meta:
        model = BSSID
        fields = ["id", "access_point", "value"]


class BSSIDs(ScopedViewSet):
    """BSSIDs one by one; `wireless-access-points` has them as a list in each access point."""

    queryset = BSSID.objects.select_related("access_point")
    serializer_class = BSSIDSerializer
    filterset_class = filterset(BSSID, "value", access_point="name")
    search_fields = ("value",)


class FixedEndpointSerializer(ScopedSerializer):
    class Meta:
        model = FixedEndpoint
        fields = [
            "id", "name", "kind", "site", "number", "sip_uri", "mac", "erl", "description",
        ]  # fmt: skip


class FixedEndpoints(ScopedViewSet):
    """Phones that no clue can locate, or that never move."""

    queryset = FixedEndpoint.objects.select_related("site", "erl")
    serializer_class = FixedEndpointSerializer
    filterset_class = filterset(
        FixedEndpoint, "name", "kind", "number", "sip_uri", "mac", site="name", erl="name"
    )
    search_fields = ("name", "number", "sip_uri", "mac", "description")
