"""What rows about usages, routes, policies and trunks mean for the estate."""

from typing import Any

from locations.importers.draft import Draft
from locations.importers.held import Entry
from locations.importers.planning import Interpreter
from locations.importers.rows import KEEP, Row
from locations.importers.tables import Values, cleaned
from locations.importers.troubles import Conflict, Mistake
from routing.importers.columns import numbers, settle_numbers
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


def _words(draft: Draft, table: str, **said: Any) -> Values:
    """Return the fields that a cmdlet gives; patterns and numbers may begin with any character."""
    meta = draft.tables[table].model_class._meta
    return {
        name: cleaned(
            meta.get_field(name), text, name, separator="," if name == "notification_uris" else ""
        )
        for name, text in said.items()
        if text is not KEEP
    }


def usage_row(draft: Draft, row: UsageRow) -> Entry:
    """Say that there is a PSTN usage."""
    return draft.put("pstn_usages", _words(draft, "pstn_usages", name=row.name)["name"], {})


def trunk_of(draft: Draft, gateway: str) -> Entry | None:
    """Return the trunk that a gateway list names, by name or host, with or without its prefix."""
    host = gateway.rpartition(":")[2]
    found = draft.find("trunks", gateway) or draft.find("trunks", host)
    if found is not None:
        return found
    held = draft.whole("trunks")
    place = held.names.index("host") + 1
    for key, stored in held.stored.items():
        if stored[place] == host.lower():
            return draft.find("trunks", key)
    return None


def _trunk(draft: Draft, gateway: str) -> Entry:
    found = trunk_of(draft, gateway)
    if found is not None:
        return found
    host = _words(draft, "trunks", host=gateway.rpartition(":")[2])["host"]
    return draft.put("trunks", host, {}, birth={"kind": "gateway", "host": host})


def route_row(draft: Draft, row: RouteRow) -> Entry:
    """Say what a voice route has; a gateway that is not known becomes a trunk."""
    name = _words(draft, "voice_routes", name=row.name)["name"]
    said = _words(
        draft,
        "voice_routes",
        number_pattern=row.number_pattern,
        priority=row.priority,
        suppress_caller_id=row.suppress_caller_id,
        alternate_caller_id=row.alternate_caller_id,
        description=row.description,
    )
    entry = draft.put("voice_routes", name, said)
    usages = [draft.named("pstn_usages", usage, field="usages").ref for usage in row.usages or ()]
    trunks = [_trunk(draft, gateway).ref for gateway in row.gateways or ()]
    _settle(draft, entry, "route_usages", usages, row.usages is not None)
    _settle(draft, entry, "route_trunks", trunks, row.gateways is not None)
    return entry


def _settle(draft: Draft, owner: Entry, table: str, members: list[int], is_said: bool) -> None:
    if not is_said:
        return
    for position, member in enumerate(members):
        draft.put(table, (owner.ref, member), {"position": position})
    for other in draft.owned(table, owner.ref):
        if other.key[1] not in members:
            draft.remove(other)


def voice_policy_row(draft: Draft, row: VoicePolicyRow) -> Entry:
    """Say which usages a voice policy has."""
    name = _words(draft, "voice_policies", name=row.name)["name"]
    said = _words(draft, "voice_policies", description=row.description)
    entry = draft.put("voice_policies", name, said)
    usages = [draft.named("pstn_usages", usage, field="usages").ref for usage in row.usages or ()]
    if row.extends:
        there = draft.owned("voice_policy_usages", entry.ref)
        there.sort(key=lambda use: (use.values["position"], use.ref))
        usages = list(dict.fromkeys([*(use.values["usage_id"] for use in there), *usages]))
    _settle(draft, entry, "voice_policy_usages", usages, row.usages is not None)
    return entry


def policy_row(draft: Draft, row: PolicyRow) -> Entry:
    """Say what a location policy has."""
    name = _words(draft, "location_policies", name=row.name)["name"]
    if row.scope == "global":
        name = _global_name(draft) or name
    said = _words(draft, "location_policies", **dict(row.values))
    if row.usage is not KEEP:
        usage = str(row.usage)
        said["pstn_usage_id"] = (
            draft.named("pstn_usages", usage, field="pstn_usage").ref if usage else None
        )
    entry = draft.put("location_policies", name, said, birth={"scope": row.scope})
    if row.numbers is not KEEP:
        settle_numbers(draft, entry, numbers(str(row.numbers)))
    return entry


def _global_name(draft: Draft) -> str:
    """Return the name of the global policy, which people may have renamed."""
    held = draft.whole("location_policies")
    place = held.names.index("scope") + 1
    return next((str(key) for key, row in held.stored.items() if row[place] == "global"), "")


def site_policy_row(draft: Draft, row: SitePolicyRow) -> Entry:
    """Say which location policy a network site has."""
    site = draft.named("sites", row.site, field="site")
    policy = draft.named("location_policies", row.policy, field="location_policy")
    if policy.values["scope"] != "tagged":
        raise Mistake(
            f"{row.policy} is the global policy.",
            field="location_policy",
            value=row.policy,
            remedy="A network site takes a tagged policy; the global one applies by itself.",
        )
    return draft.put("site_policies", site.ref, {"location_policy_id": policy.ref})


def disclaimer_row(draft: Draft, row: DisclaimerRow) -> Entry:
    """Say what the global policy's disclaimer is."""
    name = _global_name(draft) or "Global"
    policy = draft.find("location_policies", name)
    if policy is None:
        raise Conflict(
            "There is no global location policy that could carry the disclaimer.",
            remedy="Add one (New-CsLocationPolicy -Identity Global), or put the disclaimer into "
            "the policies of sites and users.",
        )
    said = _words(draft, "location_policies", disclaimer=row.text)
    return draft.put("location_policies", name, said)


def trunk_row(draft: Draft, row: TrunkRow) -> Entry:
    """Say whether a trunk sends the location."""
    found = _trunk(draft, row.gateway) if row.is_new else trunk_of(draft, row.gateway)
    if found is None:
        raise Mistake(
            f"There is no trunk to {row.gateway}.",
            field="-Identity",
            value=row.gateway,
            remedy="Import the voice route that names the gateway in the same run.",
        )
    return draft.put("trunks", found.key, _words(draft, "trunks", send_pidf_lo=row.send_pidf_lo))


def other_trunks_row(draft: Draft, row: OtherTrunksRow) -> Entry | None:
    """Say whether those trunks send the location that have no setting of their own."""
    held = draft.whole("trunks")
    trunks = (draft.find("trunks", key) for key in [*held.stored, *held.entries])
    said = _words(draft, "trunks", send_pidf_lo=row.send_pidf_lo)
    told = [
        draft.put("trunks", trunk.key, said)
        for trunk in trunks
        if trunk is not None and trunk.values["send_pidf_lo"] is None
    ]
    return told[0] if told else None


#: After those of locations: a site's policy needs both site and policy.  The global setting of
#: trunks comes last: it is for those that no other row speaks of.
INTERPRETERS: dict[type[Row], Interpreter] = {
    UsageRow: usage_row,
    RouteRow: route_row,
    VoicePolicyRow: voice_policy_row,
    PolicyRow: policy_row,
    SitePolicyRow: site_policy_row,
    DisclaimerRow: disclaimer_row,
    TrunkRow: trunk_row,
    OtherTrunksRow: other_trunks_row,
}
