"""What several commands ask: a time, and the snapshot of it or of the draft."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from e911portal import publishing
from e911portal.core.snapshot import Snapshot, SnapshotError


def add_snapshot_arguments(parser: Any) -> None:
    """Give a command the options that ``asked_snapshot`` takes."""
    parser.add_argument("--draft", action="store_true", help="ask the unpublished draft")
    parser.add_argument(
        "--at",
        metavar="TIME",
        help="what would have been answered then, by the publication active at that time, for "
        "example 2026-11-21T14:02; in the portal's time zone unless it says another one",
    )


@contextmanager
def asked_snapshot(*, draft: bool, at: str | None) -> Iterator[tuple[Snapshot, datetime]]:
    """Open the snapshot for the block, with the time that it is asked at.

    Raises ``CommandError`` when there is none, or when ``at`` is not a time.
    """
    now = timezone.now()
    if draft and at:
        raise CommandError("--draft and --at exclude each other: the draft has no past.")
    if draft:
        with publishing.draft_snapshot() as snapshot:
            yield snapshot, now
        return
    moment = moment_of(at) if at else now
    if moment > now:
        raise CommandError(f"{at} lies ahead: only what was answered can be told.")
    try:
        found = publishing.snapshot_at(moment) if at else publishing.active_snapshot()
    except (publishing.NotKept, SnapshotError) as error:
        raise CommandError(str(error)) from error
    if found is None and at:
        raise CommandError(publishing.answering_at(moment))
    if found is None:
        raise CommandError("Nothing has been published yet. Try --draft.")
    yield found, moment


def moment_of(text: str) -> datetime:
    """Return an aware time; without a zone it is the portal's. Raises ``CommandError``."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f"“{text}” is not a time. Write for example 2026-11-21T14:02."
        ) from error
    return moment if moment.tzinfo else timezone.make_aware(moment)
