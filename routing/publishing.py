"""What routing contributes to a publication: findings, and its part of the snapshot file."""

import json
from collections.abc import Iterator

from e911portal.core.findings import Finding
from e911portal.core.snapshot import SnapshotWriter
from locations.models import ERL
from routing import queries
from routing.domain import checks
from routing.lookup import TABLES
from routing.models import VoiceUser


def check() -> Iterator[Finding]:
    """Yield everything a person should repair before (ERROR, WARNING) or after (INFO)
    publishing."""
    yield from checks.check(
        queries.draft_table(),
        extensions=queries.ordinary_numbers(),
        erls=(
            checks.ERLFacts(name, site, company)
            for name, site, company in ERL.objects.values_list("name", "site_id", "company")
        ),
        keys=queries.row_keys(),
    )


def compile(writer: SnapshotWriter) -> None:
    """Write the tables of ``routing.lookup`` from the draft; call it inside one consistent read."""
    for name, ddl in TABLES.items():
        writer.table(name, ddl)
    table = queries.draft_table()
    writer.rows(
        "policy",
        (
            (name, json.dumps(entry.to_record(), ensure_ascii=False))
            for name, entry in sorted(table.policies.items())
        ),
    )
    writer.rows("site_policy", sorted(table.site_policies.items()))
    users = list(
        VoiceUser.objects.select_related("location_policy", "voice_policy").order_by("sip_uri")
    )
    writer.rows("user", ((user.sip_uri, json.dumps(_record(user))) for user in users))
    writer.rows(
        "user_number",
        sorted((user.line_uri, user.sip_uri) for user in users if user.line_uri),
    )
    writer.rows(
        "routing",
        ((key, json.dumps(value)) for key, value in sorted(table.to_values().items())),
    )


def _record(user: VoiceUser) -> dict[str, object]:
    return {
        "sip_uri": user.sip_uri,
        "display_name": user.display_name,
        "number": user.line_uri or "",
        "voice_policy": user.voice_policy.name if user.voice_policy else "",
        "location_policy": user.location_policy.name if user.location_policy else "",
        "home_site": user.home_site_id,
    }
