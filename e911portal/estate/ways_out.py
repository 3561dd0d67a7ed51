"""Usages, trunks, routes, policies and users of a synthetic estate."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import Any, TypeVar

from django.db import models

from e911portal.estate.places import city_of
from e911portal.estate.rows import Progress, insert, insert_all
from e911portal.estate.size import Size
from locations.models import NetworkSite
from routing.models import (
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

Row = TypeVar("Row", bound=models.Model)
DOMAIN = "example.com"
#: Of RFC 2544: addresses that are nobody's.
TRUNKS = ip_network("198.18.0.0/15")
FAILOVER = "911 failover"
DISCLAIMER = "If you dial 911 without a location, responders may not find you."


def make(size: Size, sites: list[NetworkSite], *, by: Any, progress: Progress) -> None:
    """Make one usage, gateway, route and location policy per site, a provider's trunk and users."""

    def put(model: type[Row], rows: Iterable[Row]) -> list[Row]:
        return list(insert(model, rows, by=by, progress=progress))

    failover, everywhere, *usages = put(
        PSTNUsage,
        (PSTNUsage(name=name) for name in (FAILOVER, "E911 (elsewhere)", *_usages(sites))),
    )
    provider, *gateways = put(Trunk, _trunks(sites))
    every, elsewhere, *routes = put(VoiceRoute, _routes(sites))
    put(
        RouteUsage,
        (
            RouteUsage(route=route, usage=usage)
            for route, usage in zip(
                (every, elsewhere, *routes), (failover, everywhere, *usages), strict=True
            )
        ),
    )
    put(RouteTrunk, _route_trunks(provider, gateways, every, elsewhere, routes))
    everybody, *policies = put(LocationPolicy, _policies(sites, everywhere, usages))
    put(
        EmergencyNumber,
        (
            EmergencyNumber(policy=policy, dial_string="911", masks=["9911"])
            for policy in (everybody, *policies)
        ),
    )
    put(
        SitePolicy,
        (
            SitePolicy(site=site, location_policy=policy)
            for site, policy in zip(sites, policies, strict=True)
        ),
    )
    put(
        NormalizationRule,
        [NormalizationRule(name="External prefix 9", pattern="^9(911)$", translation="+$1")],
    )
    (voice_policy,) = put(VoicePolicy, [VoicePolicy(name="Estate users")])
    put(VoicePolicyUsage, [VoicePolicyUsage(policy=voice_policy, usage=failover)])
    insert_all(VoiceUser, _users(size, sites, voice_policy), by=by, progress=progress)


def _usages(sites: list[NetworkSite]) -> Iterator[str]:
    return (f"E911 ({site.name})" for site in sites)


def _trunks(sites: list[NetworkSite]) -> Iterator[Trunk]:
    yield Trunk(
        name="Estate E9-1-1 provider",
        kind=Trunk.Kind.PROVIDER,
        host=str(TRUNKS[1]),
        transport=Trunk.Transport.TLS,
        last_resort=1,
    )
    for number, site in enumerate(sites, start=2):
        yield Trunk(
            name=f"{site.name} gateway",
            kind=Trunk.Kind.BRANCH_GATEWAY,
            host=str(TRUNKS[number]),
            site=site,
        )


def _routes(sites: list[NetworkSite]) -> Iterator[VoiceRoute]:
    yield VoiceRoute(name=FAILOVER, priority=200)
    yield VoiceRoute(name="E911 (elsewhere)")
    for position, site in enumerate(sites):
        yield VoiceRoute(
            name=f"E911 ({site.name})",
            suppress_caller_id=True,
            alternate_caller_id=f"+1{city_of(position).area_code}555{position % 10_000:04d}",
        )


def _route_trunks(
    provider: Trunk,
    gateways: list[Trunk],
    every: VoiceRoute,
    elsewhere: VoiceRoute,
    routes: list[VoiceRoute],
) -> Iterator[RouteTrunk]:
    yield RouteTrunk(route=every, trunk=gateways[0])
    yield RouteTrunk(route=elsewhere, trunk=provider)
    for route, gateway in zip(routes, gateways, strict=True):
        yield RouteTrunk(route=route, trunk=provider, position=0)
        yield RouteTrunk(route=route, trunk=gateway, position=1)


def _policies(
    sites: list[NetworkSite], everywhere: PSTNUsage, usages: list[PSTNUsage]
) -> Iterator[LocationPolicy]:
    """Yield the Global policy, unless there is one already, and one per site."""
    scope = LocationPolicy.Scope
    taken = LocationPolicy.objects.filter(scope=scope.GLOBAL).exists()
    yield LocationPolicy(
        name="Estate elsewhere",
        scope=scope.TAGGED if taken else scope.GLOBAL,
        pstn_usage=everywhere,
    )
    for site, usage in zip(sites, usages, strict=True):
        yield LocationPolicy(
            name=f"{site.name} location policy",
            location_required=LocationPolicy.LocationRequired.DISCLAIMER,
            disclaimer=DISCLAIMER,
            pstn_usage=usage,
            notification_uris=[f"sip:security-{site.name.lower()}@{DOMAIN}"],
        )


def _users(size: Size, sites: list[NetworkSite], policy: VoicePolicy) -> Iterator[VoiceUser]:
    for position in range(size.users):
        site = position % len(sites)
        yield VoiceUser(
            sip_uri=f"sip:user{position:06d}@{DOMAIN}",
            display_name=f"User {position}",
            line_uri=f"+1{city_of(site).area_code}8{position:06d}",
            home_site=sites[site],
            voice_policy=policy,
        )
