"""Microsoft Teams PowerShell that makes usages, routes and emergency policies of the estate.

What is one location policy here is two there: who is told (calling policy) and how the call leaves
(call-routing policy).
"""

import re
from collections.abc import Iterator

from e911portal.core.findings import Finding, Severity, Subject
from locations.exporters.files import Code, added, cmdlet, literal
from routing import queries
from routing.domain.policy import ConferenceMode, LocationPolicy
from routing.domain.table import RoutingTable
from routing.models import SitePolicy

MAX_NOTIFIED = 10
MAX_DISCLAIMER = 350
_DIALLED = re.compile(r"sip:(\+?[0-9]+)@")


def lines(findings: list[Finding]) -> Iterator[str]:
    """Yield the commands, each after those that it depends on; sites must be there already."""
    table = queries.draft_table()
    findings += _check(table)
    if table.usages:
        usages = {"Identity": Code("Global"), "Usage": added(table.usages)}
        yield cmdlet("Set-CsOnlinePstnUsage", usages)
    for route in table.routes:
        hosts = dict.fromkeys(table.trunks[name].host for name in route.trunks)
        yield cmdlet(
            "New-CsOnlineVoiceRoute",
            {
                "Identity": route.name,
                "NumberPattern": route.pattern,
                "OnlinePstnUsages": _list(route.usages),
                "OnlinePstnGatewayList": _list(hosts),
                "Priority": route.priority,
            },
        )
    for policy in table.policies.values():
        yield from _policies(policy, is_global=policy.name == table.global_policy)
    for site, name in SitePolicy.objects.order_by("site__name").values_list(
        "site__name", "location_policy__name"
    ):
        policies = {"EmergencyCallingPolicy": name, "EmergencyCallRoutingPolicy": name}
        yield cmdlet("Set-CsTenantNetworkSite", {"Identity": site, **policies})
    for name, listed in sorted(table.voice_policies.items()):
        yield cmdlet(
            "New-CsOnlineVoiceRoutingPolicy",
            {"Identity": name, "OnlinePstnUsages": _list(listed)},
        )


def _list(texts: Iterator[str] | tuple[str, ...] | dict[str, None]) -> Code | None:
    return Code(",".join(literal(text) for text in texts)) if texts else None


def _policies(policy: LocationPolicy, *, is_global: bool) -> Iterator[str]:
    verb, identity = ("Set", "Global") if is_global else ("New", policy.name)
    numbers = [
        cmdlet(
            "New-CsTeamsEmergencyNumber",
            {
                "EmergencyDialString": number.dial_string,
                "EmergencyDialMask": ";".join(number.masks),
                "OnlinePSTNUsage": policy.pstn_usage,
            },
        ).strip()
        for number in policy.emergency_numbers
    ]
    table = Code("@{add=" + ",".join(f"({number})" for number in numbers) + "}")
    yield cmdlet(
        f"{verb}-CsTeamsEmergencyCallRoutingPolicy",
        {
            "Identity": identity,
            "AllowEnhancedEmergencyServices": policy.enhanced_emergency_services_enabled,
            "EmergencyNumbers": table if numbers else None,
        },
    )
    number = _DIALLED.match(policy.conference_uri)
    yield cmdlet(
        f"{verb}-CsTeamsEmergencyCallingPolicy",
        {
            "Identity": identity,
            "NotificationGroup": ";".join(
                uri.removeprefix("sip:") for uri in policy.notification_uris
            ),
            "NotificationDialOutNumber": number[1] if number else "",
            "NotificationMode": _mode(policy),
            "EnhancedEmergencyServiceDisclaimer": policy.disclaimer,
        },
    )


def _mode(policy: LocationPolicy) -> str:
    if not policy.conference_uri:
        return "NotificationOnly" if policy.notification_uris else ""
    one_way = policy.conference_mode is ConferenceMode.ONE_WAY
    return "ConferenceMuted" if one_way else "ConferenceUnMuted"


def _check(table: RoutingTable) -> Iterator[Finding]:
    """Yield what Teams would refuse, or do differently."""
    for route in table.routes:
        if route.pattern.startswith(r"^\+911"):
            yield Finding(
                Severity.WARNING,
                "TMS020",
                f"Teams dials 911 without a +, which the pattern {route.pattern} does not match.",
                Subject("routing.voiceroute", None, route.name),
                r"Write ^\+?911$ there.",
            )
        if route.suppress_caller_id:
            yield Finding(
                Severity.INFO,
                "TMS021",
                "Routes of Teams do not replace the caller id.",
                Subject("routing.voiceroute", None, route.name),
                "Set it by a translation rule of the session border controller.",
            )
    for policy in table.policies.values():
        subject = Subject("routing.locationpolicy", None, policy.name)
        if len(policy.notification_uris) > MAX_NOTIFIED:
            yield Finding(
                Severity.WARNING,
                "TMS022",
                f"{len(policy.notification_uris)} are notified; Teams takes {MAX_NOTIFIED}.",
                subject,
                "Notify a group.",
            )
        if len(policy.disclaimer) > MAX_DISCLAIMER:
            yield Finding(
                Severity.WARNING,
                "TMS023",
                f"The disclaimer has {len(policy.disclaimer)} characters; Teams takes "
                f"{MAX_DISCLAIMER}.",
                subject,
                "Shorten it.",
            )
        if policy.conference_uri and not _DIALLED.match(policy.conference_uri):
            yield Finding(
                Severity.WARNING,
                "TMS024",
                f"Teams conferences telephone numbers only, not {policy.conference_uri}.",
                subject,
                "Give the desk's number as sip:+12125550199@example.com;user=phone.",
            )
