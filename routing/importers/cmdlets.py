"""Lync's cmdlets of voice routing and location policy, read into rows."""

from collections.abc import Iterator

from locations.importers import lync
from locations.importers.lync import Cmdlet, said
from locations.importers.powershell import DASHES, Command
from locations.importers.rows import KEEP, NoticeRow, Row, Source, Text, TroubleRow
from routing.importers.rows import (
    DisclaimerRow,
    OtherTrunksRow,
    PolicyRow,
    RouteRow,
    SitePolicyRow,
    TrunkRow,
    UsageRow,
    VoicePolicyRow,
)

#: Our field behind each parameter of New-CsLocationPolicy.
_POLICY = {
    "EnhancedEmergencyServicesEnabled": "enhanced_emergency_services_enabled",
    "LocationRequired": "location_required",
    "EnhancedEmergencyServiceDisclaimer": "disclaimer",
    "UseLocationForE911Only": "use_location_for_e911_only",
    "NotificationUri": "notification_uris",
    "ConferenceUri": "conference_uri",
    "ConferenceMode": "conference_mode",
    "LocationRefreshInterval": "location_refresh_interval_hours",
    "Description": "description",
}
#: What Lync sets where the cmdlet says nothing; ours differ.
_NEW_POLICY = {"enhanced_emergency_services_enabled": "no", "location_required": "no"}
_MISSPELT = {
    "new-csenhancedemergencyservicedisclaimer": "Set-CsEnhancedEmergencyServiceDisclaimer",
    "set-trunkconfiguration": "Set-CsTrunkConfiguration",
}


def _named(command: Command, *names: str) -> str:
    return next((text for name in names if (text := command.text(name))), "")


def _listed(command: Command, name: str) -> tuple[str, ...] | None:
    """Return the items of ``@{add="a","b"}``; None when the parameter is not given."""
    values = command.parameters.get(name.lower())
    return None if values is None else tuple(v for v in values if v and not v.endswith("="))


def _removes(command: Command, name: str) -> bool:
    return "remove=" in command.parameters.get(name.lower(), ())


def _usages(command: Command, source: Source) -> Iterator[Row]:
    if _removes(command, "Usage"):
        yield TroubleRow(
            source,
            "PSTN usages are not removed by an import.",
            "Remove the usage on its page.",
            command=command.name,
        )
        return
    names = _listed(command, "Usage") or ()
    if not names:
        yield TroubleRow(
            source, "No usage is named.", 'Write -Usage @{add="name"}.', command=command.name
        )
    for name in names:
        yield UsageRow(source, name)


def _route(command: Command, source: Source) -> Iterator[Row]:
    yield RouteRow(
        source,
        _named(command, "Name", "Identity"),
        said(command, "NumberPattern"),
        said(command, "Priority"),
        said(command, "SuppressCallerId"),
        said(command, "AlternateCallerId"),
        said(command, "Description"),
        _listed(command, "PstnUsages"),
        _listed(command, "PstnGatewayList"),
    )


def _scope_and_name(command: Command) -> tuple[str, str]:
    """Return the scope of ``site:Redmond`` or ``tag:NY``, in lower case, and what it is called."""
    identity = _named(command, "Identity", "Name")
    scope, _, name = identity.partition(":")
    return (scope.lower(), name) if name and scope.lower() in ("site", "tag") else ("", identity)


def _of_topology_site(command: Command, source: Source, message: str, remedy: str) -> Row:
    name = _named(command, "Identity", "Name")
    return TroubleRow(source, f"“{name}” {message}", remedy, "-Identity", name, command.name)


def _voice_policy(command: Command, source: Source) -> Iterator[Row]:
    scope, name = _scope_and_name(command)
    if scope == "site":
        yield _of_topology_site(
            command, source, "is a policy of a topology site.",
            "Make it a policy of users and give it to them.",
        )  # fmt: skip
        return
    if _removes(command, "PstnUsages"):
        yield TroubleRow(
            source,
            "PSTN usages are not removed one by one.",
            'Write the usages that stay: -PstnUsages @{replace="name"}.',
            "-PstnUsages",
            command=command.name,
        )
        return
    if name.lower() == "global":
        yield NoticeRow(
            source,
            "No voice policy applies by itself here.",
            "Give the policy to the users who shall have it.",
            command.name,
        )
    adds = "add=" in command.parameters.get("pstnusages", ())
    yield VoicePolicyRow(
        source,
        name,
        said(command, "Description"),
        _listed(command, "PstnUsages"),
        adds and command.name.lower().startswith("set-"),
    )


def _numbers(command: Command) -> Text:
    """Return the emergency numbers as our own files have them; several are a list of commands."""
    if not command.has("EmergencyNumbers"):
        if not command.has("EmergencyDialString"):
            return KEEP
        masks = command.text("EmergencyDialMask").replace(";", ",")
        return f"{command.text('EmergencyDialString')}={masks}"
    found: list[dict[str, str]] = []
    option = ""
    for value in command.parameters["emergencynumbers"]:
        if value.lower() == "new-csemergencynumber":
            found.append({})
        elif found and option in ("dialstring", "dialmask"):
            found[-1][option] = value
        option = value.lstrip(DASHES).lower() if value[:1] in DASHES else ""
    return "; ".join(
        f"{number.get('dialstring', '')}={number.get('dialmask', '').replace(';', ',')}"
        for number in found
    )


def _policy(command: Command, source: Source) -> Iterator[Row]:
    scope, name = _scope_and_name(command)
    if scope == "site":
        yield _of_topology_site(
            command, source, "is a policy of a topology site, which pins travelling users to it.",
            "Make it a tagged policy and give it to the network site: New-CsNetworkSite … "
            "-LocationPolicy.",
        )  # fmt: skip
        return
    listed = [value.lower() for value in command.parameters.get("emergencynumbers", ()) if value]
    changes = command.name.lower().startswith("set-") and not command.has("EmergencyDialString")
    if (listed and "new-csemergencynumber" not in listed) or (
        changes and {"add=", "remove="} & set(listed)
    ):
        yield TroubleRow(
            source,
            "Emergency numbers are read as a whole list of New-CsEmergencyNumber only.",
            "Write all that the policy shall have: -EmergencyNumbers @{replace=…}.",
            "-EmergencyNumbers",
            command=command.name,
        )
        return
    values = {ours: command.text(theirs) for theirs, ours in _POLICY.items() if command.has(theirs)}
    if command.name.lower().startswith("new-"):
        values = _NEW_POLICY | values
    yield PolicyRow(
        source,
        name,
        "global" if name.lower() == "global" else "tagged",
        tuple(values.items()),
        said(command, "PstnUsage"),
        _numbers(command),
    )


def _site(command: Command, source: Source) -> Iterator[Row]:
    yield from lync.site(command, source)
    policy = command.text("LocationPolicy")
    if policy:
        name = _named(command, "Identity", "NetworkSiteID", "SiteID")
        yield SitePolicyRow(source, name, policy.removeprefix("tag:"))


def _disclaimer(command: Command, source: Source) -> Iterator[Row]:
    yield from _spelling(command, source)
    yield DisclaimerRow(source, command.text("Body"))


def _trunk(command: Command, source: Source) -> Iterator[Row]:
    yield from _spelling(command, source)
    if command.has("EnablePIDIFLOSupport"):
        yield NoticeRow(
            source,
            "-EnablePIDIFLOSupport is not a parameter of Set-CsTrunkConfiguration.",
            "Read as -EnablePIDFLOSupport.",
            command.name,
        )
    sends = _named(command, "EnablePIDFLOSupport", "EnablePIDIFLOSupport")
    scope, identity = _scope_and_name(command)
    gateway = identity.rpartition(":")[2]
    if not sends:
        yield NoticeRow(source, "Only -EnablePIDFLOSupport is imported.", "", command.name)
    elif scope == "site":
        yield _of_topology_site(
            command, source, "are the trunks of a topology site.", "Name each trunk."
        )
    elif gateway.lower() in ("", "global"):
        yield OtherTrunksRow(source, sends)
    else:
        yield TrunkRow(source, gateway, sends, command.name.lower().startswith("new-"))


def _spelling(command: Command, source: Source) -> Iterator[Row]:
    right = _MISSPELT.get(command.name.lower())
    if right:
        yield NoticeRow(
            source, f"{command.name} is not a cmdlet.", f"Read as {right}.", command.name
        )


CMDLETS: dict[str, Cmdlet] = {
    "set-cspstnusage": _usages,
    "new-csvoiceroute": _route,
    "set-csvoiceroute": _route,
    "new-cslocationpolicy": _policy,
    "set-cslocationpolicy": _policy,
    "new-csnetworksite": _site,
    "set-csnetworksite": _site,
    "new-csenhancedemergencyservicedisclaimer": _disclaimer,
    "set-csenhancedemergencyservicedisclaimer": _disclaimer,
    "new-csvoicepolicy": _voice_policy,
    "set-csvoicepolicy": _voice_policy,
    "new-cstrunkconfiguration": _trunk,
    "set-cstrunkconfiguration": _trunk,
    "set-trunkconfiguration": _trunk,
}
