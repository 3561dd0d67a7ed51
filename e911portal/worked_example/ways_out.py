"""The example's location policies, usages, routes, trunks and users."""

from typing import Any

from e911portal.worked_example.rows import ensure
from locations.models import NetworkSite
from routing.models import (
    CallParkOrbit,
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

DOMAIN = "unplugthepbx.com"
DISCLAIMER = "The portal cannot tell where you are. In an emergency, dial 911 from a mobile phone."


def load(*, by: Any) -> None:
    """Make what is missing of the example's routing."""
    new_york = NetworkSite.objects.get(name="NY1")
    los_angeles = NetworkSite.objects.get(name="LA1")
    usages = {
        name: ensure(PSTNUsage, by, key={"name": name}, description=description)
        for name, description in (
            ("E911 (NY)", "Emergency calls from New York"),
            ("E911 (LA)", "Emergency calls from Los Angeles"),
            ("E911 (Global)", "Emergency calls from a place that is not on the map"),
            ("911 Failover", "Any gateway that still works"),
        )
    }
    trunks = _trunks(new_york, los_angeles, by)
    provider = trunks["E9-1-1 provider"]
    ny_gateway = trunks["New York gateway"]
    la_gateway = trunks["Los Angeles survivable branch gateway"]
    # The local gateway stands second on each site's own route, so that a visitor whose WAN fails
    # leaves by the gateway of the building he is in, not by that of his home.
    _route(by, "E911(NY)", 10, usages["E911 (NY)"], [provider, ny_gateway], "+12125550100")
    _route(by, "E911(LA)", 20, usages["E911 (LA)"], [provider, la_gateway], "+12135550100")
    _route(by, "E911(Global)", 30, usages["E911 (Global)"], [provider], "")
    _route(by, "911Failover", 90, usages["911 Failover"], [ny_gateway, la_gateway], "+12125550100")
    _policies(new_york, los_angeles, usages, by)
    _people(new_york, los_angeles, usages["911 Failover"], by)
    ensure(
        NormalizationRule,
        by,
        key={"name": "Emergency with outside prefix"},
        pattern=r"^9?(911)$",
        translation="+$1",
        priority=10,
    )
    ensure(CallParkOrbit, by, key={"name": "Call park"}, first="7000", last="7049")


def _trunks(new_york: NetworkSite, los_angeles: NetworkSite, by: Any) -> dict[str, Trunk]:
    provider = ensure(
        Trunk,
        by,
        key={"name": "E9-1-1 provider"},
        kind=Trunk.Kind.PROVIDER,
        host="127.0.0.1",
        port=5081,
        transport=Trunk.Transport.TCP,
        civic_profile=Trunk.CivicProfile.MICROSOFT,
        send_conference_data=True,
        description="SIP trunk to the E9-1-1 service provider",
    )
    ny_gateway = ensure(
        Trunk,
        by,
        key={"name": "New York gateway"},
        kind=Trunk.Kind.GATEWAY,
        host="127.0.0.1",
        port=5082,
        transport=Trunk.Transport.UDP,
        site=new_york,
        last_resort=1,
    )
    la_gateway = ensure(
        Trunk,
        by,
        key={"name": "Los Angeles survivable branch gateway"},
        kind=Trunk.Kind.BRANCH_GATEWAY,
        host="127.0.0.1",
        port=5083,
        transport=Trunk.Transport.UDP,
        site=los_angeles,
        last_resort=2,
    )
    return {trunk.name: trunk for trunk in (provider, ny_gateway, la_gateway)}


def _route(
    by: Any, name: str, priority: int, usage: PSTNUsage, trunks: list[Trunk], caller_id: str
) -> None:
    route = ensure(
        VoiceRoute,
        by,
        key={"name": name},
        number_pattern=r"^\+911$",
        priority=priority,
        suppress_caller_id=bool(caller_id),
        alternate_caller_id=caller_id,
    )
    ensure(RouteUsage, by, key={"route": route, "usage": usage})
    for position, trunk in enumerate(trunks):
        ensure(RouteTrunk, by, key={"route": route, "trunk": trunk}, position=position)


def _policies(
    new_york: NetworkSite, los_angeles: NetworkSite, usages: dict[str, PSTNUsage], by: Any
) -> None:
    for city, site, usage, desk, mode in (
        ("New York", new_york, "E911 (NY)", "+12125550199", LocationPolicy.ConferenceMode.TWO_WAY),
        ("Los Angeles", los_angeles, "E911 (LA)", "+12135550199", "oneway"),
    ):
        short = "".join(word[0] for word in city.split())
        policy = ensure(
            LocationPolicy,
            by,
            key={"name": f"{city} Location Policy"},
            scope=LocationPolicy.Scope.TAGGED,
            location_required=LocationPolicy.LocationRequired.DISCLAIMER,
            disclaimer=DISCLAIMER,
            pstn_usage=usages[usage],
            notification_uris=[f"sip:{short}Security@{DOMAIN}"],
            conference_uri=f"sip:{desk}@{DOMAIN};user=phone",
            conference_mode=mode,
        )
        number = {"policy": policy, "dial_string": "911"}
        ensure(EmergencyNumber, by, key=number, masks=["9911"])
        ensure(SitePolicy, by, key={"site": site}, location_policy=policy)
    policy = ensure(
        LocationPolicy,
        by,
        key={"name": "Global"},
        scope=LocationPolicy.Scope.GLOBAL,
        description="Users at home, on the road and in subnets that are not on the map",
        location_required=LocationPolicy.LocationRequired.DISCLAIMER,
        disclaimer=DISCLAIMER,
        pstn_usage=usages["E911 (Global)"],
        notification_uris=[f"sip:NYSecurity@{DOMAIN}"],
    )
    ensure(EmergencyNumber, by, key={"policy": policy, "dial_string": "911"}, masks=["9911"])


def _people(new_york: NetworkSite, los_angeles: NetworkSite, failover: PSTNUsage, by: Any) -> None:
    voice_policy = ensure(
        VoicePolicy,
        by,
        key={"name": "Office users"},
        description="What a user's own calls fall back to when the emergency trunk is away",
    )
    ensure(VoicePolicyUsage, by, key={"policy": voice_policy, "usage": failover})
    for uri, name, number, site in (
        ("anna.rossi", "Anna Rossi", "+12125550123", new_york),
        ("ben.ito", "Ben Ito", "+12135550145", los_angeles),
        # Whom the location policies notify, and have the provider join to the call.
        ("NYSecurity", "New York security desk", "+12125550199", new_york),
        ("LASecurity", "Los Angeles security desk", "+12135550199", los_angeles),
    ):
        ensure(
            VoiceUser,
            by,
            key={"sip_uri": f"sip:{uri}@{DOMAIN}"},
            display_name=name,
            line_uri=number,
            home_site=site,
            voice_policy=voice_policy,
        )
