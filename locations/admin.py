"""Stock admin of the location information service, for superusers."""

from django.contrib import admin

from e911portal.core.admin import AuditedAdmin, GrantAdmin, ReadOnlyAdmin
from locations import models
from locations.models import network

for model in (
    models.NetworkRegion,
    models.NetworkSite,
    models.Subnet,
    models.Switch,
    models.ChassisID,
    models.SwitchPort,
    models.WirelessAccessPoint,
    models.BSSID,
    models.FixedEndpoint,
    models.CivicAddress,
    models.ERL,
    models.FloorPlan,
    models.FloorPlanMark,
    models.ServiceProvider,
    models.MSAGRange,
):
    admin.site.register(model, AuditedAdmin)


for grant in (
    network.NetworkSiteUserPermission,
    network.NetworkSiteGroupPermission,
    network.NetworkRegionUserPermission,
    network.NetworkRegionGroupPermission,
):
    admin.site.register(grant, GrantAdmin)


@admin.register(models.ValidationRun)
class ValidationRunAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "provider", "created_by")


@admin.register(models.AddressVerdict)
class AddressVerdictAdmin(ReadOnlyAdmin):
    list_display = ("at", "address", "verdict", "provider_name")
    list_filter = ("verdict",)
    list_select_related = ("address",)
