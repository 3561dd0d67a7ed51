"""Policies, ways out, numbers and calls."""

from typing import Any

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
from tests.factories.locations import make_erl, make_site
from tests.factories.rows import AT, number, save


def make_usage(**values: Any) -> PSTNUsage:
    return save(PSTNUsage(**{"name": f"usage {number()}", **values}))


def make_trunk(**values: Any) -> Trunk:
    unique = number()
    return save(
        Trunk(
            **{
                "name": f"trunk {unique}",
                "kind": Trunk.Kind.GATEWAY,
                "host": f"gateway-{unique}.example.com",
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
    route = save(VoiceRoute(**{"name": f"route {number()}", **values}))
    for position, usage in enumerate(usages or []):
        save(RouteUsage(route=route, usage=usage, position=position))
    for position, trunk in enumerate(trunks or []):
        save(RouteTrunk(route=route, trunk=trunk, position=position))
    return route


def make_voice_policy(*, usages: list[PSTNUsage] | None = None, **values: Any) -> VoicePolicy:
    policy = save(VoicePolicy(**{"name": f"voice policy {number()}", **values}))
    for position, usage in enumerate(usages or []):
        save(VoicePolicyUsage(policy=policy, usage=usage, position=position))
    return policy


def make_voice_user(**values: Any) -> VoiceUser:
    unique = number()
    return save(
        VoiceUser(
            **{
                "sip_uri": f"sip:user-{unique}@example.com",
                "display_name": f"User {unique}",
                "line_uri": f"+1212555{unique:04d}",
                **values,
            }
        )
    )


def make_location_policy(
    *, numbers: dict[str, list[str]] | None = None, **values: Any
) -> LocationPolicy:
    """A tagged policy; ``numbers`` maps dial strings to their masks."""
    policy = save(LocationPolicy(**{"name": f"location policy {number()}", **values}))
    for dial_string, masks in (numbers or {}).items():
        save(EmergencyNumber(policy=policy, dial_string=dial_string, masks=masks))
    return policy


def make_emergency_number(**values: Any) -> EmergencyNumber:
    values["policy"] = values.get("policy") or make_location_policy()
    return save(EmergencyNumber(**values))


def make_site_policy(**values: Any) -> SitePolicy:
    values["site"] = values.get("site") or make_site()
    values["location_policy"] = values.get("location_policy") or make_location_policy()
    return save(SitePolicy(**values))


def make_normalization_rule(**values: Any) -> NormalizationRule:
    return save(
        NormalizationRule(
            **{
                "name": f"rule {number()}",
                "pattern": r"^9?(911)$",
                "translation": "+$1",
                **values,
            }
        )
    )


def make_orbit(**values: Any) -> CallParkOrbit:
    return save(
        CallParkOrbit(**{"name": f"orbit {number()}", "first": "7000", "last": "7099", **values})
    )


def make_elin(**values: Any) -> ELIN:
    values["erl"] = values.get("erl") or make_erl()
    values.setdefault("number", f"+1212557{number():04d}")
    return save(ELIN(**values))


def make_call(**values: Any) -> EmergencyCall:
    return EmergencyCall.objects.create(
        **{
            "call_ref": f"call-{number()}",
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
            "event_id": f"event-{number()}",
            "kind": "decided",
            "at": AT,
            **values,
        }
    )
