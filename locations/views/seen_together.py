"""Mapping several reported elements to one place in one go."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from e911portal.core.errors import OutOfReach
from e911portal.core.htmx import SeeOther
from e911portal.core.rowforms import limit_choices
from e911portal.core.ticked import ticked
from e911portal.core.widgets import dress
from e911portal.core.wording import how_many
from locations.actions import mapping
from locations.models import ERL, NetworkSite, SeenElement, WirelessAccessPoint

#: As many as the list shows.
MOST = 200
Kind = SeenElement.Kind


class TogetherForm(forms.Form):
    """Where the elements are, and what it takes to know them there."""

    erl = forms.ModelChoiceField(
        label="ERL", queryset=ERL.objects.order_by("name"), help_text="Where all of them are."
    )
    site = forms.ModelChoiceField(
        required=False,
        queryset=NetworkSite.objects.order_by("name"),
        empty_label="As the list says",
        help_text="Of new switches, access points and subnets.",
    )
    access_point = forms.ModelChoiceField(
        required=False,
        label="Access point",
        queryset=WirelessAccessPoint.objects.order_by("name"),
        empty_label="A new one for each BSSID",
        help_text="The one whose radios these BSSIDs are.",
    )

    def __init__(
        self, *args: Any, elements: Sequence[SeenElement], user: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.elements, self.user = elements, user
        if any(element.kind == Kind.BSSID for element in elements):
            editable = WirelessAccessPoint.objects.editable_by(user)
            self.fields["access_point"].queryset = editable.order_by("name")
        else:
            del self.fields["access_point"]
        for field in self.fields.values():
            limit_choices(field, user)
            dress(field)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        lost = [element for element in self.elements if not self._site(element, values)]
        if lost and "site" not in self.errors:
            names = ", ".join(str(element) for element in lost[:3])
            more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
            self.add_error("site", f"Nobody knows the site of {names}{more}. Choose it.")
        return values

    @staticmethod
    def _site(element: SeenElement, values: dict[str, Any]) -> NetworkSite | None:
        """Return the site that ``element`` gets: its rows' own, or the chosen one, or its
        subnet's."""
        if element.kind == Kind.BSSID and values.get("access_point"):
            return values["access_point"].site
        return mapping.known(element).site or values.get("site") or element.site

    @transaction.atomic
    def save(self) -> int:
        """Map all of them, or none; return how many.

        Raises ``ValidationError`` or ``OutOfReach``, which names the element.
        """
        for element in self.elements:
            try:
                row: Any = mapping.locate(
                    element=element,
                    erl=self.cleaned_data["erl"],
                    by=self.user,
                    site=self._site(element, self.cleaned_data),
                    name=element.key[:80],
                    access_point=self.cleaned_data.get("access_point"),
                )
            except ValidationError as error:
                raise ValidationError(f"{element}: {' '.join(error.messages)}") from error
            if not type(row)._default_manager.editable_by(self.user).filter(pk=row.pk).exists():
                raise ValidationError(f"{element}: {OutOfReach.message}")
        return len(self.elements)


def locate_together(request: HttpRequest) -> HttpResponse:
    """Ask where the ticked elements are, which the query names; then map all of them there."""
    asked = request.POST if request.method == "POST" else request.GET
    keys = ticked(asked, most=MOST)
    elements = list(
        SeenElement.objects.editable_by(request.user)
        .unmapped()
        .filter(pk__in=keys)
        .select_related("site")
    )
    if not elements:
        messages.error(request, "Tick what is to be mapped: nothing was, or it is mapped by now.")
        return SeeOther(reverse("locations:seen"))
    data = request.POST if request.method == "POST" else None
    form = TogetherForm(data, elements=elements, user=request.user)
    if form.is_bound and form.is_valid():
        try:
            number = form.save()
        except ValidationError as error:
            form.add_error(None, error)
        else:
            mapped = how_many(number, "element is", "elements are")
            messages.success(
                request,
                f"{mapped} mapped to {form.cleaned_data['erl']}. Devices see it once it is "
                "published.",
            )
            return SeeOther(reverse("locations:seen"))
    context = {"elements": elements, "form": form}
    return render(request, "seen/together.html", context, status=422 if form.errors else 200)
