"""Reads that span several models of routing."""

from collections import defaultdict

from routing.domain import elins, numbers, policy, selection
from routing.domain.table import CallParkOrbit, RoutingTable
from routing.models import (
    ELIN,
    EmergencyNumber,
    LocationPolicy,
    NormalizationRule,
    PSTNUsage,
    RouteTrunk,
    RouteUsage,
    SitePolicy,
    Trunk,
    VoicePolicyUsage,
    VoiceRoute,
    VoiceUser,
)
from routing.models import CallParkOrbit as CallParkOrbitRow


def draft_table() -> RoutingTable:
    """Return the draft in the database as the table that calls are routed by."""
    return RoutingTable(
        policies={name: entry for name, entry in _policies()},
        site_policies=dict(SitePolicy.objects.values_list("site_id", "location_policy__name")),
        global_policy=LocationPolicy.objects.filter(scope=LocationPolicy.Scope.GLOBAL)
        .values_list("name", flat=True)
        .first()
        or "",
        usages=tuple(PSTNUsage.objects.order_by("name").values_list("name", flat=True)),
        routes=_routes(),
        trunks={trunk.name: _trunk(trunk) for trunk in _enabled_trunks()},
        voice_policies=_voice_policies(),
        rules=tuple(
            numbers.NormalizationRule(rule.name, rule.pattern, rule.translation)
            for rule in NormalizationRule.objects.order_by("priority", "name")
        ),
        orbits=tuple(
            CallParkOrbit(orbit.name, orbit.first, orbit.last)
            for orbit in CallParkOrbitRow.objects.order_by("name")
        ),
        elins=tuple(
            elins.ELIN(elin.number, elin.erl.name, elin.callback_window_min)
            for elin in ELIN.objects.select_related("erl").order_by("number")
        ),
        last_resort=tuple(
            _enabled_trunks()
            .filter(last_resort__isnull=False)
            .order_by("last_resort", "name")
            .values_list("name", flat=True)
        ),
    )


def _policies() -> list[tuple[str, policy.LocationPolicy]]:
    listed: dict[int, list[numbers.EmergencyNumber]] = defaultdict(list)
    for number in EmergencyNumber.objects.order_by("pk"):
        listed[number.policy_id].append(
            numbers.EmergencyNumber(number.dial_string, tuple(number.masks))
        )
    return [
        (
            row.name,
            policy.LocationPolicy(
                name=row.name,
                enhanced_emergency_services_enabled=row.enhanced_emergency_services_enabled,
                location_required=policy.LocationRequired(row.location_required),
                disclaimer=row.disclaimer,
                use_location_for_e911_only=row.use_location_for_e911_only,
                emergency_numbers=tuple(listed[row.pk]),
                pstn_usage=row.pstn_usage.name if row.pstn_usage else "",
                notification_uris=tuple(row.notification_uris),
                conference_uri=row.conference_uri,
                conference_mode=policy.ConferenceMode(row.conference_mode),
                location_refresh_interval_hours=row.location_refresh_interval_hours,
                unvalidated_addresses=policy.UnvalidatedAddresses(row.unvalidated_addresses),
            ),
        )
        for row in LocationPolicy.objects.select_related("pstn_usage").order_by("name")
    ]


def _routes() -> tuple[selection.VoiceRoute, ...]:
    usages: dict[int, list[str]] = defaultdict(list)
    for row in RouteUsage.objects.select_related("usage").order_by("position", "pk"):
        usages[row.route_id].append(row.usage.name)
    trunks: dict[int, list[str]] = defaultdict(list)
    for entry in RouteTrunk.objects.select_related("trunk").order_by("position", "pk"):
        if entry.trunk.is_enabled:
            trunks[entry.route_id].append(entry.trunk.name)
    return tuple(
        selection.VoiceRoute(
            name=route.name,
            pattern=route.number_pattern,
            usages=tuple(usages[route.pk]),
            trunks=tuple(trunks[route.pk]),
            priority=route.priority,
            suppress_caller_id=route.suppress_caller_id,
            alternate_caller_id=route.alternate_caller_id,
        )
        for route in VoiceRoute.objects.order_by("priority", "name")
    )


def _enabled_trunks():
    return Trunk.objects.filter(is_enabled=True).order_by("name")


def next_hop(trunk: Trunk) -> str:
    """Return where calls and probes to a trunk go, as a SIP URI."""
    return _trunk(trunk).dst


def _trunk(trunk: Trunk) -> selection.Trunk:
    return selection.Trunk(
        name=trunk.name,
        host=trunk.host,
        kind=selection.TrunkKind(trunk.kind),
        port=trunk.port,
        transport=selection.Transport(trunk.transport),
        send_pidf_lo=trunk.sends_pidf_lo,
        civic_profile=selection.CivicProfile(trunk.civic_profile),
        send_conference_data=trunk.send_conference_data,
        no_reply_ms=trunk.no_reply_ms,
        no_answer_ms=trunk.no_answer_ms,
        send_service_info=trunk.send_service_info,
    )


def _voice_policies() -> dict[str, tuple[str, ...]]:
    usages: dict[str, list[str]] = defaultdict(list)
    rows = VoicePolicyUsage.objects.select_related("policy", "usage").order_by("position", "pk")
    for row in rows:
        usages[row.policy.name].append(row.usage.name)
    return {name: tuple(names) for name, names in usages.items()}


def row_keys() -> dict[tuple[str, str], int]:
    """Return the keys of the draft's rows by (model label, name), so that findings can be
    linked."""
    models = (LocationPolicy, PSTNUsage, Trunk, VoiceRoute, NormalizationRule, CallParkOrbitRow)
    return {
        (model._meta.label_lower, name): key
        for model in models
        for key, name in model.objects.values_list("pk", "name")
    }


def ordinary_numbers() -> set[str]:
    """Return what people dial to reach each other: the users' numbers in E.164."""
    lines = VoiceUser.objects.filter(line_uri__isnull=False).values_list("line_uri", flat=True)
    return {line for line in lines if line}
