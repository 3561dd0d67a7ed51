"""Lync PowerShell that makes usages, routes, trunks, location and voice policies of the estate."""

from collections import Counter
from collections.abc import Iterable, Iterator

from e911portal.core.findings import Finding, Severity, Subject
from locations.exporters.files import Code, added, cmdlet, literal
from routing import queries
from routing.domain.numbers import EmergencyNumber
from routing.domain.policy import ConferenceMode, LocationPolicy
from routing.domain.selection import Trunk, VoiceRoute
from routing.domain.table import RoutingTable
from routing.models import SitePolicy

#: Lengths that Lync takes, by parameter of New-CsLocationPolicy.
LIMITS = {"NotificationUri": 256, "ConferenceUri": 256, "EmergencyDialMask": 100}
GLOBAL = "Global"


def lines(findings: list[Finding]) -> Iterator[str]:
    """Yield the commands, each after those that it depends on; sites must be there already."""
    table = queries.draft_table()
    findings += _check(table)
    if table.usages:
        yield cmdlet("Set-CsPstnUsage", {"Identity": Code("global"), "Usage": added(table.usages)})
    for gateway, sends in _gateways(table).items():
        values = {"Identity": f"Service:{gateway}", "EnablePIDFLOSupport": sends}
        yield cmdlet("New-CsTrunkConfiguration", values)
    for route in table.routes:
        yield cmdlet("New-CsVoiceRoute", _route(route, table))
    for policy in table.policies.values():
        verb = "Set" if policy.name == table.global_policy else "New"
        identity = GLOBAL if verb == "Set" else policy.name
        yield cmdlet(f"{verb}-CsLocationPolicy", {"Identity": identity, **_policy(policy)})
    for site, name in SitePolicy.objects.order_by("site__name").values_list(
        "site__name", "location_policy__name"
    ):
        yield cmdlet("Set-CsNetworkSite", {"Identity": site, "LocationPolicy": name})
    for name, usages in sorted(table.voice_policies.items()):
        yield cmdlet(*_voice_policy(name, usages))


def _gateways(table: RoutingTable) -> dict[str, bool]:
    """Return whether each gateway is sent PIDF-LO: if one of the trunks is that become it."""
    found: dict[str, bool] = {}
    for trunk in table.trunks.values():
        gateway = _gateway(trunk)
        found[gateway] = found.get(gateway, False) or trunk.send_pidf_lo
    return found


def _gateway(trunk: Trunk) -> str:
    return f"PstnGateway:{trunk.host}"


def _voice_policy(name: str, usages: Iterable[str]) -> tuple[str, dict[str, object]]:
    if name.lower() == GLOBAL.lower():  # Lync has it from the start
        listed = Code("@{replace=" + ",".join(literal(usage) for usage in usages) + "}")
        return "Set-CsVoicePolicy", {"Identity": GLOBAL, "PstnUsages": listed}
    return "New-CsVoicePolicy", {"Identity": name, "PstnUsages": added(usages)}


def _route(route: VoiceRoute, table: RoutingTable) -> dict[str, object]:
    gateways = dict.fromkeys(_gateway(table.trunks[name]) for name in route.trunks)
    return {
        "Name": route.name,
        "NumberPattern": route.pattern,
        "PstnUsages": added(route.usages) if route.usages else None,
        "PstnGatewayList": added(gateways) if gateways else None,
        "Priority": route.priority,
        "SuppressCallerId": True if route.suppress_caller_id else None,
        "AlternateCallerId": route.alternate_caller_id,
    }


def _policy(policy: LocationPolicy) -> dict[str, object]:
    first, *more = policy.emergency_numbers or (EmergencyNumber("911", ()),)
    return {
        "EnhancedEmergencyServicesEnabled": policy.enhanced_emergency_services_enabled,
        "LocationRequired": policy.location_required.value,
        "EnhancedEmergencyServiceDisclaimer": policy.disclaimer,
        "UseLocationForE911Only": policy.use_location_for_e911_only,
        "PstnUsage": policy.pstn_usage,
        "EmergencyDialString": first.dial_string,
        "EmergencyDialMask": ";".join(first.masks),
        "EmergencyNumbers": _numbers((first, *more)) if more else None,
        "NotificationUri": ",".join(policy.notification_uris),
        "ConferenceUri": policy.conference_uri,
        "ConferenceMode": _MODES[policy.conference_mode] if policy.conference_uri else None,
        "LocationRefreshInterval": policy.location_refresh_interval_hours,
    }


_MODES = {ConferenceMode.ONE_WAY: "oneway", ConferenceMode.TWO_WAY: "twoway"}


def _numbers(numbers: tuple[EmergencyNumber, ...]) -> Code:
    made = (
        f"(New-CsEmergencyNumber -DialString {literal(number.dial_string)}"
        + (f" -DialMask {literal(';'.join(number.masks))}" if number.masks else "")
        + ")"
        for number in numbers
    )
    return Code("@{add=" + ",".join(made) + "}")


def _check(table: RoutingTable) -> Iterator[Finding]:
    """Yield what Lync would refuse or could not tell apart."""
    hosts = Counter(trunk.host for trunk in table.trunks.values())
    for trunk in table.trunks.values():
        if hosts[trunk.host] > 1:
            yield Finding(
                Severity.WARNING,
                "LYN020",
                f"Lync knows gateways by host; {hosts[trunk.host]} trunks have the host "
                f"{trunk.host} and become one.",
                Subject("routing.trunk", None, trunk.name),
                "Give each gateway a name of its own in the DNS.",
            )
    for policy in table.policies.values():
        subject = Subject("routing.locationpolicy", None, policy.name)
        values = _policy(policy)
        for field, limit in LIMITS.items():
            if len(str(values[field] or "")) > limit:
                yield Finding(
                    Severity.WARNING,
                    "LYN021",
                    f"{field} has {len(str(values[field]))} characters; Lync takes {limit}.",
                    subject,
                    "Notify a distribution list, or shorten it.",
                )
        if len(policy.emergency_numbers) > 1:
            yield Finding(
                Severity.INFO,
                "LYN022",
                "Several emergency numbers need the June 2016 update of the server.",
                subject,
            )
