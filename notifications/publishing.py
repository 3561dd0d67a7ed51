"""What notifications contributes to a publication: the SIP targets that the call path must know itself."""

from collections.abc import Iterator

from e911portal.core.findings import Finding, Severity, Subject
from e911portal.core.snapshot import SnapshotWriter
from notifications.models import Channel, SecurityDesk, Subscription

TABLES: dict[str, str] = {
    "notify": "CREATE TABLE notify (kind TEXT NOT NULL, subject TEXT NOT NULL, uri TEXT NOT NULL)",
}


def check() -> Iterator[Finding]:
    """Yield what would keep people from being told."""
    for desk in SecurityDesk.objects.filter(members__isnull=True).order_by("name"):
        yield Finding(
            Severity.WARNING,
            "NOT001",
            "Nobody is a member of this security desk.",
            Subject("notifications.securitydesk", desk.pk, desk.name),
            "Add its people, or delete it.",
        )


def compile(writer: SnapshotWriter) -> None:  # noqa: A001  the word of the trade, in its module
    """Write the ``notify`` table from the draft; call it inside one consistent read."""
    for name, ddl in TABLES.items():
        writer.table(name, ddl)
    writer.rows("notify", sorted(set(_rows())))


def _rows() -> Iterator[tuple[str, str, str]]:
    channels = Channel.objects.filter(
        is_enabled=True, transport=Channel.Transport.SIP_MESSAGE
    ).values_list("desk_id", "address")
    addresses: dict[int, list[str]] = {}
    for desk, address in channels:
        addresses.setdefault(desk, []).append(address)
    subscriptions = Subscription.objects.select_related("location_policy", "site", "erl")
    for subscription in subscriptions:
        for kind in ("policy", "site", "erl"):
            subject = getattr(subscription, "location_policy" if kind == "policy" else kind)
            if subject:
                for address in addresses.get(subscription.desk_id, []):
                    yield kind, subject.name, address
