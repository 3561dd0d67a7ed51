"""The outbox: each row is claimed by compare-and-set under a lease, sent, and settled.

Any number of workers may deliver at the same time. One that dies in the middle loses nothing: its
lease runs out and the row is sent again, with the same key, by which a receiver knows it.
"""

import hashlib
import logging
import random
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.utils import timezone

from e911portal.core.fields import opened
from notifications import queries
from notifications.domain import backoff, wording
from notifications.models import Channel, Notification
from notifications.transports import email, sip_message, webhook, xmpp
from notifications.transports.message import Message, Receipt, Refused, Undelivered

log = logging.getLogger(__name__)

#: Longer than any transport takes, or two workers would send the same message.
LEASE = timedelta(seconds=45)
SENDERS = {
    "email": email.send,
    "webhook": webhook.send,
    "sip_message": sip_message.send,
    "xmpp": xmpp.send,
}


def claim(*, transport: str, now: datetime) -> Notification | None:
    """Take the message of ``transport`` that is due longest; None if there is none to take."""
    due = Notification.objects.due(now).filter(transport=transport).order_by("due_at", "pk")
    for row in due[:20]:
        mine = Notification.objects.due(now).filter(pk=row.pk, attempts=row.attempts)
        if mine.update(attempts=F("attempts") + 1, lease_until=now + LEASE):
            return Notification.objects.select_related("call__site", "channel").get(pk=row.pk)
    return None


def deliver(row: Notification) -> None:
    """Send a claimed message and record what became of it; no receiver can make this raise."""
    try:
        receipt = SENDERS[row.transport](_message(row))
    except Refused as error:
        _settle(row, Notification.State.FAILED, error=str(error))
    except Undelivered as error:
        _postpone(row, str(error))
    except Exception as error:
        log.exception("notification %s could not be sent", row.pk)
        _postpone(row, f"{type(error).__name__}: {error}")
    else:
        state = {
            Receipt.SENT: Notification.State.SENT,
            Receipt.DELIVERED: Notification.State.DELIVERED,
        }[receipt]
        _settle(row, state)


def _message(row: Notification) -> Message:
    if row.channel and not row.channel.is_enabled:
        raise Refused("The channel was switched off.")
    story = queries.story(row.call)
    place = f"{row.call.call_ref}|{row.transport}|{row.address}"
    return Message(
        key=hashlib.sha256(place.encode()).hexdigest()[:32],
        attempt=row.attempts,
        address=row.address,
        subject=wording.subject(story),
        text=wording.text(story),
        short=wording.short(story),
        record=wording.record(story),
        is_test=story.is_test,
        secret=_secret(row.channel) if row.channel else "",
    )


def _secret(channel: Channel) -> str:
    try:
        return opened(channel.secret)
    except ValidationError as error:  # the key may be restored, so this is tried again
        raise Undelivered(" ".join(error.messages)) from error


def _settle(row: Notification, state: Notification.State, error: str = "") -> None:
    now = timezone.now()
    _mine(row).update(state=state, done_at=now, lease_until=None, error=error[:500])
    _note_health(row, error, now)


def _postpone(row: Notification, error: str) -> None:
    now = timezone.now()
    if now - row.call.at > backoff.GIVE_UP_AFTER:
        _settle(row, Notification.State.FAILED, f"Given up: {error}")
        return
    pause = backoff.pause(row.attempts, random.random())  # noqa: S311 - jitter, no secret
    _mine(row).update(due_at=now + pause, lease_until=None, error=error[:500])
    _note_health(row, error, now)


def _mine(row: Notification) -> QuerySet[Notification]:
    # The number of attempts is the fencing token: whoever claimed the row after us has raised it.
    return Notification.objects.filter(
        pk=row.pk, attempts=row.attempts, state=Notification.State.PENDING
    )


def _note_health(row: Notification, error: str, now: datetime) -> None:
    if row.channel_id is None:
        return
    health = {"last_error": error[:500]} if error else {"last_error": "", "last_ok_at": now}
    Channel.objects.filter(pk=row.channel_id).update(**health)
