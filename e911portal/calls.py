"""Ingest of call events: routing records the call, notifications tells the desks, all or nothing.

Events come from the spool of the call path, at least once and in any order. When ``ingest``
returns, everything it was given is durable and the sender may forget it; when it raises, the sender
repeats.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from locations.actions import seen
from notifications.actions import desk
from routing.actions import calls
from routing.domain.calls import UNREADABLE, Report, read

log = logging.getLogger(__name__)

#: Reports per transaction: one flush to disk for many, short enough that nobody waits for the lock.
BATCH = 50


@dataclass(frozen=True, slots=True)
class IngestResult:
    """How many events were new, were known already, and are kept as evidence but made no sense."""

    recorded: int = 0
    repeated: int = 0
    unreadable: int = 0

    def __add__(self, other: "IngestResult") -> "IngestResult":
        return IngestResult(
            self.recorded + other.recorded,
            self.repeated + other.repeated,
            self.unreadable + other.unreadable,
        )


def ingest(events: Sequence[object]) -> IngestResult:
    """Store call events, each a JSON object with ``id``, ``event``, ``at`` and ``call_ref``.

    No event is refused: one that cannot be read is kept without a call and does not hold up those
    behind it.  Raises ``OperationalError`` or ``InterfaceError`` when the database is away.
    """
    now = timezone.now()
    result = IngestResult()
    for start in range(0, len(events), BATCH):
        with transaction.atomic():
            desk.lock_log()
            for raw in events[start : start + BATCH]:
                if seen.is_report(raw):
                    result += _count(raw, now)
                else:
                    result += _take(read(raw, now=now))
    return result


def _count(raw: Any, now: datetime) -> IngestResult:
    """Count a report of what devices asked for in vain; it is no call, and never holds one up."""
    try:
        with transaction.atomic():
            is_new = seen.record(report=raw, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("a report of missed lookups could not be counted")
        return IngestResult(unreadable=1)
    return IngestResult(recorded=1) if is_new else IngestResult(repeated=1)


def _take(report: Report) -> IngestResult:
    try:
        return _store(report)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # A value that some layer refuses must not hide that somebody called for help: the call is
        # recorded by what is beyond doubt, and the whole report is kept as text.
        log.exception("call event %s could not be stored as it is", report.event_id)
        text = json.dumps(report.data, default=str)
        bare = replace(
            report, data={"unreadable": text, "error": f"{type(error).__name__}: {error}"}
        )
        try:
            return _store(bare)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.critical("call event %s is lost: %s", report.event_id, text, exc_info=True)
            return IngestResult(unreadable=1)


def _store(report: Report) -> IngestResult:
    with transaction.atomic():  # a savepoint: what fails here leaves its neighbours alone
        recorded = calls.record(report=report)
        if not recorded.is_new:
            return IngestResult(repeated=1)
        if recorded.call:
            desk.tell(call=recorded.call, report=report)
    unreadable = report.kind == UNREADABLE or "unreadable" in report.data
    return IngestResult(unreadable=1) if unreadable else IngestResult(recorded=1)
