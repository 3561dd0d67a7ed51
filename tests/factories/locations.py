"""Sites, wire map, places and validation."""

from typing import Any

from locations.models import (
    BSSID,
    ERL,
    AddressVerdict,
    ChassisID,
    CivicAddress,
    FixedEndpoint,
    MSAGRange,
    NetworkRegion,
    NetworkSite,
    SeenElement,
    ServiceProvider,
    Subnet,
    Switch,
    SwitchPort,
    ValidationRun,
    WirelessAccessPoint,
)
from tests.factories.rows import AT, number, save


def make_region(**values: Any) -> NetworkRegion:
    """The region of that name, made when it is not there: sites of one test share NorthAmerica."""
    name = values.pop("name", "NorthAmerica")
    found = NetworkRegion.objects.filter(name=name).first()
    return found or save(NetworkRegion(name=name, **values))


def make_site(**values: Any) -> NetworkSite:
    values.setdefault("name", f"SITE{number()}")
    values["region"] = values.get("region") or make_region()
    return save(NetworkSite(**values))


def make_address(**values: Any) -> CivicAddress:
    unique = number()
    return save(
        CivicAddress(
            **{
                "a1": "NY",
                "a3": "New York",
                "hno": str(unique),
                "prd": "N",
                "rd": "Cedar",
                "sts": "Dr",
                "pc": "98765",
                **values,
            }
        )
    )


def make_erl(**values: Any) -> ERL:
    values.setdefault("name", f"ERL {number()}")
    values["site"] = values.get("site") or make_site()
    values["civic_address"] = values.get("civic_address") or make_address()
    return save(ERL(**values))


def make_subnet(**values: Any) -> Subnet:
    unique = number()
    values["site"] = values.get("site") or make_site()
    values.setdefault("cidr", f"10.{unique // 256 % 256}.{unique % 256}.0/24")
    return save(Subnet(**values))


def make_switch(*, chassis_ids: list[str] | None = None, **values: Any) -> Switch:
    unique = number()
    values["site"] = values.get("site") or make_site()
    switch = save(Switch(**{"name": f"switch {unique}", **values}))
    for value in chassis_ids or []:
        make_chassis_id(switch=switch, value=value)
    return switch


def make_chassis_id(**values: Any) -> ChassisID:
    values["switch"] = values.get("switch") or make_switch()
    unique = number()
    values.setdefault("value", f"3c-4a-92-00-{unique // 256 % 256:02x}-{unique % 256:02x}")
    return save(ChassisID(**values))


def make_port(**values: Any) -> SwitchPort:
    values["switch"] = values.get("switch") or make_switch()
    values.setdefault("port_id", str(number()))
    return save(SwitchPort(**values))


def make_access_point(*, bssids: list[str] | None = None, **values: Any) -> WirelessAccessPoint:
    unique = number()
    values["site"] = values.get("site") or make_site()
    access_point = save(WirelessAccessPoint(**{"name": f"access point {unique}", **values}))
    for value in bssids or []:
        make_bssid(access_point=access_point, value=value)
    return access_point


def make_bssid(**values: Any) -> BSSID:
    unique = number()
    values["access_point"] = values.get("access_point") or make_access_point()
    values.setdefault("value", f"00-19-5b-7f-{unique // 256 % 256:02x}-{unique % 256:02x}")
    return save(BSSID(**values))


def make_fixed_endpoint(**values: Any) -> FixedEndpoint:
    unique = number()
    values["site"] = values.get("site") or make_site()
    values.setdefault("name", f"endpoint {unique}")
    values.setdefault("kind", FixedEndpoint.Kind.ANALOG)
    if not {"number", "sip_uri", "mac"} & values.keys():
        values["number"] = f"+1212556{unique:04d}"
    return save(FixedEndpoint(**values))


def make_provider(**values: Any) -> ServiceProvider:
    return save(
        ServiceProvider(
            **{
                "name": f"provider {number()}",
                "url": "http://127.0.0.1:8020/",
                "rate_per_second": 1000.0,
                **values,
            }
        )
    )


def make_validation_run(
    *, addresses: list[CivicAddress] | None = None, **values: Any
) -> ValidationRun:
    values["provider"] = values.get("provider") or make_provider()
    run = ValidationRun.objects.create(**values)
    run.addresses.set(addresses or [])
    return run


def make_verdict(**values: Any) -> AddressVerdict:
    """A verdict on the address as it is now; ``valid`` unless said otherwise."""
    address = values["address"] = values.get("address") or make_address()
    return AddressVerdict.objects.create(
        **{
            "provider_name": "provider",
            "verdict": AddressVerdict.Verdict.VALID,
            "normal_form": address.normal_form,
            "submitted": {"HNO": address.hno},
            "standardized": {"HNO": address.hno},
            "aspects": {"msag": "valid"},
            "at": AT,
            **values,
        }
    )


def make_msag_range(**values: Any) -> MSAGRange:
    return save(
        MSAGRange(
            **{
                "prd": "N",
                "rd": f"STREET {number()}",
                "sts": "DR",
                "low": "1",
                "high": "99999",
                "community": "NEW YORK",
                "state": "NY",
                **values,
            }
        )
    )


def make_seen_element(**values: Any) -> SeenElement:
    """A BSSID that devices reported and nobody mapped."""
    unique = number()
    return save(
        SeenElement(
            **{
                "kind": SeenElement.Kind.BSSID,
                "key": f"f0-6e-0b-c2-{unique // 256 % 256:02x}-{unique % 256:02x}",
                "count": 1,
                "first_seen_at": AT,
                "last_seen_at": AT,
                **values,
            }
        )
    )
