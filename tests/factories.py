"""One function per model: a valid row with the least that it needs, and every value changeable.

Names are numbered, so two rows never collide; a row that another one needs is made when it is not
given.
"""

import itertools
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import models

from e911portal.core.models import AccessKey, AccessNetwork, Job, Publication, token_digest
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
    ServiceProvider,
    Subnet,
    Switch,
    SwitchPort,
    ValidationRun,
    WirelessAccessPoint,
)
from notifications.models import Channel, Notification, SecurityDesk, Subscription
from routing.models import (
    ELIN,
    CallEvent,
    CallParkOrbit,
    EmergencyCall,
    EmergencyNumber,
    LocationPolicy,
    NormalizationRule,
    PSTNUsage,
    RouteTrunk,
    RouteUsage,
    SitePolicy,
    Trunk,
    VoicePolicy,
    VoicePolicyUsage,
    VoiceRoute,
    VoiceUser,
)

AT = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)

M = TypeVar("M", bound=models.Model)
_number = itertools.count(1)


def _save(row: M) -> M:
    # What a form would refuse, a factory must not make. (Rows that no person edits, such as jobs
    # and verdicts, are inserted as the program does it.)
    row.full_clean()
    row.save()
    return row


# ---------------------------------------------------------------- people


def make_user(username: str = "", **values: Any) -> User:
    """A person who can log in with the password ``correct horse``."""
    return User.objects.create_user(
        username or f"person-{next(_number)}", password="correct horse", **values
    )


# ---------------------------------------------------------------- core


def make_publication(**values: Any) -> Publication:
    return Publication.objects.create(**{"number": next(_number), **values})


def make_job(**values: Any) -> Job:
    return Job.objects.create(**{"kind": "test", **values})


def make_access_network(**values: Any) -> AccessNetwork:
    return _save(
        AccessNetwork(**{"cidr": "127.0.0.0/8", "role": AccessNetwork.Role.DEVICES, **values})
    )


def make_access_key(key: str = "a long random key", **values: Any) -> AccessKey:
    return _save(
        AccessKey(**{"name": f"key {next(_number)}", "digest": token_digest(key), **values})
    )


# ---------------------------------------------------------------- locations


def make_region(**values: Any) -> NetworkRegion:
    """The region of that name, made when it is not there: sites of one test share NorthAmerica."""
    name = values.pop("name", "NorthAmerica")
    found = NetworkRegion.objects.filter(name=name).first()
    return found or _save(NetworkRegion(name=name, **values))


def make_site(**values: Any) -> NetworkSite:
    values.setdefault("name", f"SITE{next(_number)}")
    values["region"] = values.get("region") or make_region()
    return _save(NetworkSite(**values))


def make_address(**values: Any) -> CivicAddress:
    number = next(_number)
    return _save(
        CivicAddress(
            **{
                "a1": "NY",
                "a3": "New York",
                "hno": str(number),
                "prd": "N",
                "rd": "Cedar",
                "sts": "Dr",
                "pc": "98765",
                **values,
            }
        )
    )


def make_erl(**values: Any) -> ERL:
    values.setdefault("name", f"ERL {next(_number)}")
    values["site"] = values.get("site") or make_site()
    values["civic_address"] = values.get("civic_address") or make_address()
    return _save(ERL(**values))


def make_subnet(**values: Any) -> Subnet:
    number = next(_number)
    values["site"] = values.get("site") or make_site()
    values.setdefault("cidr", f"10.{number // 256 % 256}.{number % 256}.0/24")
    return _save(Subnet(**values))


def make_switch(*, chassis_ids: list[str] | None = None, **values: Any) -> Switch:
    number = next(_number)
    values["site"] = values.get("site") or make_site()
    switch = _save(Switch(**{"name": f"switch {number}", **values}))
    for value in chassis_ids or []:
        make_chassis_id(switch=switch, value=value)
    return switch


def make_chassis_id(**values: Any) -> ChassisID:
    values["switch"] = values.get("switch") or make_switch()
    number = next(_number)
    values.setdefault("value", f"3c-4a-92-00-{number // 256 % 256:02x}-{number % 256:02x}")
    return _save(ChassisID(**values))


def make_port(**values: Any) -> SwitchPort:
    values["switch"] = values.get("switch") or make_switch()
    values.setdefault("port_id", str(next(_number)))
    return _save(SwitchPort(**values))


def make_access_point(*, bssids: list[str] | None = None, **values: Any) -> WirelessAccessPoint:
    number = next(_number)
    values["site"] = values.get("site") or make_site()
    access_point = _save(WirelessAccessPoint(**{"name": f"access point {number}", **values}))
    for value in bssids or []:
        make_bssid(access_point=access_point, value=value)
    return access_point


def make_bssid(**values: Any) -> BSSID:
    number = next(_number)
    values["access_point"] = values.get("access_point") or make_access_point()
    values.setdefault("value", f"00-19-5b-7f-{number // 256 % 256:02x}-{number % 256:02x}")
    return _save(BSSID(**values))


def make_fixed_endpoint(**values: Any) -> FixedEndpoint:
    number = next(_number)
    values["site"] = values.get("site") or make_site()
    values.setdefault("name", f"endpoint {number}")
    values.setdefault("kind", FixedEndpoint.Kind.ANALOG)
    if not {"number", "sip_uri", "mac"} & values.keys():
        values["number"] = f"+1212556{number:04d}"
    return _save(FixedEndpoint(**values))


def make_provider(**values: Any) -> ServiceProvider:
    return _save(
        ServiceProvider(
            **{
                "name": f"provider {next(_number)}",
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
    return _save(
        MSAGRange(
            **{
                "prd": "N",
                "rd": f"STREET {next(_number)}",
                "sts": "DR",
                "low": "1",
                "high": "99999",
                "community": "NEW YORK",
                "state": "NY",
                **values,
            }
        )
    )


# ---------------------------------------------------------------- routing


def make_usage(**values: Any) -> PSTNUsage:
    return _save(PSTNUsage(**{"name": f"usage {next(_number)}", **values}))


def make_trunk(**values: Any) -> Trunk:
    number = next(_number)
    return _save(
        Trunk(
            **{
                "name": f"trunk {number}",
                "kind": Trunk.Kind.GATEWAY,
                "host": f"gateway-{number}.example.com",
                **values,
            }
        )
    )


def make_route(
    *,
    usages: list[PSTNUsage] | None = None,
    trunks: list[Trunk] | None = None,
    **values: Any,
) -> VoiceRoute:
    """A route with its usages and trunks in the order given."""
    route = _save(VoiceRoute(**{"name": f"route {next(_number)}", **values}))
    for position, usage in enumerate(usages or []):
        _save(RouteUsage(route=route, usage=usage, position=position))
    for position, trunk in enumerate(trunks or []):
        _save(RouteTrunk(route=route, trunk=trunk, position=position))
    return route


def make_voice_policy(*, usages: list[PSTNUsage] | None = None, **values: Any) -> VoicePolicy:
    policy = _save(VoicePolicy(**{"name": f"voice policy {next(_number)}", **values}))
    for position, usage in enumerate(usages or []):
        _save(VoicePolicyUsage(policy=policy, usage=usage, position=position))
    return policy


def make_voice_user(**values: Any) -> VoiceUser:
    number = next(_number)
    return _save(
        VoiceUser(
            **{
                "sip_uri": f"sip:user-{number}@example.com",
                "display_name": f"User {number}",
                "line_uri": f"+1212555{number:04d}",
                **values,
            }
        )
    )


def make_location_policy(
    *, numbers: dict[str, list[str]] | None = None, **values: Any
) -> LocationPolicy:
    """A tagged policy; ``numbers`` maps dial strings to their masks."""
    policy = _save(LocationPolicy(**{"name": f"location policy {next(_number)}", **values}))
    for dial_string, masks in (numbers or {}).items():
        _save(EmergencyNumber(policy=policy, dial_string=dial_string, masks=masks))
    return policy


def make_emergency_number(**values: Any) -> EmergencyNumber:
    values["policy"] = values.get("policy") or make_location_policy()
    return _save(EmergencyNumber(**values))


def make_site_policy(**values: Any) -> SitePolicy:
    values["site"] = values.get("site") or make_site()
    values["location_policy"] = values.get("location_policy") or make_location_policy()
    return _save(SitePolicy(**values))


def make_normalization_rule(**values: Any) -> NormalizationRule:
    return _save(
        NormalizationRule(
            **{
                "name": f"rule {next(_number)}",
                "pattern": r"^9?(911)$",
                "translation": "+$1",
                **values,
            }
        )
    )


def make_orbit(**values: Any) -> CallParkOrbit:
    return _save(
        CallParkOrbit(
            **{"name": f"orbit {next(_number)}", "first": "7000", "last": "7099", **values}
        )
    )


def make_elin(**values: Any) -> ELIN:
    values["erl"] = values.get("erl") or make_erl()
    values.setdefault("number", f"+1212557{next(_number):04d}")
    return _save(ELIN(**values))


def make_call(**values: Any) -> EmergencyCall:
    return EmergencyCall.objects.create(
        **{
            "call_ref": f"call-{next(_number)}",
            "at": AT,
            "caller_uri": "sip:anna@example.com",
            "caller_name": "Anna",
            "callback_number": "+12125550100",
            "dialled": "911",
            **values,
        }
    )


def make_call_event(**values: Any) -> CallEvent:
    values["call"] = values.get("call") or make_call()
    return CallEvent.objects.create(
        **{
            "event_id": f"event-{next(_number)}",
            "kind": "decided",
            "at": AT,
            **values,
        }
    )


# ---------------------------------------------------------------- notifications


def make_desk(
    *, sites: list[NetworkSite] | None = None, members: list[User] | None = None, **values: Any
) -> SecurityDesk:
    desk = _save(SecurityDesk(**{"name": f"desk {next(_number)}", **values}))
    desk.sites.set(sites or [])
    desk.members.set(members or [])
    return desk


def make_channel(**values: Any) -> Channel:
    values["desk"] = values.get("desk") or make_desk()
    return _save(
        Channel(
            **{
                "transport": Channel.Transport.EMAIL,
                "address": f"desk-{next(_number)}@example.com",
                **values,
            }
        )
    )


def make_subscription(**values: Any) -> Subscription:
    values["desk"] = values.get("desk") or make_desk()
    if not {"location_policy", "site", "erl"} & values.keys():
        values["site"] = make_site()
    return _save(Subscription(**values))


def make_notification(**values: Any) -> Notification:
    values["call"] = values.get("call") or make_call()
    return Notification.objects.create(
        **{
            "transport": "email",
            "address": f"desk-{next(_number)}@example.com",
            "due_at": AT,
            **values,
        }
    )
