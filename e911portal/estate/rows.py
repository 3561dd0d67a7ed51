"""Writing very many rows: in pieces, each model with one row of the audit trail."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

from e911portal.core import audit
from e911portal.core.middleware import current_context
from e911portal.core.models import AuditEvent

Row = TypeVar("Row", bound=models.Model)
#: Called with what was made so far, for whoever waits.
Progress = Callable[[str], None]

CHUNK = 10_000


def insert(model: type[Row], rows: Iterable[Row], *, by: Any, progress: Progress) -> Iterator[Row]:
    """Insert ``rows`` as they come and yield them with their keys; record how many at the end.

    Must run inside the transaction of the whole estate, and be read to its end.
    """
    name = str(model._meta.verbose_name_plural)
    made = 0
    pending = iter(rows)
    while chunk := list(islice(pending, CHUNK)):
        model._default_manager.bulk_create(chunk)
        made += len(chunk)
        progress(f"{made:,} {name}")
        yield from chunk
    if made:
        _record(model, f"{made:,} generated {name}", by)


def insert_all(model: type[Row], rows: Iterable[Row], *, by: Any, progress: Progress) -> None:
    """Insert ``rows``, of which nobody needs the keys."""
    deque(insert(model, rows, by=by, progress=progress), maxlen=0)


def _record(model: type[models.Model], label: str, by: Any) -> None:
    context = current_context()
    audit.record_bulk(
        [
            AuditEvent(
                at=timezone.now(),
                actor=by if getattr(by, "pk", None) else None,
                actor_name=by.get_username() if by is not None else "",
                via=context.via,
                request_id=context.id,
                action=f"{model._meta.app_label}.{model._meta.model_name}.generated",
                object_type=model._meta.label_lower,
                object_id="",
                object_label=label,
                publishable=bool(getattr(model, "PUBLISHED", False)),
            )
        ]
    )
