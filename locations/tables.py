"""Tables of the location lists."""

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from e911portal.core.tables import (
    CountColumn,
    ERLColumn,
    FlagColumn,
    LinkColumn,
    MonoColumn,
    MonoLinkColumn,
    RelatedColumn,
    StateColumn,
    Table,
    WhenColumn,
    WhenLinkColumn,
    state_badge,
)
from locations import models
from locations.domain.checks import address_status
from locations.filters import STANDINGS

WORDS = dict(STANDINGS)


class StandingColumn(tables.Column):
    """How an address stands with its provider, from the annotations of ``with_verdict()``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "accessor": "verdict_status",
                "verbose_name": "Verdict",
                "empty_values": (),
                **kwargs,
            }
        )

    def render(self, record: Any) -> SafeString:
        current = getattr(record, "address_form", None) or record.normal_form
        standing = address_status(record.verdict_status, record.verdict_form, current)
        return state_badge(standing, WORDS[standing])


class RegionTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    site_count = CountColumn(verbose_name="Sites")

    class Meta(Table.Meta):
        model = models.NetworkRegion
        fields = ("name", "central_site", "site_count", "description")


class SiteTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    region = RelatedColumn()
    default_erl = ERLColumn(verbose_name="Default ERL", default="—")

    class Meta(Table.Meta):
        model = models.NetworkSite
        fields = ("name", "region", "default_erl", "time_zone", "description")


class SubnetTable(Table):
    default_order = ("sort_key",)
    cidr = MonoLinkColumn(order_by=("sort_key",))
    site = RelatedColumn()
    erl = ERLColumn()
    excluded = FlagColumn(verbose_name="Excluded")

    class Meta(Table.Meta):
        model = models.Subnet
        fields = ("cidr", "site", "erl", "excluded", "description")


class SwitchTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    site = RelatedColumn()
    erl = ERLColumn()
    port_count = CountColumn(verbose_name="Ports")

    class Meta(Table.Meta):
        model = models.Switch
        fields = ("name", "site", "erl", "port_count", "description")


class ChassisTable(Table):
    default_order = ("value",)
    value = MonoColumn()

    class Meta(Table.Meta):
        model = models.ChassisID
        fields = ("value",)


class PortTable(Table):
    default_order = ("switch__name", "port_key")
    port_id = MonoLinkColumn()
    switch = RelatedColumn()
    site = RelatedColumn(accessor="switch__site")
    erl = ERLColumn()

    class Meta(Table.Meta):
        model = models.SwitchPort
        fields = ("port_id", "switch", "site", "erl", "description")


class AccessPointTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    site = RelatedColumn()
    erl = ERLColumn()
    bssid_count = CountColumn(verbose_name="BSSIDs")

    class Meta(Table.Meta):
        model = models.WirelessAccessPoint
        fields = ("name", "site", "erl", "bssid_count", "description")


class BSSIDTable(Table):
    default_order = ("value",)
    value = MonoLinkColumn()
    access_point = RelatedColumn()
    site = RelatedColumn(accessor="access_point__site")
    erl = ERLColumn(accessor="access_point__erl")

    class Meta(Table.Meta):
        model = models.BSSID
        fields = ("value", "access_point", "site", "erl")


class EndpointTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    number = MonoColumn()
    sip_uri = MonoColumn()
    mac = MonoColumn()
    site = RelatedColumn()
    erl = ERLColumn()

    class Meta(Table.Meta):
        model = models.FixedEndpoint
        fields = ("name", "kind", "number", "sip_uri", "mac", "site", "erl")


class AddressTable(Table):
    default_order = ("a1", "a3", "rd", "hno")
    address = LinkColumn(
        accessor="pk", verbose_name="Address", order_by=("a1", "a3", "rd", "hno"), empty_values=()
    )
    verdict = StandingColumn()
    verdict_at = WhenColumn(verbose_name="Since")
    erl_count = CountColumn(verbose_name="ERLs")

    class Meta(Table.Meta):
        model = models.CivicAddress
        fields = ("address", "verdict", "verdict_at", "erl_count")

    def render_address(self, record: Any) -> str:
        return str(record)


class ERLTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    site = RelatedColumn()
    civic_address = RelatedColumn(order_by=("civic_address__a3", "civic_address__rd"))
    verdict = StandingColumn()
    inside = tables.Column(
        accessor="loc", verbose_name="Inside", order_by=("bld", "flr", "room"), empty_values=()
    )

    class Meta(Table.Meta):
        model = models.ERL
        fields = ("name", "site", "civic_address", "inside", "verdict")

    def render_inside(self, record: models.ERL) -> Any:
        parts = [record.loc, record.bld, record.flr, record.unit, record.room, record.seat]
        text = ", ".join(part for part in parts if part and part != record.name)
        return text or format_html('<span class="text-secondary">{}</span>', "—")


class PlanTable(Table):
    default_order = ("site__name", "building", "floor")
    floor = LinkColumn(accessor="pk", verbose_name="Plan", order_by=("site__name", "floor"))
    site = RelatedColumn()
    mark_count = CountColumn(verbose_name="Marks")

    class Meta(Table.Meta):
        model = models.FloorPlan
        fields = ("floor", "site", "mark_count")

    def render_floor(self, record: models.FloorPlan) -> str:
        return str(record)


class ProviderTable(Table):
    default_order = ("name",)
    name = LinkColumn()
    is_active = FlagColumn(verbose_name="Active")
    is_of_record = FlagColumn(verbose_name="Of record")

    class Meta(Table.Meta):
        model = models.ServiceProvider
        fields = ("name", "dialect", "url", "rate_per_second", "is_active", "is_of_record")


class RangeTable(Table):
    default_order = ("state", "community", "rd", "low")
    street = LinkColumn(accessor="rd", verbose_name="Street", order_by=("rd", "sts"))
    low = MonoColumn()
    high = MonoColumn()

    class Meta(Table.Meta):
        model = models.MSAGRange
        fields = ("street", "low", "high", "parity", "community", "state", "esn")

    def render_street(self, record: models.MSAGRange) -> str:
        return " ".join(part for part in (record.prd, record.rd, record.sts, record.pod) if part)


class RunTable(Table):
    default_order = ("-created_at",)
    created_at = WhenLinkColumn(verbose_name="Started")
    provider = RelatedColumn()
    state = StateColumn(accessor="job__state", verbose_name="State")
    progress = tables.Column(accessor="job__progress", verbose_name="Done")
    created_by = tables.Column(verbose_name="By")

    class Meta(Table.Meta):
        model = models.ValidationRun
        fields = ("created_at", "provider", "state", "progress", "created_by")

    def render_state(self, record: models.ValidationRun) -> SafeString:
        job = record.job
        return state_badge(job.state, job.get_state_display()) if job else state_badge("none")

    def render_progress(self, record: models.ValidationRun) -> str:
        return f"{record.job.progress} of {record.job.total}" if record.job else ""


class VerdictTable(Table):
    default_order = ("-at", "-pk")
    at = WhenColumn(verbose_name="When")
    verdict = tables.Column()
    address = RelatedColumn()
    provider_name = tables.Column(verbose_name="Provider")

    class Meta(Table.Meta):
        model = models.AddressVerdict
        fields = ("at", "address", "verdict", "provider_name", "message")

    def render_verdict(self, record: models.AddressVerdict) -> SafeString:
        return state_badge(record.verdict, record.get_verdict_display())
