"""Lync's cmdlets of voice routing and location policy, read into rows."""

from collections.abc import Iterator

from locations.importers import lync
from locations.importers.lync import Cmdlet, said
from locations.importers.powershell import Command
from locations.importers.rows import KEEP, NoticeRow, Row, Source, TroubleRow
from routing.importers.rows import (
    DisclaimerRow,
    PolicyRow,
    RouteRow,
    SitePolicyRow,
    TrunkRow,
    UsageRow,
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


def _policy(command: Command, source: Source) -> Iterator[Row]:
    name = _named(command, "Identity", "Name")
    scope, _, tagged = name.partition(":")
    if tagged and scope.lower() == "site":
        yield TroubleRow(
            source,
            f"“{name}” is a policy of a topology site, which pins travelling users to it.",
            "Make it a tagged policy and give it to the network site: New-CsNetworkSite … "
            "-LocationPolicy.",
            "-Identity",
            name,
            command.name,
        )
        return
    name = tagged if tagged and scope.lower() == "tag" else name
    values = {ours: command.text(theirs) for theirs, ours in _POLICY.items() if command.has(theirs)}
    if command.name.lower().startswith("new-"):
        values = _NEW_POLICY | values
    numbers: str | object = KEEP
    if command.has("EmergencyDialString"):
        masks = command.text("EmergencyDialMask").replace(";", ",")
        numbers = f"{command.text('EmergencyDialString')}={masks}"
    yield PolicyRow(
        source,
        name,
        "global" if name.lower() == "global" else "tagged",
        tuple(values.items()),
        said(command, "PstnUsage"),
        numbers,  # type: ignore[arg-type]
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
    gateway = _named(command, "Identity").rpartition(":")[2]
    if not sends:
        yield NoticeRow(source, "Only -EnablePIDFLOSupport is imported.", "", command.name)
    elif gateway.lower() in ("", "global"):
        yield NoticeRow(
            source,
            "Trunks to providers and ELIN gateways send PIDF-LO here unless told otherwise.",
            "For another trunk, set it on the trunk's page.",
            command.name,
        )
    else:
        yield TrunkRow(source, gateway, sends)


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
    "set-cstrunkconfiguration": _trunk,
    "set-trunkconfiguration": _trunk,
}
