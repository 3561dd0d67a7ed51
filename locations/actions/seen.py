"""Counting what devices reported and the wire map could not answer.

The call path tells of it in events ``lookup_missed`` with ``items`` of kind, key, site, count,
first_at and last_at.  They come from devices, so nothing in them is taken on trust.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Least

from e911portal.core import audit
from locations.models import NetworkSite, SeenElement, SeenReport

EVENT = "lookup_missed"
#: How long a report may be on its way twice: what a spool keeps while the portal is away.
REMEMBERED = timedelta(days=90)
#: An element that nobody has reported for so long is gone.
FORGOTTEN = timedelta(days=180)
_LONGEST = 255
_MOST = 2**31


def is_report(raw: object) -> bool:
    """Tell whether an event of the spool is such a report."""
    return isinstance(raw, Mapping) and raw.get("event") == EVENT


def record(*, report: Mapping[str, Any], now: datetime) -> bool:
    """Count the elements of one report; return False when it was counted before.

    Items that cannot be read are left out: they are counts, and the next report has others.
    """
    with transaction.atomic():
        event_id = str(report.get("id") or "")[:64]
        _, is_new = SeenReport.objects.get_or_create(
            event_id=event_id, defaults={"received_at": now}
        )
        if not is_new:
            return False
        items = report.get("items")
        sites = dict(NetworkSite.objects.values_list("name", "pk"))
        for item in items if isinstance(items, list) else ():
            row = _row(item, sites, now)
            if row is not None:
                _count(row)
    return True


def _row(item: object, sites: Mapping[str, int], now: datetime) -> SeenElement | None:
    if not isinstance(item, Mapping) or item.get("kind") not in SeenElement.Kind.values:
        return None
    key, port, count = item.get("key"), "", item.get("count")
    if not isinstance(key, str) or "\0" in key or type(count) is not int or not 0 < count < _MOST:
        return None
    if item["kind"] == SeenElement.Kind.PORT:
        key, _, port = key.partition("/")
        if not port:
            return None
    if not key or max(len(key), len(port)) > _LONGEST:
        return None
    return SeenElement(
        kind=item["kind"],
        key=key,
        port=port,
        site_id=sites.get(str(item.get("site"))),
        count=count,
        first_seen_at=_moment(item.get("first_at"), now),
        last_seen_at=_moment(item.get("last_at"), now),
    )


def _moment(text: object, now: datetime) -> datetime:
    """Return the time of a report; the clock of a branch that runs ahead is not believed."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return now
    return min(now, moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _count(row: SeenElement) -> None:
    known = SeenElement.objects.filter(kind=row.kind, key=row.key, port=row.port)
    values: dict[str, Any] = {
        "count": F("count") + row.count,
        "first_seen_at": Least("first_seen_at", row.first_seen_at),
        "last_seen_at": Greatest("last_seen_at", row.last_seen_at),
    }
    if row.site_id:
        values["site"] = row.site_id
    if not known.update(**values):
        row.save()


def ignore(*, element: SeenElement, by: Any, ignored: bool = True) -> None:
    """Take an element from the list of what is to be mapped, or put it back."""
    element.is_ignored = ignored
    audit.update(element, by=by)


def forget(*, now: datetime) -> int:
    """Delete what nobody has reported for long; return how many elements that were."""
    SeenReport.objects.filter(received_at__lt=now - REMEMBERED).delete()
    gone, _ = SeenElement.objects.filter(
        last_seen_at__lt=now - FORGOTTEN, is_ignored=False
    ).delete()
    return gone
