"""Pages of access: networks and keys of the call path, and a person's own API tokens."""

import secrets
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from e911portal.core import audit
from e911portal.core.crud import CRUDView, Role
from e911portal.core.errors import show_in
from e911portal.core.filters import FilterSet
from e911portal.core.htmx import SeeOther
from e911portal.core.models import AccessKey, AccessNetwork, APIToken, token_digest
from e911portal.core.rowforms import RowForm
from e911portal.core.tables import FlagColumn, LinkColumn, MonoLinkColumn, Table
from e911portal.core.widgets import dress


class NetworkForm(RowForm):
    class Meta:
        model = AccessNetwork
        fields = ("cidr", "role", "description")


class NetworkFilter(FilterSet):
    search_fields = ("cidr", "description")

    class Meta:
        model = AccessNetwork
        fields = ("role",)


class NetworkTable(Table):
    default_order = ("role", "cidr")
    cidr = MonoLinkColumn()

    class Meta(Table.Meta):
        model = AccessNetwork
        fields = ("cidr", "role", "description")


class Networks(CRUDView):
    model, form_class = AccessNetwork, NetworkForm
    filterset_class, table_class = NetworkFilter, NetworkTable


class KeyForm(RowForm):
    class Meta:
        model = AccessKey
        fields = ("name", "may_locate", "may_route")


class KeyFilter(FilterSet):
    search_fields = ("name",)

    class Meta:
        model = AccessKey
        fields = ("may_locate", "may_route")


class KeyTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    may_locate = FlagColumn(verbose_name="May locate others")
    may_route = FlagColumn(verbose_name="May route calls")

    class Meta(Table.Meta):
        model = AccessKey
        fields = ("name", "may_locate", "may_route")


class Keys(CRUDView):
    """A new key's secret is shown once, on the answer to its form; only its hash is kept."""

    model, form_class = AccessKey, KeyForm
    filterset_class, table_class = KeyFilter, KeyTable

    def save(self, form: RowForm, sets: list[Any]) -> None:
        if form.instance.pk is None:
            self.secret = secrets.token_urlsafe(32)
            form.instance.digest = token_digest(self.secret)
        super().save(form, sets)

    def saved(self, obj: Any, action: str) -> HttpResponse:
        if self.role is not Role.CREATE:
            return super().saved(obj, action)
        return _show_once(self.request, obj, self.secret, self.url(Role.DETAIL, obj))


@never_cache
def _show_once(request: HttpRequest, obj: Any, secret: str, on_url: str) -> HttpResponse:
    context = {"object": obj, "secret": secret, "on_url": on_url}
    context["noun"] = obj._meta.verbose_name
    context["is_published"] = getattr(obj, "PUBLISHED", False)
    return render(request, "core/secret_once.html", context)


class ChangePassword(PasswordChangeView):
    """One's own password; other sessions of the account end, this one goes on."""

    template_name = "core/password.html"
    success_url = reverse_lazy("home")

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        for field in form.fields.values():
            dress(field)
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            audit.record("password_changed", self.request.user, by=self.request.user)
        messages.success(self.request, "Your password is changed.")
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response


class TokenForm(forms.Form):
    """What a new token of one's own may do, and for how long."""

    name = forms.CharField(max_length=80, help_text="What will use it, for example NetBox sync.")
    days = forms.IntegerField(
        label="Days", min_value=1, max_value=366, initial=90, help_text="It expires after these."
    )
    is_read_only = forms.BooleanField(
        label="Read only", required=False, help_text="It may look, not change."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)


def tokens(request: HttpRequest) -> HttpResponse:
    """One's own API tokens, with the form for another one."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            with transaction.atomic():
                row, secret = APIToken.issue(
                    user=request.user,
                    name=values["name"],
                    lifetime=timedelta(days=values["days"]),
                    is_read_only=values["is_read_only"],
                )
                audit.record("created", row, by=request.user, after=audit.field_values(row))
        except ValidationError as error:
            show_in(form, error)
        else:
            return _show_once(request, row, secret, reverse("core:apitoken-list"))
    rows = APIToken.objects.filter(user=request.user).order_by("expires_at")
    context = {"form": form, "tokens": rows, "now": timezone.now()}
    status = 422 if form.errors else 200
    return render(request, "core/tokens.html", context, status=status)


@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one of one's own tokens; it stops working at once."""
    row = get_object_or_404(APIToken, pk=pk, user=request.user)
    name = row.name
    audit.delete(row, by=request.user)
    messages.success(request, f"Token {name} revoked; it stopped working.")
    return SeeOther(reverse("core:apitoken-list"))
