"""Retention: files of old publications go, their rows stay; what killed processes left goes too."""

import logging
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from e911portal.core import audit
from e911portal.core import snapshot as snapshots
from e911portal.core.models import Activation, Publication
from e911portal.core.snapshot import SnapshotError

log = logging.getLogger(__name__)

#: A publication or comparison that takes longer than this was killed on the way.
ABANDONED = timedelta(days=1)


def retire(*, now: datetime) -> list[Publication]:
    """Remove the files of publications that need not be kept; return these publications.

    Kept are the newest ``PUBLICATIONS_KEPT`` files, whatever was active in the last
    ``PUBLICATIONS_KEPT_DAYS`` days, and always what the pointers name: the active one, and the one
    before, which a reader falls back to.
    """
    retired = []
    for publication in _superfluous(now):
        with transaction.atomic():
            publication.state = Publication.State.RETIRED
            publication.save(update_fields=["state"])
            audit.record("retired", publication, after={"number": publication.number})
        (settings.PUBLICATIONS_DIR / publication.file).unlink(missing_ok=True)
        retired.append(publication)
        log.info("the file of publication %s is retired", publication.number)
    return retired


def _superfluous(now: datetime) -> Iterator[Publication]:
    states = (Publication.State.SUPERSEDED, Publication.State.READY)
    with_file = Publication.objects.filter(state__in=(*states, Publication.State.ACTIVE))
    newest = set(
        with_file.order_by("-number").values_list("pk", flat=True)[: settings.PUBLICATIONS_KEPT]
    )
    since = now - timedelta(days=settings.PUBLICATIONS_KEPT_DAYS)
    pointed = {pointer.file for pointer in _pointers()}
    recent = _active_since(since)
    for publication in with_file.filter(state__in=states).order_by("number"):
        young = publication.created_at >= since or publication.pk in recent
        if publication.pk not in newest and not young and publication.file not in pointed:
            yield publication


def _active_since(since: datetime) -> set[int]:
    """Return the publications that were active at any moment since then."""
    recent = set(Activation.objects.filter(at__gte=since).values_list("publication", flat=True))
    before = Activation.objects.filter(at__lt=since).order_by("-at", "-pk").first()
    return recent | ({before.publication_id} if before else set())


def _pointers() -> Iterator[snapshots.Pointer]:
    for name in (snapshots.POINTER, snapshots.PREVIOUS):
        try:
            yield snapshots.read_pointer(settings.PUBLICATIONS_DIR, name)
        except (OSError, SnapshotError):
            continue


def sweep(*, now: datetime) -> list[Path]:
    """Remove what a killed process left behind; return it.

    Those are unfinished files, drafts that were compared, and files whose row says that they are
    retired or failed.  A publication that never got ready is marked as failed.
    """
    Publication.objects.filter(
        state=Publication.State.BUILDING, created_at__lt=now - ABANDONED
    ).update(state=Publication.State.FAILED)
    gone = Publication.objects.filter(
        state__in=(Publication.State.RETIRED, Publication.State.FAILED)
    )
    names = {f"{number}.sqlite3" for number in gone.values_list("number", flat=True)}
    names -= {pointer.file for pointer in _pointers()}
    left = [path for path in settings.PUBLICATIONS_DIR.glob("*.sqlite3") if path.name in names]
    oldest = (now - ABANDONED).timestamp()
    left += [
        path
        for path in (
            *settings.PUBLICATIONS_DIR.glob("*.partial"),
            *settings.STATE_DIR.glob("draft-*"),
        )
        if path.stat().st_mtime < oldest
    ]
    for path in left:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return left
