"""Stock admin of publications, audit trail, jobs and access; and the base of all admins here.

The admin is the superusers' back office.  It writes through the audit trail like every other door,
and shows no secret.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.db import models
from django.http import HttpRequest

from e911portal.core import audit
from e911portal.core.models import AccessKey, AccessNetwork, APIToken, AuditEvent, Job, Publication


class AuditedAdmin(admin.ModelAdmin):
    """Every change leaves its audit row; no secret is shown; references are by key."""

    list_per_page = 50
    show_full_result_count = False
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Leave secrets out of the form."""
        columns = self.model._meta.concrete_fields
        return [column.name for column in columns if getattr(column, "is_secret", False)]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Search every text that a person writes."""
        return [
            column.name
            for column in self.model._meta.concrete_fields
            if isinstance(column, models.CharField) and column.editable and not column.choices
        ]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Refer by key with a look-up window: a list of all ERLs would not end."""
        kwargs["widget"] = ForeignKeyRawIdWidget(db_field.remote_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the audit trail."""
        write = audit.update if change else audit.create
        write(obj, by=request.user)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete through the audit trail."""
        audit.delete(obj, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        """Delete one by one, each with its audit row."""
        for obj in queryset:
            audit.delete(obj, by=request.user)


class ReadOnlyAdmin(AuditedAdmin):
    """Rows that the program writes and nobody edits."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds them by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes them."""
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_name", "action", "object_label", "via")
    list_filter = ("via", "publishable")


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    list_display = ("number", "state", "created_at", "created_by", "comment")


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "kind", "state", "progress", "total", "message")
    list_filter = ("state", "kind")


@admin.register(AccessNetwork)
class AccessNetworkAdmin(AuditedAdmin):
    list_display = ("cidr", "role", "description")


# A key or token is made on its page, which shows the secret once; here it can be withdrawn.
@admin.register(AccessKey)
class AccessKeyAdmin(AuditedAdmin):
    list_display = ("name", "may_locate", "may_route")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keys are made on their page."""
        return False


@admin.register(APIToken)
class APITokenAdmin(AuditedAdmin):
    list_display = ("name", "user", "prefix", "expires_at", "last_used_at", "is_read_only")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tokens are made on their owner's page."""
        return False
