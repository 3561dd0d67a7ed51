"""The tables of routing in our own CSV and XLSX files (see ``locations.importers.columns``)."""

from collections.abc import Sequence

from locations.importers.draft import Draft
from locations.importers.held import Entry
from locations.importers.tables import (
    Column,
    Members,
    Reference,
    Scalar,
    Table,
    Values,
    cleaned,
    join,
    split,
)
from locations.importers.troubles import Mistake
from routing.domain.numbers import NormalizationRule
from routing.models import EmergencyNumber


class Numbers(Column):
    """The emergency numbers of a location policy: ``911=9911,112; 933``."""

    headings = ("numbers",)

    def read(self, draft: Draft, cells: Sequence[str]) -> Values:
        numbers(cells[0])
        return {}

    def settle(self, draft: Draft, entry: Entry, cells: Sequence[str]) -> None:
        settle_numbers(draft, entry, numbers(cells[0]))

    def write(self, draft: Draft, ref: int, values: Values) -> tuple[str, ...]:
        rows = [entry.values for entry in draft.owned("emergency_numbers", ref)]
        rows.sort(key=lambda row: row["dial_string"])
        texts = (f"{row['dial_string']}={','.join(row['masks'])}".rstrip("=") for row in rows)
        return (join(texts),)


def numbers(text: str) -> dict[str, list[str]]:
    """Return dial strings with their masks. Raises ``Mistake`` for one that policies refuse."""
    meta = EmergencyNumber._meta
    found: dict[str, list[str]] = {}
    taken: set[str] = set()
    for item in split(text):
        dial, _, masks = item.partition("=")
        dial = cleaned(meta.get_field("dial_string"), dial.strip(), "numbers")
        listed = cleaned(meta.get_field("masks"), masks, "numbers", separator=",")
        twice = taken & {dial, *listed} or ({dial} & set(listed))
        if twice or dial in found:
            raise Mistake(
                f"{', '.join(sorted(twice or {dial}))} is given twice.", field="numbers", value=text
            )
        if len(";".join(listed)) > 100:
            raise Mistake(
                "The masks take more than 100 characters together.", field="numbers", value=text
            )
        found[dial] = listed
        taken |= {dial, *listed}
    return found


def settle_numbers(draft: Draft, policy: Entry, wanted: dict[str, list[str]]) -> None:
    """Give a policy exactly these emergency numbers."""
    for dial, masks in wanted.items():
        draft.put("emergency_numbers", (policy.ref, dial), {"masks": masks}, field="numbers")
    for other in draft.owned("emergency_numbers", policy.ref):
        if other.values["dial_string"] not in wanted:
            draft.remove(other)


class TaggedPolicy(Reference):
    """A location policy that sites and users may have: not the global one."""

    def read(self, draft: Draft, cells: Sequence[str]) -> Values:
        found = super().read(draft, cells)
        ref = found[self.field]
        if ref is not None and draft.values(self.table, ref)["scope"] != "tagged":
            raise Mistake(
                f"{cells[0]} is not a tagged policy.",
                field=self.headings[0],
                value=cells[0],
                remedy="Sites and users take tagged policies; the global one applies by itself.",
            )
        return found


def _policy() -> TaggedPolicy:
    return TaggedPolicy("location_policy", "location_policy_id", "location_policies")


def _orbit_is_a_range(_: Draft, row: Entry) -> bool:
    first, last = row.values["first"], row.values["last"]
    return len(first) == len(last) and first <= last


def _groups_exist(_: Draft, row: Entry) -> bool:
    values = row.values
    rule = NormalizationRule(values["name"], values["pattern"], values["translation"])
    return rule.translation_works()


PSTN_USAGES = Table(
    "pstn_usages",
    "routing.pstnusage",
    key=("name",),
    columns=(Scalar("name"), Scalar("description")),
)
TRUNKS = Table(
    "trunks",
    "routing.trunk",
    key=("name",),
    columns=(
        Scalar("name"),
        Scalar("kind"),
        Scalar("host"),
        Scalar("port"),
        Scalar("transport"),
        Reference("site", "site_id", "sites"),
        *(Scalar(name) for name in ("send_pidf_lo", "civic_profile", "send_conference_data")),
        Scalar("send_service_info"),
        *(Scalar(name) for name in ("no_reply_ms", "no_answer_ms", "last_resort", "is_enabled")),
        Scalar("description"),
    ),
)
VOICE_ROUTES = Table(
    "voice_routes",
    "routing.voiceroute",
    key=("name",),
    columns=(
        Scalar("name"),
        Scalar("number_pattern", numeric=True),
        Scalar("priority"),
        Members("usages", "route_usages", "usage_id", table="pstn_usages", position="position"),
        Members("trunks", "route_trunks", "trunk_id", table="trunks", position="position"),
        Scalar("suppress_caller_id"),
        Scalar("alternate_caller_id", numeric=True),
        Scalar("description"),
    ),
    rules=(
        (
            lambda _, row: (
                not row.values["suppress_caller_id"] or bool(row.values["alternate_caller_id"])
            ),
            "alternate_caller_id",
            "A suppressed caller id needs an alternate caller id, else nobody can call back.",
        ),
    ),
)
ROUTE_USAGES = Table(
    "route_usages",
    "routing.routeusage",
    key=("route_id", "usage_id"),
    owner="route_id",
    label=("route_id", "usage_id"),
)
ROUTE_TRUNKS = Table(
    "route_trunks",
    "routing.routetrunk",
    key=("route_id", "trunk_id"),
    owner="route_id",
    label=("route_id", "trunk_id"),
)
VOICE_POLICIES = Table(
    "voice_policies",
    "routing.voicepolicy",
    key=("name",),
    columns=(
        Scalar("name"),
        Members(
            "usages", "voice_policy_usages", "usage_id", table="pstn_usages", position="position"
        ),
        Scalar("description"),
    ),
)
VOICE_POLICY_USAGES = Table(
    "voice_policy_usages",
    "routing.voicepolicyusage",
    key=("policy_id", "usage_id"),
    owner="policy_id",
    label=("policy_id", "usage_id"),
)
LOCATION_POLICIES = Table(
    "location_policies",
    "routing.locationpolicy",
    key=("name",),
    columns=(
        Scalar("name"),
        Scalar("scope"),
        Scalar("description"),
        Scalar("enhanced_emergency_services_enabled"),
        Scalar("location_required"),
        Scalar("disclaimer"),
        Scalar("use_location_for_e911_only"),
        Numbers(),
        Reference("pstn_usage", "pstn_usage_id", "pstn_usages"),
        Scalar("notification_uris", separator=","),
        Scalar("conference_uri"),
        Scalar("conference_mode"),
        Scalar("location_refresh_interval_hours"),
        Scalar("unvalidated_addresses"),
    ),
    unique=("scope=global",),
    rules=(
        (
            lambda _, row: (
                row.values["location_required"] != "disclaimer" or bool(row.values["disclaimer"])
            ),
            "disclaimer",
            "Write the text that is shown when the prompt is dismissed.",
        ),
    ),
)
EMERGENCY_NUMBERS = Table(
    "emergency_numbers",
    "routing.emergencynumber",
    key=("policy_id", "dial_string"),
    owner="policy_id",
    label=("policy_id", "dial_string"),
)
SITE_POLICIES = Table(
    "site_policies",
    "routing.sitepolicy",
    key=("site_id",),
    columns=(Reference("site", "site_id", "sites"), _policy()),
    label=("site_id",),
    needs="site location_policy",
)
VOICE_USERS = Table(
    "voice_users",
    "routing.voiceuser",
    key=("sip_uri",),
    columns=(
        Scalar("sip_uri"),
        Scalar("display_name"),
        Scalar("line_uri", numeric=True),
        Reference("home_site", "home_site_id", "sites"),
        _policy(),
        Reference("voice_policy", "voice_policy_id", "voice_policies"),
    ),
    unique=("line_uri",),
    label=("sip_uri",),
)
NORMALIZATION_RULES = Table(
    "normalization_rules",
    "routing.normalizationrule",
    key=("name",),
    columns=(
        Scalar("name"),
        Scalar("pattern", numeric=True),
        Scalar("translation", numeric=True),
        Scalar("priority"),
        Scalar("description"),
    ),
    rules=((_groups_exist, "translation", "The translation uses a group that the pattern lacks."),),
    needs="name pattern",
)
CALL_PARK_ORBITS = Table(
    "call_park_orbits",
    "routing.callparkorbit",
    key=("name",),
    columns=(Scalar("name"), Scalar("first"), Scalar("last")),
    rules=(
        (
            _orbit_is_a_range,
            "last",
            "The range must go up, and both ends must have the same number of digits.",
        ),
    ),
)
ELINS = Table(
    "elins",
    "routing.elin",
    key=("number",),
    columns=(
        Scalar("number", numeric=True),
        Reference("erl", "erl_id", "erls"),
        Scalar("callback_window_min"),
    ),
    label=("number",),
    needs="number erl",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PSTN_USAGES, TRUNKS, VOICE_ROUTES, ROUTE_USAGES, ROUTE_TRUNKS, VOICE_POLICIES,
        VOICE_POLICY_USAGES, LOCATION_POLICIES, EMERGENCY_NUMBERS, SITE_POLICIES, VOICE_USERS,
        NORMALIZATION_RULES, CALL_PARK_ORBITS, ELINS,
    )
}  # fmt: skip
