"""Mapping what devices reported: the element gets a place, with whatever rows that takes."""

from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from e911portal.core import audit
from locations.models import (
    BSSID,
    ERL,
    ChassisID,
    NetworkSite,
    SeenElement,
    Subnet,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)

Kind = SeenElement.Kind


@dataclass(frozen=True, slots=True)
class Known:
    """What the wire map has of an element already: ``row`` is what gets the ERL, ``switch`` is the
    one that a port is on."""

    row: Any = None
    switch: Switch | None = None

    @property
    def site(self) -> NetworkSite | None:
        """Return the site that the rows decide, if any."""
        found = self.switch or self.row
        return found.site if found else None


def known(element: SeenElement) -> Known:
    """Return what the draft knows of an element that was seen."""
    match element.kind:
        case Kind.PORT:
            switch = _switch(element.key)
            port = SwitchPort.objects.filter(switch=switch, port_key=element.port)
            return Known(port.select_related("switch__site").first() if switch else None, switch)
        case Kind.CHASSIS:
            return Known(_switch(element.key))
        case Kind.BSSID:
            return Known(_access_point(element.key))
        case _:
            return Known(Subnet.objects.filter(cidr=element.key).select_related("site").first())


def _switch(chassis: str) -> Switch | None:
    found = ChassisID.objects.filter(value=chassis).select_related("switch__site").first()
    return found.switch if found else None


def _access_point(bssid: str) -> WirelessAccessPoint | None:
    """Return the access point with the BSSID itself, or else with a range that holds it."""
    spellings = [bssid, f"{bssid[:16]}*", f"{bssid[:15]}*"]
    found = {
        row.value: row.access_point
        for row in BSSID.objects.filter(value__in=spellings).select_related("access_point__site")
    }
    return next((found[value] for value in spellings if value in found), None)


@transaction.atomic
def locate(
    *,
    element: SeenElement,
    erl: ERL,
    by: Any,
    site: NetworkSite | None = None,
    name: str = "",
    access_point: WirelessAccessPoint | None = None,
) -> models.Model:
    """Give ``element`` the place ``erl``; return the row that is mapped to it now.

    Rows that are not there yet are added: ``name`` and ``site`` are a new switch's or access
    point's, and ``access_point`` is one that a new BSSID belongs to.  Raises ``ValidationError``.
    """
    there = known(element)
    if there.row is not None:
        there.row.erl = erl
        audit.update(there.row, by=by)
        return there.row
    if element.kind == Kind.PORT:
        switch = there.switch or _new_switch(element, name, site, None, by)
        return _created(SwitchPort(switch=switch, port_id=element.port, erl=erl), by)
    if element.kind == Kind.CHASSIS:
        return _new_switch(element, name, site, erl, by)
    if element.kind == Kind.BSSID:
        return _new_bssid(element, name, site, erl, access_point, by)
    return _created(Subnet(cidr=element.key, site=site, erl=erl), by)


def _new_switch(
    element: SeenElement, name: str, site: NetworkSite | None, erl: ERL | None, by: Any
) -> Switch:
    switch = _created(Switch(name=name, site=site, erl=erl), by)
    _created(ChassisID(switch=switch, value=element.key), by)
    return switch


def _new_bssid(
    element: SeenElement,
    name: str,
    site: NetworkSite | None,
    erl: ERL,
    chosen: WirelessAccessPoint | None,
    by: Any,
) -> WirelessAccessPoint:
    if chosen is None:
        chosen = _created(WirelessAccessPoint(name=name, site=site, erl=erl), by)
    elif chosen.erl_id != erl.pk:
        chosen.erl = erl
        audit.update(chosen, by=by)
    _created(BSSID(access_point=chosen, value=element.key), by)
    return chosen


def _created(row: Any, by: Any) -> Any:
    audit.create(row, by=by)
    return row
