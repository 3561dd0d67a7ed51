"""Which publication devices are answered from: now, again, and at a moment in the past.

The pointer file is the truth; the rows say the same, and ``reconcile`` sees to it.
"""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from e911portal.core import audit
from e911portal.core import snapshot as snapshots
from e911portal.core.models import Activation, Publication
from e911portal.core.snapshot import Snapshot, SnapshotError

log = logging.getLogger(__name__)


class NotKept(Exception):
    """The publication that was active then has no file any more; says which."""


def active_publication() -> Publication | None:
    """Return the publication that devices are answered from, by the pointer, which is the truth."""
    reconcile()
    return Publication.objects.filter(state=Publication.State.ACTIVE).first()


def active_snapshot() -> Snapshot | None:
    """Return the snapshot that the call path answers from, or None before the first publication."""
    return snapshots.SnapshotStore(settings.PUBLICATIONS_DIR).current()


def pointed_number() -> int:
    """Return the number of the publication that the pointer names, whether this database knows it
    or not; 0 when it names none."""
    try:
        return snapshots.read_pointer(settings.PUBLICATIONS_DIR).number
    except (OSError, SnapshotError):
        return 0


def publication_at(moment: datetime) -> Publication | None:
    """Return the publication that was active at an aware ``moment``; None before the first one."""
    reconcile()
    found = (
        Activation.objects.filter(at__lte=moment)
        .select_related("publication")
        .order_by("-at", "-pk")
        .first()
    )
    return found.publication if found else None


def snapshot_at(moment: datetime) -> Snapshot | None:
    """Return the snapshot that was answered from at ``moment``; None before the first publication.

    Raises ``NotKept`` when its file was retired, ``SnapshotError`` when it is gone or damaged.
    """
    publication = publication_at(moment)
    if publication is None:
        return None
    if publication.state == Publication.State.RETIRED:
        raise NotKept(f"{publication} was active then; its file is not kept any more.")
    return _verified(publication)


def answering_at(moment: datetime) -> str:
    """Return in words which publication answered at ``moment``, since when and how long: two may
    have answered within one minute."""
    reached = Activation.objects.filter(at__lte=moment).order_by("-at", "-pk").first()
    if reached is None:
        first = Activation.objects.order_by("at", "pk").first()
        when = f"became active at {_clock(first.at)}" if first else "is still to come"
        return f"Nothing had been published then. The first publication {when}."
    later = Activation.objects.filter(at__gte=reached.at).exclude(pk__lte=reached.pk)
    following = later.order_by("at", "pk").first()
    until = f"to {_clock(following.at)}" if following else "until now"
    return f"{reached.publication} answered from {_clock(reached.at)} {until}."


def _clock(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}"


def _verified(publication: Publication) -> Snapshot:
    try:
        return snapshots.verify(settings.PUBLICATIONS_DIR / publication.file, publication.sha256)
    except OSError as error:
        raise SnapshotError(f"{publication.file} cannot be read: {error.strerror}.") from error


class Overtaken(Exception):
    """Another publication became active while this one was made; says which."""


def activate(publication: Publication, *, by: Any, action: str, after: int | None = None) -> None:
    """Mark the row and move the pointer, the pointer last: it is what devices are answered by.

    ``after`` is the ``pointed_number`` of before this one was compared.  Raises ``Overtaken`` when
    another one is active by now: nobody saw the difference to that.
    """
    with transaction.atomic():
        audit.lock()
        pointed = pointed_number()
        if after is not None and pointed != after:
            raise Overtaken(
                f"Publication {pointed} became active while this one was made. Look at the "
                "difference to it, then publish again."
            )
        _mark(publication)
        audit.record(action, publication, by=by, after={"number": publication.number})
        snapshots.activate(
            settings.PUBLICATIONS_DIR, publication.number, publication.file, publication.sha256
        )
    log.info("publication %s is active", publication.number)


def rollback(*, number: int, by: Any) -> Publication:
    """Answer from an earlier publication again; takes milliseconds, the draft stays as it is.

    Raises ``Publication.DoesNotExist``, or ``SnapshotError`` when its file is gone or damaged.
    """
    publication = Publication.objects.get(
        number=number, state__in=(Publication.State.SUPERSEDED, Publication.State.READY)
    )
    _verified(publication)
    activate(publication, by=by, action="rolled_back")
    return publication


def reconcile() -> None:
    """Make the rows say what the pointer says, should a crash have come between the two.

    The crash took the audit row of whoever published with it; the trail says that this was found.
    """
    try:
        pointer = snapshots.read_pointer(settings.PUBLICATIONS_DIR)
    except (OSError, SnapshotError):
        return
    if _active_number() == pointer.number:
        return
    with transaction.atomic():
        audit.lock()  # whoever moves the pointer just now has done so when this goes on
        pointer = snapshots.read_pointer(settings.PUBLICATIONS_DIR)
        named = Publication.objects.filter(number=pointer.number, sha256=pointer.sha256).first()
        if named is None or _active_number() == pointer.number:
            return  # a pointer of another database; plan() shows it as having no publication
        _mark(named)
        audit.record("found_active", named, after={"number": named.number})


def _active_number() -> int:
    active = Publication.objects.filter(state=Publication.State.ACTIVE)
    return active.values_list("number", flat=True).first() or 0


def _mark(publication: Publication) -> None:
    now = timezone.now()
    Publication.objects.filter(state=Publication.State.ACTIVE).exclude(pk=publication.pk).update(
        state=Publication.State.SUPERSEDED
    )
    publication.state = Publication.State.ACTIVE
    publication.activated_at = now
    publication.save(update_fields=["state", "activated_at"])
    Activation.objects.create(publication=publication, at=now)
