"""A worker that is killed while it publishes or rolls back: what it left is put right by whoever is
next, devices are answered from a whole publication all the time, and the trail says what became of
it."""

import signal
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from e911portal import publishing, scheduling
from e911portal.core import jobs
from e911portal.core import snapshot as snapshots
from e911portal.core.models import AuditEvent, Job, Publication
from locations.models import NetworkSite
from tests import factories
from tests.processes import portal_environment
from tests.publication.history import publish
from tests.running import ROOT, python

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state")]

#: Does the work in a process of its own, which kills itself before or after it moves the pointer.
DIES = """
import os, signal, sys
import django
django.setup()
from e911portal import publishing
from e911portal.core import jobs, snapshot
move = snapshot._replace
def dies(path, pointer):
    if path.name == snapshot.POINTER and sys.argv[1] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    move(path, pointer)
    if path.name == snapshot.POINTER:
        os.kill(os.getpid(), signal.SIGKILL)
snapshot._replace = dies
if sys.argv[2] == "publish":
    jobs.run(int(sys.argv[3]))
else:
    publishing.rollback(number=int(sys.argv[3]), by=None)
"""


@pytest.fixture
def accepted(ny1: NetworkSite) -> list[str]:
    """Two publications of an estate; the warnings that were accepted."""
    erl = factories.make_erl(name="Place", site=ny1)
    factories.make_verdict(address=erl.civic_address)
    factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=erl)
    factories.make_trunk(last_resort=1)
    publish()
    return publish().acknowledged


def dies(moment: str, work: str, number: int) -> None:
    """Have the work done by a process that is killed at that moment."""
    process = subprocess.run(
        python("-c", DIES, moment, work, str(number)),
        cwd=ROOT,
        env=portal_environment(),
        capture_output=True,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()


def story() -> list[tuple[str, str]]:
    """Return what the trail says of publications, and which."""
    rows = AuditEvent.objects.filter(object_type="core.publication").order_by("pk")
    return [(row.action.rpartition(".")[2], row.object_label) for row in rows]


def answering(state: Path) -> int:
    """Return the number that devices are answered from; the rows must say the same."""
    store = snapshots.SnapshotStore(state / "publications")
    found, active = store.current(), publishing.active_publication()
    assert (store.fault, found is None, active is None) == ("", False, False)
    assert found.number == active.number == snapshots.read_pointer(store.directory).number
    assert Publication.objects.filter(state=Publication.State.ACTIVE).count() == 1
    return found.number


@pytest.mark.parametrize(
    ("moment", "told"),
    [("before", []), ("after", [("found_active", "Publication 3")])],
)
def test_publication_of_a_killed_worker_is_done_by_the_next(
    moment: str, told: list[tuple[str, str]], accepted: list[str], state: Path
) -> None:
    job = jobs.enqueue(scheduling.PUBLISH, comment="tonight", acknowledged=accepted)
    before = story()

    dies(moment, "publish", job.pk)
    left = answering(state)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    due = jobs.due()
    done = jobs.run(job.pk)

    assert (due, done.state, done.message) == ([job.pk], "done", "Publication 4 is active")
    assert (left, answering(state)) == (3 if moment == "after" else 2, 4)
    assert story() == [*before, *told, ("published", "Publication 4")]
    call_command("verify_audit")


@pytest.mark.parametrize(
    ("moment", "told"),
    [("before", []), ("after", [("found_active", "Publication 1")])],
)
def test_rollback_that_was_killed_happened_or_did_not(
    moment: str, told: list[tuple[str, str]], accepted: list[str], state: Path
) -> None:
    before = story()

    dies(moment, "rollback", 1)

    assert answering(state) == (1 if moment == "after" else 2)
    assert story() == [*before, *told]
    assert publishing.publish(by=None, acknowledged=accepted).number == answering(state) == 3
    call_command("verify_audit")
