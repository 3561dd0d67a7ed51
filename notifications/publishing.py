"""What notifications puts into a publication: SIP targets that the call path must know itself."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Q

from e911portal.core.findings import Finding, Severity, Subject
from e911portal.core.snapshot import SnapshotWriter
from locations.models import NetworkSite
from notifications.models import Channel, SecurityDesk, Subscription
from routing.models import LocationPolicy

TABLES: dict[str, str] = {
    "notify": "CREATE TABLE notify (kind TEXT NOT NULL, subject TEXT NOT NULL, uri TEXT NOT NULL)",
}


def check() -> Iterator[Finding]:
    """Yield what would keep people from being told of a call."""
    yield from _desks()
    yield from _policies()
    yield from _channels()


def _desks() -> Iterator[Finding]:
    desks = SecurityDesk.objects.order_by("name")
    if not desks.exists():
        yield Finding(
            Severity.WARNING,
            "NOT001",
            "There is no security desk: nobody in the portal sees an emergency call.",
            None,
            "Add a desk and its members.",
        )
    for desk in desks.filter(members__isnull=True):
        yield Finding(
            Severity.WARNING,
            "NOT002",
            "Nobody is a member of this security desk, so nobody watches its screen.",
            _subject(desk),
            "Add its people, or delete it.",
        )


def _policies() -> Iterator[Finding]:
    if SecurityDesk.objects.filter(sites__isnull=True, members__isnull=False).exists():
        return  # somebody watches all sites
    subscribed = Subscription.objects.filter(location_policy__isnull=False)
    watched = NetworkSite.objects.filter(
        Q(security_desks__members__isnull=False)
        | Q(pk__in=Subscription.objects.filter(site__isnull=False).values("site"))
    ).values("pk")
    for policy in LocationPolicy.objects.order_by("name"):
        if policy.notification_uris or subscribed.filter(location_policy=policy).exists():
            continue
        sites = policy.site_assignments
        if sites.exists() and not sites.exclude(site__in=watched).exists():
            continue
        yield Finding(
            Severity.WARNING,
            "NOT003",
            "Calls under this location policy are told to nobody: no notification URI, no "
            "subscription, and no desk that watches all of its sites.",
            _subject(policy),
            "Name a notification URI, or let a desk subscribe to the policy.",
        )


def _channels() -> Iterator[Finding]:
    channels = Channel.objects.filter(is_enabled=True).select_related("desk").order_by("pk")
    for channel in channels.exclude(last_error=""):
        yield Finding(
            Severity.WARNING,
            "NOT004",
            f"The last message over this channel of {channel.desk} failed: {channel.last_error}",
            _subject(channel),
            "Correct the address or its server, or switch the channel off.",
        )
    for channel in channels.filter(transport=Channel.Transport.WEBHOOK):
        if not channel.secret:
            yield Finding(
                Severity.INFO,
                "NOT005",
                f"What this web hook of {channel.desk} receives is not signed.",
                _subject(channel),
                "Enter a secret here and at the receiver.",
            )
    if not settings.XMPP_JID:
        for channel in channels.filter(transport=Channel.Transport.XMPP):
            yield Finding(
                Severity.WARNING,
                "NOT006",
                f"This channel of {channel.desk} carries nothing: the portal has no XMPP account.",
                _subject(channel),
                "Set XMPP_JID and XMPP_PASSWORD, or switch the channel off.",
            )


def _subject(row: SecurityDesk | LocationPolicy | Channel) -> Subject:
    return Subject(row._meta.label_lower, row.pk, str(row))


def compile(writer: SnapshotWriter) -> None:
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
        subjects = {
            "policy": subscription.location_policy,
            "site": subscription.site,
            "erl": subscription.erl,
        }
        for kind, subject in subjects.items():
            if subject:
                for address in addresses.get(subscription.desk_id, []):
                    yield kind, subject.name, address
