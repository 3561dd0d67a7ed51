"""Stock admin of desks and notifications, for superusers."""

from django.contrib import admin

from e911portal.core.admin import AuditedAdmin, ReadOnlyAdmin
from notifications import models

for model in (models.SecurityDesk, models.Channel, models.Subscription):
    admin.site.register(model, AuditedAdmin)


@admin.register(models.Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("due_at", "transport", "address", "state", "attempts", "error")
    list_filter = ("state", "transport")


@admin.register(models.Acknowledgement)
class AcknowledgementAdmin(ReadOnlyAdmin):
    list_display = ("at", "name", "call", "note")
    list_select_related = ("call",)
