"""The example's sites, wire map, places and provider."""

from typing import Any

from e911portal.core import audit
from e911portal.worked_example.rows import ensure
from locations.models import (
    BSSID,
    ERL,
    ChassisID,
    CivicAddress,
    FixedEndpoint,
    NetworkRegion,
    NetworkSite,
    ServiceProvider,
    Subnet,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)

COMPANY = "UnplugThePBX"


def load(*, by: Any, provider_url: str) -> None:
    """Make what is missing of the example's locations."""
    region = ensure(
        NetworkRegion,
        by,
        key={"name": "NorthAmerica"},
        central_site="New York",
        description="All offices in North America",
    )
    new_york = ensure(
        NetworkSite,
        by,
        key={"name": "NY1"},
        region=region,
        description="New York headquarters",
        latitude="40.741200",
        longitude="-73.989700",
        time_zone="America/New_York",
    )
    los_angeles = ensure(
        NetworkSite,
        by,
        key={"name": "LA1"},
        region=region,
        description="Los Angeles branch",
        latitude="34.051600",
        longitude="-118.255100",
        time_zone="America/Los_Angeles",
    )
    _new_york(new_york, by)
    _los_angeles(los_angeles, by)
    ensure(
        ServiceProvider,
        by,
        key={"name": "Example E9-1-1 provider"},
        dialect=ServiceProvider.Dialect.DASH,
        url=provider_url,
        username="unplugthepbx",
        password="simulator",  # noqa: S106  of the bundled simulator, which asks for none
        rate_per_second=10,
        is_of_record=True,
    )


def _new_york(site: NetworkSite, by: Any) -> None:
    address = ensure(
        CivicAddress,
        by,
        key={"hno": "12345", "rd": "Cedar", "a3": "New York"},
        prd="N",
        sts="Dr",
        a1="NY",
        pc="98765",
        country="US",
        latitude="40.741200",
        longitude="-73.989700",
    )
    nowhere = ensure(
        CivicAddress,
        by,
        key={"hno": "99999", "rd": "Nowhere", "a3": "New York"},
        sts="Blvd",
        a1="NY",
        pc="98765",
        country="US",
    )
    wired = _erl(site, by, address, "New York Wired", flr="2", psap_text="2ND FL WIRED")
    wireless = _erl(
        site, by, address, "New York 3rd Floor Wireless", flr="3", psap_text="3RD FL WIRELESS"
    )
    first = _erl(site, by, address, "New York 1st Floor", flr="1", psap_text="1ST FLOOR")
    entrance = _erl(site, by, address, "New York Main Entrance", flr="1", psap_text="MAIN ENTRANCE")
    elevator = _erl(site, by, address, "New York Elevator 2", flr="1", psap_text="ELEVATOR 2")
    annex = _erl(site, by, nowhere, "New York Annex", bld="Annex", psap_text="ANNEX")
    _default(site, entrance, by)

    switch = _switch(site, by, "ny1-sw-01", "3c-4a-92-30-ec-00")
    _port(switch, by, "7", wired, "New York Wired Connections")
    _port(switch, by, "8", annex, "Annex: the provider refuses its address")
    _port(switch, by, "9", None, "Known, not mapped yet")
    point = ensure(
        WirelessAccessPoint,
        by,
        key={"name": "ny1-ap-3f-01"},
        site=site,
        erl=wireless,
        description="New York Wireless Connections 3rd Floor",
    )
    ensure(BSSID, by, key={"value": "00-19-5b-7f-77-0d"}, access_point=point)
    _subnet(site, by, "10.1.1.0/24", first, "New York")
    _subnet(site, by, "10.1.2.0/24", None, "New York voice, all floors")
    ensure(
        Subnet,
        by,
        key={"cidr": "10.1.250.0/24"},
        site=site,
        excluded=True,
        description="New York VPN: callers are somewhere else",
    )
    ensure(
        FixedEndpoint,
        by,
        key={"name": "New York elevator 2 phone"},
        kind=FixedEndpoint.Kind.ANALOG,
        site=site,
        number="+12125550150",
        erl=elevator,
        description="Analog phone in the elevator car",
    )


def _los_angeles(site: NetworkSite, by: Any) -> None:
    address = ensure(
        CivicAddress,
        by,
        key={"hno": "500", "rd": "Grand", "a3": "Los Angeles"},
        prd="S",
        sts="Ave",
        a1="CA",
        pc="90071",
        country="US",
        latitude="34.049900",
        longitude="-118.254000",
    )
    wired = _erl(site, by, address, "Los Angeles Wired", flr="1", psap_text="1ST FL WIRED")
    wireless = _erl(
        site, by, address, "Los Angeles 2nd Floor Wireless", flr="2", psap_text="2ND FL WIRELESS"
    )
    first = _erl(site, by, address, "Los Angeles 1st Floor", flr="1", psap_text="1ST FLOOR")
    _default(site, first, by)
    switch = _switch(site, by, "la1-sw-01", "3c-4a-92-41-10-00")
    _port(switch, by, "GigabitEthernet1/0/7", wired, "Los Angeles Wired Connections")
    point = ensure(
        WirelessAccessPoint,
        by,
        key={"name": "la1-ap-2f-01"},
        site=site,
        erl=wireless,
        description="Los Angeles Wireless Connections 2nd Floor",
    )
    ensure(BSSID, by, key={"value": "00-19-5b-80-12-3*"}, access_point=point)
    _subnet(site, by, "10.2.1.0/24", first, "Los Angeles")


def _erl(site: NetworkSite, by: Any, address: CivicAddress, name: str, **values: str) -> ERL:
    return ensure(
        ERL,
        by,
        key={"name": name},
        site=site,
        civic_address=address,
        company=COMPANY,
        loc=name,
        area_sq_ft=4500,
        **values,
    )


def _default(site: NetworkSite, erl: ERL, by: Any) -> None:
    if site.default_erl_id is None:
        site.default_erl = erl
        audit.update(site, by=by)


def _switch(site: NetworkSite, by: Any, name: str, chassis: str) -> Switch:
    switch = ensure(Switch, by, key={"name": name}, site=site)
    ensure(ChassisID, by, key={"value": chassis}, switch=switch)
    return switch


def _port(switch: Switch, by: Any, port: str, erl: ERL | None, description: str) -> None:
    key = {"switch": switch, "port_id": port}
    ensure(SwitchPort, by, key=key, erl=erl, description=description)


def _subnet(site: NetworkSite, by: Any, cidr: str, erl: ERL | None, description: str) -> None:
    ensure(Subnet, by, key={"cidr": cidr}, site=site, erl=erl, description=description)
