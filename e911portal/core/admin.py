"""Stock admin of publications, audit trail, jobs and access; and the base of all admins here.

The admin is the superusers' back office.  It writes through the audit trail like every other door,
and shows no secret.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db import models, transaction
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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save what belongs to the row, and record which others it names now."""
        obj = form.instance
        before = _named(obj)
        super().save_related(request, form, formsets, change)
        with transaction.atomic():
            audit.record("updated", obj, by=request.user, before=before, after=_named(obj))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete through the audit trail."""
        audit.delete(obj, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        """Delete one by one, each with its audit row."""
        for obj in queryset:
            audit.delete(obj, by=request.user)


def _named(obj: models.Model) -> dict[str, list[Any]]:
    return {
        field.name: sorted(getattr(obj, field.name).values_list("pk", flat=True))
        for field in obj._meta.many_to_many
    }


class PersonAdmin(AuditedAdmin, UserAdmin):
    """Accounts: who may log in, with which rights on everything, in which groups."""

    search_fields = ("username", "first_name", "last_name", "email")

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Search names, not hashes."""
        return self.search_fields

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Set somebody's password; the trail has that it was set, and by whom."""
        with transaction.atomic():
            response = super().user_change_password(request, id, form_url)
            if request.method == "POST" and response.status_code == 302:
                person = User.objects.get(pk=unquote(id))
                audit.record("password_changed", person, by=request.user)
        return response


class RolesAdmin(AuditedAdmin, GroupAdmin):
    """Groups: rights that several people hold."""


class GrantAdmin(AuditedAdmin):
    """Rights on one network site, or on all sites of one region, for a person or a group.

    The right to view is for a site's readers and desks, to change for its administrators.
    """

    list_select_related = True

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Search by whose right it is, and where."""
        return [
            f"{self.holder}__{'username' if self.holder == 'user' else 'name'}",
            "content_object__name",
        ]

    @property
    def holder(self) -> str:
        """Return who holds it: ``user`` or ``group``."""
        names = {field.name for field in self.model._meta.concrete_fields}
        return "user" if "user" in names else "group"

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Show who may do what where."""
        return (self.holder, "permission", "content_object")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the two rights that count; people and places by key, as everywhere here."""
        if db_field.name != "permission":
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        anchor = self.model._meta.get_field("content_object").related_model._meta
        names = [f"{verb}_{anchor.model_name}" for verb in ("view", "change")]
        rights = Permission.objects.filter(
            content_type__app_label=anchor.app_label, codename__in=names
        )
        return db_field.formfield(queryset=rights.select_related("content_type"))


admin.site.unregister([User, Group])
admin.site.register(User, PersonAdmin)
admin.site.register(Group, RolesAdmin)


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
