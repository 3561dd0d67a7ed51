"""Pages of civic addresses and ERLs."""

import re

from django.shortcuts import render
from django.views.decorators.http import require_POST

from e911portal.core.counting import number_of
from e911portal.core.crud import CRUDView
from e911portal.core.related import Related
from locations import filters, forms, models, queries, tables
from locations.domain import display
from locations.domain.checks import address_status

_KEY = re.compile(r"[0-9]{1,18}")
_INSIDE = ("LOC", "BLD", "FLR", "UNIT", "ROOM", "SEAT")
_USES = (
    ("Subnets", "subnets", tables.SubnetTable, ("site",), ()),
    ("Switches", "switches", tables.SwitchTable, ("site",), ("port_count",)),
    ("Ports", "ports", tables.PortTable, ("switch__site",), ()),
    ("Access points", "access_points", tables.AccessPointTable, ("site",), ("bssid_count",)),
    ("Fixed endpoints", "fixed_endpoints", tables.EndpointTable, ("site",), ()),
)


def _use(title, accessor, table, joined, hidden):
    return Related(
        title,
        lambda erl: getattr(erl, accessor).select_related(*joined),
        table,
        exclude=("erl", *hidden),
        filter="erl",
    )


class ERLs(CRUDView):
    model, form_class = models.ERL, forms.ERLForm
    filterset_class, table_class = filters.ERLFilter, tables.ERLTable
    select_related = ("site", "civic_address")
    detail_template = "locations/erl.html"
    form_template = "locations/erl_form.html"
    related = tuple(_use(*use) for use in _USES)
    cards = (
        (
            "Place",
            ("site", "civic_address", "company", "loc", "bld", "flr", "unit", "room", "seat"),
        ),
        ("For the dispatcher and the law", ("psap_text", "area_sq_ft", "description")),
    )

    def rows(self):
        return queries.with_standing(super().rows())

    def more_context(self, obj):
        form = obj.civic_address.normal_form
        standing = address_status(obj.verdict_status, obj.verdict_form, form)
        shown = _display(obj.psap_text, obj.civic())
        return {"standing": standing, "words": tables.WORDS, "civic": obj.civic(), **shown}


@require_POST
def erl_display(request):
    """The dispatcher's screen of an ERL as it stands in its form, valid or not; nothing is
    saved."""
    typed = {name: text.strip() for name, text in request.POST.items()}
    key = typed.get("civic_address", "")
    addresses = models.CivicAddress.objects.visible_to(request.user)
    address = addresses.filter(pk=int(key)).first() if _KEY.fullmatch(key) else None
    columns = {"NAM": "company", **{name: name.lower() for name in _INSIDE}}
    civic = {name: typed.get(column, "") for name, column in columns.items()}
    civic |= address.street_address().civic() if address else {}
    return render(request, "locations/display.html", _display(typed.get("psap_text", ""), civic))


def _display(psap_text, civic):
    lines = display.screen(psap_text, civic)
    return {"screen": lines, "is_cut": any(line.cut for line in lines)}


class Addresses(CRUDView):
    model, form_class = models.CivicAddress, forms.AddressForm
    filterset_class, table_class = filters.AddressFilter, tables.AddressTable
    list_template = "locations/addresses.html"
    detail_template = "locations/address.html"
    related = (
        Related(
            "ERLs",
            lambda address: queries.with_standing(address.erls).select_related("site"),
            tables.ERLTable,
            exclude=("civic_address", "verdict"),
            filter="civic_address",
        ),
    )

    def rows(self):
        return (
            super().rows().with_verdict().annotate(erl_count=number_of(models.ERL, "civic_address"))
        )

    def more_context(self, obj):
        verdicts = obj.verdicts.select_related("provider").order_by("-at", "-pk")
        standing = address_status(obj.verdict_status, obj.verdict_form, obj.normal_form)
        newest = verdicts.exclude(verdict="unreachable").first()
        acceptable = newest if newest and newest.normal_form == obj.normal_form else None
        return {
            "standing": standing,
            "words": tables.WORDS,
            "newest": newest,
            "acceptable": acceptable,
            "verdicts": tables.VerdictTable(verdicts[:50], exclude=("address",), orderable=False),
        }
