"""Stock admin of routing, for superusers."""

from django.contrib import admin

from e911portal.core.admin import AuditedAdmin, ReadOnlyAdmin
from routing import models

for model in (
    models.LocationPolicy,
    models.EmergencyNumber,
    models.SitePolicy,
    models.PSTNUsage,
    models.Trunk,
    models.VoiceRoute,
    models.RouteUsage,
    models.RouteTrunk,
    models.VoicePolicy,
    models.VoicePolicyUsage,
    models.VoiceUser,
    models.NormalizationRule,
    models.CallParkOrbit,
    models.ELIN,
):
    admin.site.register(model, AuditedAdmin)


@admin.register(models.ELINLease)
class ELINLeaseAdmin(ReadOnlyAdmin):
    list_display = ("leased_at", "elin", "caller", "ended_at")
    list_select_related = ("elin",)


@admin.register(models.EmergencyCall)
class EmergencyCallAdmin(ReadOnlyAdmin):
    list_display = ("at", "caller_name", "callback_number", "dialled", "erl_name", "state")
    list_filter = ("state", "is_test")


@admin.register(models.CallEvent)
class CallEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "call")
    list_select_related = ("call",)
