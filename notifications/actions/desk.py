"""Telling the security desks of a call, and their acknowledgement."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from e911portal.core import audit
from notifications import queries, wakeup
from notifications.domain import fanout
from notifications.models import Acknowledgement, DeskMessage, Notification
from routing.domain.calls import Report
from routing.models import EmergencyCall

#: PostgreSQL advisory lock of the desks' log. Ids are given out before the commit: without it a
#: transaction could commit a lower id after a reader has passed it, and that call would never
#: appear. SQLite has one writer anyway.
_LOG_LOCK = 0x911_DE5C
#: How long messages about a call wait for its routing decision, when another report came first.
GRACE = timedelta(seconds=3)
#: How long instant messages are left to the SIP edge, which sends them itself right behind the call
#: and reports each one; what it did not deliver by then, the portal sends.
EDGE_FIRST = timedelta(seconds=4)
#: The edge's report that a desk took its message.
DELIVERED_BY_EDGE = "desk_notified"


class AlreadyAcknowledged(Exception):
    """Somebody else was faster; ``acknowledgement`` says who."""

    def __init__(self, acknowledgement: Acknowledgement) -> None:
        self.acknowledgement = acknowledgement
        super().__init__(f"{acknowledgement.name} acknowledged this call already.")


def lock_log() -> None:
    """Make writers of the desks' log take turns until the end of their transactions."""
    if not connection.in_atomic_block:
        raise RuntimeError("lock_log() must run in the transaction that appends to the log")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOG_LOCK])


def tell(*, call: EmergencyCall, report: Report | None = None) -> None:
    """Put a new or changed call on the desks' screens, and messages about it into the outbox.

    Runs in the transaction that recorded the change. Each place is told once per call, so telling
    again adds only the places that became known since.  ``report`` is what changed the call: it may
    say that the SIP edge told a desk already.
    """
    _append(DeskMessage.Kind.CALL, call)
    recipients = fanout.recipients(queries.facts(call), queries.desks())
    now = timezone.now()
    due_at = now if call.decision else now + GRACE
    Notification.objects.bulk_create(
        [
            Notification(
                call=call,
                desk_id=recipient.desk,
                channel_id=recipient.channel,
                transport=recipient.transport,
                address=recipient.address,
                due_at=now + EDGE_FIRST if recipient.transport == fanout.SIP_MESSAGE else due_at,
                reasons=list(recipient.reasons),
            )
            for recipient in recipients
        ],
        # Whoever is told already is told for the reasons known now; their message goes its way.
        update_conflicts=True,
        unique_fields=["call", "transport", "address"],
        update_fields=["desk", "channel", "reasons"],
    )
    _withdraw(call, recipients)
    if report and report.kind == DELIVERED_BY_EDGE:
        is_stored = report.data.get("code") == 202  # RFC 3428 §7: for the phone, not by it
        state = Notification.State.SENT if is_stored else Notification.State.DELIVERED
        call.notifications.filter(
            transport=fanout.SIP_MESSAGE,
            address__iexact=str(report.data.get("desk", "")),
            state=Notification.State.PENDING,
        ).update(state=state, done_at=report.at, error="")


def _withdraw(call: EmergencyCall, recipients: tuple[fanout.Recipient, ...]) -> None:
    # While its site was unknown the call concerned every desk. Now that the decision is here, those
    # whom it does not concern, and who have not been told yet, need not be told.
    meant = {(recipient.transport, recipient.address) for recipient in recipients}
    waiting = call.notifications.filter(state=Notification.State.PENDING, attempts=0)
    surplus = [row.pk for row in waiting if (row.transport, row.address) not in meant]
    if surplus:
        call.notifications.filter(pk__in=surplus, attempts=0).delete()


def acknowledge(*, call: EmergencyCall, name: str, note: str, by: Any) -> Acknowledgement:
    """Record that a named person took note of the call.

    Raises ``AlreadyAcknowledged``, and ``ValidationError`` for a name or note that is too long.
    """
    with transaction.atomic():
        lock_log()
        existing = Acknowledgement.objects.filter(call=call).first()
        if existing:
            raise AlreadyAcknowledged(existing)
        row = Acknowledgement(call=call, name=name, note=note, by=by, desk=_desk_of(call, by))
        row.full_clean()
        row.save()
        audit.record("acknowledged", call, by=by, after={"name": name, "note": note})
        _append(DeskMessage.Kind.ACKNOWLEDGED, call)
    return row


def _desk_of(call: EmergencyCall, by: Any) -> Any:
    call_facts = queries.facts(call)
    told = [desk.key for desk in queries.desks() if fanout.reasons_to_tell(desk, call_facts)]
    return by.security_desks.filter(pk__in=told).order_by("name").first()


def _append(kind: DeskMessage.Kind, call: EmergencyCall) -> None:
    message = DeskMessage.objects.create(kind=kind, call=call)
    transaction.on_commit(partial(wakeup.announce, message.pk))
