"""The audit trail: every change writes its row in the same transaction, in a chain of hashes."""

import hashlib
import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.utils import timezone

from e911portal.core import consequences
from e911portal.core.middleware import current_context
from e911portal.core.models import AuditEvent
from e911portal.core.snapshot import Snapshot, SnapshotError

#: PostgreSQL advisory lock that makes writers append to the chain one after another.
_CHAIN_LOCK = 0x911_A0D17


#: Columns of other people's models that no audit row repeats; a password has a row of its own.
UNRECORDED = {"auth.user": ("password", "last_login")}


def field_values(obj: models.Model) -> dict[str, Any]:
    """Return the stored values of ``obj`` as JSON types; secrets only as set or not set."""
    values: dict[str, Any] = {}
    for field in obj._meta.concrete_fields:
        value = field.value_from_object(obj)
        if field.name in UNRECORDED.get(obj._meta.label_lower, ()):
            continue
        if getattr(field, "is_secret", False):
            value = "(set)" if value else ""
        elif isinstance(value, bytes | memoryview):
            value = f"({len(bytes(value))} bytes)" if value else ""
        elif isinstance(field, models.FileField):
            value = str(value)
        values[field.attname] = value
    return json.loads(json.dumps(values, cls=DjangoJSONEncoder))


def record(
    action: str,
    obj: models.Model,
    *,
    by: Any = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent | None:
    """Append one row about ``obj``; ``action`` is a verb such as ``updated``.

    Must run inside the transaction of the change (raises ``RuntimeError`` otherwise).  An update
    that changed nothing is not recorded and returns None.  ``by`` is a user or None for the system
    itself.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record() must run in the transaction of the change it records")
    if action == "updated" and before == after:
        return None
    if before is not None and after is not None:
        changed = {
            name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
        }
        before = {name: before[name] for name in before if name in changed}
        after = {name: after[name] for name in after if name in changed}
    context = current_context()
    event = AuditEvent(
        at=timezone.now(),
        actor=by if getattr(by, "pk", None) else None,
        actor_name=by.get_username() if by is not None else "",
        via=context.via,
        request_id=context.id,
        action=f"{obj._meta.app_label}.{obj._meta.model_name}.{action}",
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_label=str(obj)[:250],
        before=before,
        after=after,
        publishable=bool(getattr(obj, "PUBLISHED", False)),
    )
    _append([event])
    return event


def record_bulk(events: list[AuditEvent]) -> None:
    """Append prepared rows in order; for imports, which change thousands of objects at once."""
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record_bulk() must run in the transaction of the changes")
    _append(events)


def lock() -> None:
    """Let one transaction after another pass from here to its end, readers excepted.

    SQLite has one writer anyway, from the beginning of its transaction.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])


def _append(events: list[AuditEvent]) -> None:
    lock()
    last = AuditEvent.objects.order_by("-pk").values_list("hash", flat=True).first() or ""
    for event in events:
        event.previous_hash = last
        event.hash = last = _digest(event)
    AuditEvent.objects.bulk_create(events, batch_size=500)


def _digest(event: AuditEvent) -> str:
    at: datetime = event.at
    content = [
        event.previous_hash, at.isoformat(), event.actor_name, event.via, event.request_id,
        event.action, event.object_type, event.object_id, event.object_label, event.before,
        event.after, event.publishable,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def broken_link() -> AuditEvent | None:
    """Return the first row whose hash or whose link to its predecessor does not fit, or None."""
    last = ""
    for event in AuditEvent.objects.order_by("pk").iterator(chunk_size=2000):
        if event.previous_hash != last or event.hash != _digest(event):
            return event
        last = event.hash
    return None


def head() -> str:
    """Return what names the last row, as ``<id>:<hash>``; empty while there is none.

    Whoever kept it elsewhere can tell later that rows were cut off at the end (``holds``).
    """
    last = AuditEvent.objects.order_by("-pk").values_list("pk", "hash").first()
    return f"{last[0]}:{last[1]}" if last else ""


def holds(noted: str) -> bool:
    """Tell whether the row that ``head`` named once is still there as it was."""
    pk, _, digest = noted.partition(":")
    return not noted or (
        pk.isdigit() and AuditEvent.objects.filter(pk=int(pk), hash=digest).exists()
    )


def lost_heads(directory: Path) -> list[tuple[int, str]]:
    """Return the publications in ``directory`` whose file names a head that the trail has no more:
    number and head.  Files that cannot be read are somebody else's finding."""
    lost = []
    for path in sorted(directory.glob("[0-9]*.sqlite3")):
        with suppress(SnapshotError, OSError):
            meta = Snapshot(path).meta
            if not holds(meta.get("audit_head", "")):
                lost.append((int(meta["number"]), meta["audit_head"]))
    return lost


def create(obj: models.Model, *, by: Any) -> None:
    """Validate, insert and record ``obj`` in one transaction. Raises ``ValidationError``."""
    with transaction.atomic():
        obj.full_clean()
        obj.save()
        record("created", obj, by=by, after=field_values(obj))


def update(obj: models.Model, *, by: Any) -> None:
    """Validate, save and record the changed ``obj`` in one transaction. Raises
    ``ValidationError``."""
    with transaction.atomic():
        # Locked: what is recorded as “before” is what this write replaces.
        before = field_values(type(obj)._base_manager.select_for_update().get(pk=obj.pk))
        obj.full_clean()
        obj.save()
        record("updated", obj, by=by, before=before, after=field_values(obj))


def delete(obj: models.Model, *, by: Any) -> None:
    """Delete and record ``obj`` in one transaction, and with it every row that is deleted along or
    loses its reference. Raises ``ProtectedError`` when it is still used."""
    with transaction.atomic():
        _record_affected(type(obj)._base_manager.filter(pk=obj.pk), by)
        record("deleted", obj, by=by, before=field_values(obj))
        obj.delete()


def _record_affected(doomed: models.QuerySet[Any], by: Any) -> None:
    gone: set[tuple[type[models.Model], Any]] = set()
    for rows, relation in reversed(list(consequences.affected(doomed))):  # the last to fall first
        for row in rows.iterator(chunk_size=500):
            if (type(row), row.pk) in gone:
                continue  # it points at two rows that go
            if relation.on_delete is models.CASCADE:
                gone.add((type(row), row.pk))
                record("deleted", row, by=by, before=field_values(row))
            elif relation.on_delete is models.SET_NULL:
                before = {relation.field.attname: getattr(row, relation.field.attname)}
                after = dict.fromkeys(before)
                record("updated", row, by=by, before=before, after=after)
