"""Forms of the location information service."""

import base64
from functools import partial
from typing import Any

from django import forms
from django.db import models as db

from e911portal.core.rowforms import RowForm
from e911portal.core.widgets import dress
from locations import models


class RegionForm(RowForm):
    class Meta:
        model = models.NetworkRegion
        fields = ("name", "central_site", "description")


class SiteForm(RowForm):
    class Meta:
        model = models.NetworkSite
        fields = (
            "name", "region", "description", "latitude", "longitude", "time_zone", "default_erl",
            "max_erl_area",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Only an ERL of this very site may be its default; a new site has none yet.
        chosen = self.fields["default_erl"]
        chosen.queryset = chosen.queryset.filter(site=self.instance.pk or 0)


class SubnetForm(RowForm):
    class Meta:
        model = models.Subnet
        fields = ("cidr", "site", "erl", "excluded", "description")


class SwitchForm(RowForm):
    class Meta:
        model = models.Switch
        fields = ("name", "site", "erl", "description")


class PortForm(RowForm):
    class Meta:
        model = models.SwitchPort
        fields = ("switch", "port_id", "subtype", "erl", "description")


class AccessPointForm(RowForm):
    class Meta:
        model = models.WirelessAccessPoint
        fields = ("name", "site", "erl", "description")


class BSSIDForm(RowForm):
    class Meta:
        model = models.BSSID
        fields = ("access_point", "value")


class EndpointForm(RowForm):
    class Meta:
        model = models.FixedEndpoint
        fields = ("name", "kind", "site", "erl", "number", "sip_uri", "mac", "description")


class AddressForm(RowForm):
    class Meta:
        model = models.CivicAddress
        fields = (
            "hno", "hns", "prd", "rd", "sts", "pod", "a3", "a1", "pc", "a2", "country", "pcn",
            "msag_community", "a6", "latitude", "longitude",
        )  # fmt: skip


class ERLForm(RowForm):
    class Meta:
        model = models.ERL
        fields = (
            "name", "site", "civic_address", "company", "loc", "bld", "flr", "unit", "room", "seat",
            "area_sq_ft", "psap_text", "description",
        )  # fmt: skip


class PlanForm(RowForm):
    class Meta:
        model = models.FloorPlan
        fields = ("site", "building", "floor", "image")


def https_first(column: db.Field, **options: Any) -> Any:
    """Return a form field that reads an address without a scheme as https."""
    if isinstance(column, db.URLField):
        options["assume_scheme"] = "https"
    return column.formfield(**options)


class ProviderForm(RowForm):
    """The client certificate is uploaded as the file that the provider issued."""

    certificate_file = forms.FileField(
        label="Client certificate (.pfx)",
        required=False,
        help_text="Kept encrypted. Leave empty to keep the stored one.",
    )

    class Meta:
        model = models.ServiceProvider
        fields = (
            "name", "dialect", "url", "username", "password", "certificate_password",
            "rate_per_second", "connect_timeout_s", "read_timeout_s", "is_active", "is_of_record",
        )  # fmt: skip
        formfield_callback = https_first
        field_classes = {"url": partial(forms.URLField, assume_scheme="https")}

    def clean_certificate_file(self) -> Any:
        upload = self.cleaned_data["certificate_file"]
        if upload and upload.size > 100_000:
            raise forms.ValidationError("A client certificate is a few kilobytes. Choose its file.")
        return upload

    def clean(self) -> dict[str, Any] | None:
        upload = self.cleaned_data.get("certificate_file")
        if upload:
            self.instance.client_certificate = base64.b64encode(upload.read()).decode()
        return super().clean()


class RangeForm(RowForm):
    class Meta:
        model = models.MSAGRange
        fields = (
            "prd", "rd", "sts", "pod", "low", "high", "parity", "community", "state", "esn",
            "psap_id", "county_id", "exchange",
        )  # fmt: skip


class MarkForm(forms.ModelForm):
    """A mark on a floor plan, sent by the plan's page; the thing marked must stand on the plan's
    site."""

    class Meta:
        model = models.FloorPlanMark
        fields = ("erl", "port", "access_point", "points")

    def __init__(self, *args: Any, plan: models.FloorPlan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.plan = plan
        self.fields["erl"].queryset = models.ERL.objects.filter(site=plan.site_id)
        self.fields["port"].queryset = models.SwitchPort.objects.filter(switch__site=plan.site_id)
        points = models.WirelessAccessPoint.objects.filter(site=plan.site_id)
        self.fields["access_point"].queryset = points
        for field in self.fields.values():
            dress(field)


class CoordinatesForm(forms.ModelForm):
    """Where the map's marker of a site was dropped."""

    class Meta:
        model = models.NetworkSite
        fields = ("latitude", "longitude")
