"""Who was answered from which publication, and by whose signature."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from e911portal import activation, publishing, retention
from e911portal.core import signing
from e911portal.core import snapshot as snapshots
from e911portal.core.models import Activation, Publication
from locations.models import ERL
from tests.publication.history import activated, at, edited, publish

pytestmark = pytest.mark.django_db


def test_each_moment_has_the_publication_that_was_active() -> None:
    publish()
    publish()
    publishing.rollback(number=1, by=None)
    activated(at(10), at(12), at(14))

    found = [
        publication and publication.number
        for publication in map(
            activation.publication_at, (at(9, 59), at(10), at(11, 59), at(12), at(14), at(23))
        )
    ]

    assert found == [None, 1, 1, 2, 1, 1]


def test_snapshot_of_a_moment_is_the_one_that_answered() -> None:
    publish()
    edited(erl=ERL.objects.get(name="B"))
    publish()
    activated(at(10), at(12))

    names = [
        snapshot.db.execute("SELECT e.name FROM subnet s JOIN erl e ON e.id = s.erl_id").fetchone()
        for snapshot in map(publishing.snapshot_at, (at(11), at(13)))
    ]

    assert names == [("A",), ("B",)]
    assert publishing.snapshot_at(at(9)) is None


def test_answer_of_a_moment_says_since_when_and_how_long() -> None:
    publish()
    publish()
    publishing.rollback(number=1, by=None)
    activated(at(10), at(12), at(14))

    assert [publishing.answering_at(moment) for moment in (at(9), at(10), at(13), at(23))] == [
        "Nothing had been published then. The first publication became active at "
        "2026-11-20 10:00:00 UTC.",
        "Publication 1 answered from 2026-11-20 10:00:00 UTC to 2026-11-20 12:00:00 UTC.",
        "Publication 2 answered from 2026-11-20 12:00:00 UTC to 2026-11-20 14:00:00 UTC.",
        "Publication 1 answered from 2026-11-20 14:00:00 UTC until now.",
    ]


def test_snapshot_that_was_retired_is_not_kept(settings: Any) -> None:
    settings.PUBLICATIONS_KEPT, settings.PUBLICATIONS_KEPT_DAYS = 1, 0
    for _ in range(3):
        publish()
    activated(at(10), at(11), at(12))
    Publication.objects.update(created_at=at(9))
    retention.retire(now=at(23))

    with pytest.raises(publishing.NotKept, match="Publication 1 was active then"):
        publishing.snapshot_at(at(10, 30))


def test_crash_between_pointer_and_row_is_an_activation_too(publications: Path) -> None:
    publish()
    publish()
    first = Publication.objects.get(number=1)
    snapshots.activate(publications, 1, first.file, first.sha256)

    publishing.reconcile()

    numbers = Activation.objects.order_by("pk").values_list("publication__number", flat=True)
    assert list(numbers) == [1, 2, 1]


def test_resolve_answers_as_it_would_have_then(capsys: pytest.CaptureFixture[str]) -> None:
    publish()
    edited(erl=ERL.objects.get(name="B"))
    publish()
    activated(at(10), at(12))

    for moment in ("2026-11-20T11:00", "2026-11-20T14:00+01:00"):
        call_command("resolve", "--ip", "10.1.1.20", "--at", moment)

    assert [
        line.split(" (")[0] for line in capsys.readouterr().out.splitlines() if "NY1" in line
    ] == [
        "A",
        "B",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--at", "yesterday"], "not a time"),
        (
            ["--at", "2020-01-01T00:00"],
            "Nothing had been published then. The first publication became active at",
        ),
        (["--at", "2999-01-01T00:00"], "2999-01-01T00:00 lies ahead"),
        (["--at", "2020-01-01T00:00", "--draft"], "exclude each other"),
    ],
    ids=["nonsense", "before the first", "ahead", "draft"],
)
def test_resolve_says_why_a_time_has_no_answer(arguments: list[str], message: str) -> None:
    publish()

    with pytest.raises(CommandError, match=message):
        call_command("resolve", "--ip", "10.1.1.20", *arguments)


def test_publication_is_signed() -> None:
    made = publish()

    public = signing.public_key(signing.signing_key(django_settings.KEYS_DIR))
    signing.verify(public, made.number, made.sha256, made.signature)
