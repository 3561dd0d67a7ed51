"""Whatever differs between two snapshots shows in the plan: what is published unseen, nobody has
looked at."""

import shutil
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from e911portal import publishing
from e911portal.core.changes import ChangeSet
from e911portal.core.models import AccessNetwork
from e911portal.core.snapshot import Snapshot
from e911portal.estate.build import build
from e911portal.estate.size import Size
from locations.models import ERL, NetworkSite
from notifications.models import Channel
from routing.models import Trunk
from tests import factories
from tests.publication.history import publish

pytestmark = pytest.mark.django_db

CHANGES: dict[str, tuple[Callable[[], Any], dict[tuple[str, str], str]]] = {
    "access key": (
        lambda: factories.make_access_key(name="Lobby phones"),
        {("Access key", "Lobby phones"): "gains"},
    ),
    "access network": (
        lambda: AccessNetwork.objects.create(cidr="10.0.0.0/8", role="devices"),
        {("Access network", "10.0.0.0/8 as devices"): "gains"},
    ),
    "time zone of a site": (
        lambda: NetworkSite.objects.update(time_zone="America/Chicago"),
        {("Network site", "NY1"): "changes"},
    ),
    "SIP target": (
        lambda: Channel.objects.update(address="sip:desk2@example.com"),
        {
            ("SIP notification", "sip:desk2@example.com of site NY1"): "gains",
            ("SIP notification", "sip:desk@example.com of site NY1"): "loses",
        },
    ),
    "last resort": (
        lambda: factories.make_trunk(name="Second", last_resort=2),
        {
            ("Trunk", "Second"): "gains",
            ("Last resort", "trunks"): "changes",
            ("Way out", "NY1"): "moves",
            ("Way out", "Elsewhere"): "moves",
        },
    ),
    "no last resort": (
        lambda: Trunk.objects.filter(name="First").update(last_resort=None),
        {("Last resort", "trunks"): "loses"},
    ),
    "usage": (
        lambda: factories.make_usage(name="E911 (LA)"),
        {("PSTN usage", "E911 (LA)"): "gains"},
    ),
}
ROUTING = "SELECT key FROM routing"


@pytest.fixture(autouse=True)
def estate(publications, ny1):
    """A little of everything that the plan must tell of, published."""
    erl = factories.make_erl(name="A", site=ny1)
    factories.make_fixed_endpoint(site=ny1, erl=erl, number="+12125550150")
    factories.make_trunk(name="First", last_resort=1)
    desk = factories.make_desk()
    factories.make_channel(desk=desk, transport="sip_message", address="sip:desk@example.com")
    factories.make_subscription(desk=desk, site=ny1)
    publish()


@pytest.mark.parametrize("name", CHANGES)
def test_what_differs_in_the_snapshot_shows_in_the_plan(name: str) -> None:
    change, expected = CHANGES[name]

    change()

    rows = [row for entry in publishing.plan().changes for row in entry.rows]
    assert {(row.kind, row.label): str(row.effect) for row in rows} == expected


#: Tables that follow from others, and the one that these could not do without.
DERIVED = {"meta", "ip4", "ip6", "civic", "city", "user_number", "subnet"}


def test_nothing_can_go_from_a_snapshot_without_a_change() -> None:
    build(Size.of(300, sites=2), beside=True, progress=lambda _: None)
    factories.make_access_key()
    factories.make_access_network()
    factories.make_normalization_rule()
    factories.make_orbit()
    factories.make_elin(erl=ERL.objects.get(name="A"))

    with publishing.draft_snapshot() as old:
        assert told(old, old) == []
        tables = {name for (name,) in old.db.execute("SELECT name FROM sqlite_schema")}
        parts = [f"routing WHERE key = '{key}'" for (key,) in old.db.execute(ROUTING)]
        unseen = [
            part
            for part in [*sorted(tables - DERIVED - {"routing"}), *parts]
            if not told(old, without(old, part))
        ]

    assert unseen == []


def without(snapshot: Snapshot, part: str) -> Snapshot:
    """Return a copy of a snapshot that lacks the rows of ``part``."""
    path = snapshot.path.with_name("copy.sqlite3")
    shutil.copy(snapshot.path, path)
    with sqlite3.connect(path) as db:
        assert db.execute(f"DELETE FROM {part}").rowcount, f"{part}: there is nothing to be missed"
    db.close()
    return Snapshot(path)


def told(old: Snapshot, new: Snapshot) -> list[ChangeSet]:
    changes, _ = publishing.compare(old, new, now=timezone.now())
    return changes
