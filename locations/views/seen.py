"""Pages of what devices reported and nobody has mapped: the list, and mapping it in one go."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from e911portal.core.crud import may_list
from e911portal.core.errors import OutOfReach, show_in
from e911portal.core.htmx import SeeOther, page_or_part
from e911portal.core.rowforms import limit_choices
from e911portal.core.widgets import dress
from locations import queries
from locations.actions import mapping
from locations.actions import seen as actions
from locations.models import (
    ERL,
    NetworkSite,
    SeenElement,
    WirelessAccessPoint,
)

SHOWN = 200
Kind = SeenElement.Kind


class SeenForm(forms.Form):
    """Which of the elements are shown."""

    site = forms.ModelChoiceField(
        required=False, queryset=NetworkSite.objects.order_by("name"), empty_label="Any"
    )
    kind = forms.ChoiceField(required=False, choices=[("", "Any"), *Kind.choices])
    ignored = forms.BooleanField(required=False, label="Ignored ones")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            limit_choices(field, user)
            dress(field)


class MapForm(forms.Form):
    """Where a reported element is, and what it takes to know it there."""

    access_point = forms.ModelChoiceField(
        required=False,
        label="Access point",
        queryset=WirelessAccessPoint.objects.order_by("name"),
        empty_label="A new one",
        help_text="The one whose radio this BSSID is.",
    )
    site = forms.ModelChoiceField(queryset=NetworkSite.objects.order_by("name"))
    name = forms.CharField(max_length=80)
    erl = forms.ModelChoiceField(
        label="ERL", queryset=ERL.objects.order_by("name"), help_text="Where it is."
    )

    def __init__(self, *args: Any, element: SeenElement, user: Any, **kwargs: Any) -> None:
        there = mapping.known(element)
        self.element = element
        site = there.site or element.site
        initial = {"site": site, "name": element.key[:80]}
        super().__init__(*args, initial=initial, **kwargs)
        for name in self._needless(element, there):
            del self.fields[name]
        if "access_point" in self.fields:
            self.fields["name"].required = self.fields["site"].required = False
            editable = WirelessAccessPoint.objects.editable_by(user)
            self.fields["access_point"].queryset = editable.order_by("name")
        if there.site:
            self.fields["erl"].queryset = ERL.objects.filter(site=there.site).order_by("name")
        for name, field in self.fields.items():
            narrower = "site" if name != "site" and "site" in self.fields else ""
            limit_choices(field, user, depends_on=narrower)
            dress(field)

    @staticmethod
    def _needless(element: SeenElement, there: mapping.Known) -> set[str]:
        """Return the fields that say nothing about ``element``."""
        needless = set() if element.kind == Kind.BSSID else {"access_point"}
        if element.kind == Kind.SUBNET:
            needless.add("name")
        if there.row or there.switch:
            needless |= {"access_point", "site", "name"}
        return needless

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "access_point" in self.fields and not values.get("access_point"):
            for name in ("site", "name"):
                if not values.get(name) and name not in self.errors:
                    self.add_error(name, "A new access point needs it.")
        return values


def elements(request: HttpRequest) -> HttpResponse:
    """What is reported and not mapped, the most reported first."""
    if not may_list(request.user, SeenElement):
        raise Http404
    form = SeenForm(request.GET, user=request.user)
    rows = SeenElement.objects.visible_to(request.user)
    is_ignored = form.is_valid() and form.cleaned_data["ignored"]
    if form.is_valid():
        for name in ("site", "kind"):
            if form.cleaned_data[name]:
                rows = rows.filter(**{name: form.cleaned_data[name]})
    if is_ignored:
        ignored = rows.filter(is_ignored=True).select_related("site")
        found = list(ignored.order_by("-count", "pk")[:SHOWN])
    else:
        found = queries.unmapped_elements(rows, limit=SHOWN)
    editable = SeenElement.objects.editable_by(request.user)
    keys = [row.pk for row in found]
    context = {
        "form": form,
        "elements": found,
        "editable": set(editable.filter(pk__in=keys).values_list("pk", flat=True)),
        "is_ignored": is_ignored,
        "limit": SHOWN,
    }
    return page_or_part(request, "seen/elements.html", "seen/rows.html", context)


def locate(request: HttpRequest, pk: int) -> HttpResponse:
    """Map one element: only what is not known of it is asked."""
    element = get_object_or_404(_editable(request), pk=pk)
    data = request.POST if request.method == "POST" else None
    form = MapForm(data, element=element, user=request.user)
    if form.is_bound and form.is_valid():
        try:
            row = _locate(form, request.user)
        except ValidationError as error:
            show_in(form, error)
        except OutOfReach as error:
            form.add_error("site" if "site" in form.fields else None, error.message)
        else:
            place = form.cleaned_data["erl"]
            messages.success(
                request, f"{row} is mapped to {place}. Devices see it once it is published."
            )
            return SeeOther(reverse("locations:seen"))
    context = {"element": element, "form": form, "known": mapping.known(element)}
    return render(request, "seen/locate.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _locate(form: MapForm, user: Any) -> Any:
    row = mapping.locate(element=form.element, by=user, **form.cleaned_data)
    if not type(row)._default_manager.editable_by(user).filter(pk=row.pk).exists():
        raise OutOfReach
    return row


def _editable(request: HttpRequest) -> Any:
    return SeenElement.objects.editable_by(request.user).select_related("site")


@require_POST
def ignore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an element from the list, or put it back."""
    element = get_object_or_404(_editable(request), pk=pk)
    ignored = not element.is_ignored
    actions.ignore(element=element, by=request.user, ignored=ignored)
    words = "is ignored from now on" if ignored else "is listed again"
    messages.success(request, f"{element} {words}.")
    return SeeOther(reverse("locations:seen"))
