"""Pages of the wire map: switches, ports, access points, BSSIDs, fixed endpoints."""

from e911portal.core.counting import number_of
from e911portal.core.crud import CRUDView
from e911portal.core.related import Related
from e911portal.core.rowforms import Inline
from locations import filters, forms, models, tables


class Switches(CRUDView):
    model, form_class = models.Switch, forms.SwitchForm
    filterset_class, table_class = filters.SwitchFilter, tables.SwitchTable
    select_related = ("site", "erl")
    inlines = (
        Inline(
            models.ChassisID,
            ("value",),
            "Chassis ids",
            explanation="A stack has one per member; it answers to any of them.",
        ),
    )
    related = (
        Related("Chassis ids", lambda switch: switch.chassis_ids.all(), tables.ChassisTable),
        Related(
            "Ports",
            lambda switch: switch.ports.select_related("erl"),
            tables.PortTable,
            exclude=("switch", "site"),
            filter="switch",
        ),
    )

    def rows(self):
        return super().rows().annotate(port_count=number_of(models.SwitchPort, "switch"))


class Ports(CRUDView):
    model, form_class = models.SwitchPort, forms.PortForm
    filterset_class, table_class = filters.PortFilter, tables.PortTable
    select_related = ("switch__site", "erl")


class AccessPoints(CRUDView):
    model, form_class = models.WirelessAccessPoint, forms.AccessPointForm
    filterset_class, table_class = filters.AccessPointFilter, tables.AccessPointTable
    select_related = ("site", "erl")
    inlines = (
        Inline(
            models.BSSID,
            ("value",),
            "BSSIDs",
            explanation="One per radio and SSID; the last one or two digits may be a *.",
        ),
    )
    related = (
        Related(
            "BSSIDs",
            lambda point: point.bssids.all(),
            tables.BSSIDTable,
            exclude=("access_point", "site", "erl"),
            filter="access_point",
        ),
    )

    def rows(self):
        return super().rows().annotate(bssid_count=number_of(models.BSSID, "access_point"))


class BSSIDs(CRUDView):
    model, form_class = models.BSSID, forms.BSSIDForm
    filterset_class, table_class = filters.BSSIDFilter, tables.BSSIDTable
    select_related = ("access_point__site", "access_point__erl")


class Endpoints(CRUDView):
    model, form_class = models.FixedEndpoint, forms.EndpointForm
    filterset_class, table_class = filters.EndpointFilter, tables.EndpointTable
    select_related = ("site", "erl")
