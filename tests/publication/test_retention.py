"""Which files of publications are kept, and for how long."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from e911portal import publishing, retention
from e911portal.core import snapshot as snapshots
from e911portal.core.models import AuditEvent, Publication
from tests import factories
from tests.publication.history import activated, at, publish

pytestmark = pytest.mark.django_db


def kept(publications: Path) -> list[str]:
    """Return the files that are there, and check that the rows agree."""
    files = sorted(path.name for path in publications.glob("*.sqlite3"))
    rows = Publication.objects.exclude(state=Publication.State.RETIRED).order_by("number")
    assert sorted(rows.values_list("file", flat=True)) == files
    return files


def test_the_newest_files_are_kept(settings: Any, publications: Path) -> None:
    settings.PUBLICATIONS_KEPT, settings.PUBLICATIONS_KEPT_DAYS = 3, 0
    for _ in range(5):
        publish()
    Publication.objects.update(created_at=at(1))
    activated(*(at(hour) for hour in range(2, 7)))

    retired = retention.retire(now=at(23))

    assert [publication.number for publication in retired] == [1, 2]
    assert kept(publications) == ["3.sqlite3", "4.sqlite3", "5.sqlite3"]
    assert AuditEvent.objects.filter(action="core.publication.retired").count() == 2


def test_whatever_was_active_lately_is_kept(settings: Any, publications: Path) -> None:
    settings.PUBLICATIONS_KEPT, settings.PUBLICATIONS_KEPT_DAYS = 1, 30
    for _ in range(4):
        publish()
    day = at(12)
    Publication.objects.update(created_at=day - timedelta(days=90))
    activated(*(day - timedelta(days=days) for days in (80, 60, 40, 10)))

    retention.retire(now=day)

    # 3 answered until ten days ago, so it may be asked what it said then.
    assert kept(publications) == ["3.sqlite3", "4.sqlite3"]


def test_what_the_pointers_name_is_never_retired(settings: Any, publications: Path) -> None:
    settings.PUBLICATIONS_KEPT, settings.PUBLICATIONS_KEPT_DAYS = 1, 0
    for _ in range(4):
        publish()
    publishing.rollback(number=2, by=None)
    Publication.objects.update(created_at=at(1))
    activated(*(at(hour) for hour in range(2, 7)))

    retention.retire(now=at(23))

    assert (snapshots.read_pointer(publications).number, kept(publications)) == (
        2,
        ["2.sqlite3", "4.sqlite3"],
    )


def test_retired_publication_is_not_rolled_back_to(settings: Any) -> None:
    settings.PUBLICATIONS_KEPT, settings.PUBLICATIONS_KEPT_DAYS = 1, 0
    for _ in range(3):
        publish()
    Publication.objects.update(created_at=at(1))
    activated(at(2), at(3), at(4))
    retention.retire(now=at(23))

    with pytest.raises(Publication.DoesNotExist):
        publishing.rollback(number=1, by=None)


def test_what_killed_processes_left_is_swept(publications: Path, tmp_path: Path) -> None:
    publish()
    factories.make_publication(number=7, created_at=at(1))
    factories.make_publication(number=8, state="retired", file="8.sqlite3")
    draft = tmp_path / "draft-x"
    draft.mkdir()
    for name in ("7.sqlite3", "8.sqlite3", "9.sqlite3.partial", "10.sqlite3.partial"):
        (publications / name).write_bytes(b"x")
    for path in (draft, publications / "9.sqlite3.partial"):
        os.utime(path, (0, 0))

    swept = retention.sweep(now=timezone.now())

    assert sorted(path.name for path in swept) == [
        "7.sqlite3", "8.sqlite3", "9.sqlite3.partial", "draft-x",
    ]  # fmt: skip
    assert sorted(path.name for path in publications.glob("*.sqlite3*")) == [
        "1.sqlite3", "10.sqlite3.partial",
    ]  # fmt: skip
    assert Publication.objects.get(number=7).state == Publication.State.FAILED
