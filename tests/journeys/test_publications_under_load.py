"""Publishing while devices ask, and publishing that is killed: nobody gets a mixed answer."""

import json
import os
import random
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from e911portal import publishing, retention
from e911portal.core import snapshot as snapshots
from e911portal.core.models import Publication
from e911portal.estate.build import build
from e911portal.estate.size import Size
from locations.models import ERL
from tests import factories
from tests.callpath.server import serving
from tests.processes import portal_environment
from tests.publication.history import finding_names, publish
from tests.running import PATIENCE, ROOT, python

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state")]

PUBLICATIONS = 50
READERS = 4


def test_readers_through_fifty_publications_get_whole_answers(state: Path, ny1: Any) -> None:
    erl = factories.make_erl(name="Place", site=ny1, loc="1")
    factories.make_verdict(address=erl.civic_address)
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=erl)
    factories.make_trunk(last_resort=1)
    publish()
    acknowledged = finding_names()
    answers: list[tuple[int, int, str, str]] = []
    failures: list[str] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            try:
                status, body = server.ask("/v1/location?ip=10.1.1.20")
            except OSError as error:
                failures.append(repr(error))
                continue
            found = json.loads(body)
            # The location text and the record of the ERL both carry the publication's number.
            row = (status, found["publication"], found["erl"]["location"], found["civic"]["LOC"])
            answers.append(row)

    with serving(state) as server:
        readers = [threading.Thread(target=read) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        for number in range(2, PUBLICATIONS + 2):
            ERL.objects.update(loc=str(number))
            made = publishing.publish(by=None, acknowledged=acknowledged)
            assert made.number == number
        last = PUBLICATIONS + 1
        end = time.monotonic() + 10
        while time.monotonic() < end and answers[-1][1] != last:
            time.sleep(0.05)
        ended.set()
        for reader in readers:
            reader.join()

    assert failures == []
    assert {row for row in answers if row != (200, row[1], str(row[1]), str(row[1]))} == set()
    # The test means something only if readers were there for most of the publications.
    assert answers[-1][1] == last
    assert len({row[1] for row in answers}) > PUBLICATIONS / 2


@pytest.fixture
def published(state: Path) -> int:
    """An estate that takes a while to compile, published once; its number."""
    build(Size.of(4000, sites=2), progress=lambda _: None)
    return publish().number


def test_killed_publication_leaves_the_old_or_the_new_one(published: int, state: Path) -> None:
    command = python("manage.py", "publish", "--acknowledge-all")
    environment = portal_environment()
    chance = random.Random(911)
    outcomes = []
    whole = PATIENCE  # how long it took last time; a busy machine changes its mind

    while len(outcomes) < 9 or True not in outcomes:
        assert len(outcomes) < 50, "no kill came before the end"
        before = snapshots.read_pointer(state / "publications").number
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.3, 1.05) * whole)
            whole = time.monotonic() - started
            assert process.returncode == 0
        process.kill()
        process.wait()

        store = snapshots.SnapshotStore(state / "publications")
        answering = store.current()
        assert answering is not None
        assert store.fault == ""
        pointer = snapshots.read_pointer(state / "publications")
        assert (answering.number, answering.number >= before) == (pointer.number, True)
        active = publishing.active_publication()
        assert active is not None
        assert (active.number, active.sha256) == (pointer.number, pointer.sha256)
        outcomes.append(pointer.number == before)

    assert publish().number > published
    for path in (*state.glob("draft-*"), *(state / "publications").glob("*.partial")):
        os.utime(path, (0, 0))
    Publication.objects.filter(state=Publication.State.BUILDING).update(
        created_at=timezone.now() - 2 * retention.ABANDONED
    )
    retention.sweep(now=timezone.now())
    kept = Publication.objects.exclude(state=Publication.State.FAILED)
    assert sorted(path.name for path in (state / "publications").glob("*.sqlite3*")) == sorted(
        kept.values_list("file", flat=True)
    )
    assert list(state.glob("draft-*")) == []
