"""Trunks that are half dead, come and go, or ring for long; restarts of the edge itself."""

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from routing.edge import installation
from tests.callpath.portal import Portal
from tests.interop.sip import estate
from tests.interop.sip import world as worlds
from tests.interop.sip.world import World, eventually

pytestmark = pytest.mark.interop


def test_half_open_connection_costs_only_the_fast_failover_timer(world: World) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    assert phone.call("911").ends() == 200  # the connection is open now
    world.trunks["provider"].signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert phone.call("911").ends() == 200
        took = time.monotonic() - started
    finally:
        world.trunks["provider"].signal(signal.SIGCONT)

    assert len(world.trunks["ny-gateway"].received("INVITE")) == 1
    assert took < 5  # 100 Trying or not, nothing else waits less than 10 s


def test_provider_killed_in_the_middle_of_a_call_takes_the_next_one_by_the_gateway(
    world: World,
) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    assert phone.call("911").ends() == 200
    world.trunks["provider"].end(signal.SIGKILL)

    assert phone.call("911").ends() == 200

    assert len(world.trunks["ny-gateway"].received("INVITE")) == 1


def test_psap_that_rings_is_not_hung_up_on(world: World) -> None:
    world.trunks["provider"].behave(100, 180, 183, 200, pause=1.2)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    assert phone.call("911").ends() == 200

    assert world.trunks["ny-gateway"].received("INVITE") == []


def test_psap_that_never_answers_is_given_up_after_the_no_answer_timer(world: World) -> None:
    world.trunks["provider"].behave(100, 180)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    started = time.monotonic()
    assert phone.call("911").ends(20) == 200

    assert 3.5 < time.monotonic() - started < 9
    assert len(world.trunks["ny-gateway"].received("INVITE")) == 1
    world.trunks["provider"].wait("CANCEL")


def test_answer_repeated_after_the_end_changes_nothing(world: World) -> None:
    """The PSAP's side repeats its 200 when the ACK is late, and the caller has hung up by then:
    Kamailio's dialog module calls that a bogus event, CRITICAL, and leaves the call ended."""
    world.trunks["provider"].behave(100, 200, 200, pause=1.0)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    remarks = world.edge.said().count("bogus event 3 in state 5")
    call = phone.call("911")
    assert call.ends() == 200

    assert call.hang_up() == 200

    eventually(lambda: world.edge.said().count("bogus event 3 in state 5") > remarks)
    later = phone.call("911")
    assert later.ends() == 200
    world.told(later.call_id, "call_answered")
    named = [event["event"] for event in world.events(call_id=call.call_id)]
    assert (named.count("call_answered"), named.count("call_ended")) == (1, 1)


def test_edge_restarted_between_invite_and_bye(world: World) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    call = phone.call("911")
    assert call.ends() == 200
    world.saved(call.call_id)

    world.edge.end(signal.SIGKILL)
    world.edge.start()

    assert call.hang_up() == 200
    [bye] = world.trunks["provider"].wait("BYE")
    assert bye.header("From").split(";")[0] == (f'"Anna Rossi" <sip:+12125550123@{estate.DOMAIN}>')
    assert world.told(call.call_id, "call_ended")[-1]["ended_by"] == "caller"


def test_provider_hangs_up_after_a_restart_of_the_edge(world: World) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    call = phone.call("911")
    assert call.ends() == 200
    world.saved(call.call_id)

    world.edge.end()
    world.edge.start()
    world.trunks["provider"].do("hang_up", call_id=call.call_id)

    phone.answer(phone.wait("BYE"), 200)
    assert world.told(call.call_id, "call_ended")[-1]["ended_by"] == "callee"


def test_events_that_wait_are_lost_with_the_edge_and_the_decision_is_not(world: World) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    call = phone.call("911")
    assert call.ends() == 200
    world.told(call.call_id, "call_answered")
    world.callpath.end()
    assert call.hang_up() == 200

    world.edge.end()
    world.edge.start()
    world.callpath.start()

    later = phone.call("911")
    assert later.ends() == 200
    world.told(later.call_id, "call_answered")  # events come in order: nothing waits before this
    named = [event["event"] for event in world.events(call_id=call.call_id)]
    assert "call_routed" in named
    assert "call_ended" not in named


def test_row_of_an_ended_call_goes_although_the_file_was_locked_at_its_end(world: World) -> None:
    """Left there, it would be a call again after a restart, for half a day."""
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    call, stays = phone.call("911"), phone.call("911")
    for each in (call, stays):
        assert each.ends() == 200
        world.saved(each.call_id)
    path = world.settings.directory / "dialogs.sqlite"
    failed = world.edge.said().count("failed to delete database information")

    def rows() -> set[str]:
        with closing(sqlite3.connect(path)) as db:
            return {call_id for (call_id,) in db.execute("SELECT callid FROM dialog")}

    def variables(row: tuple[int, int]) -> int:
        count = "SELECT count(*) FROM dialog_vars WHERE (hash_entry, hash_id) = (?, ?)"
        with closing(sqlite3.connect(path)) as db:
            return int(db.execute(count, row).fetchone()[0])

    def row_of(call_id: str) -> tuple[int, int]:
        wanted = "SELECT hash_entry, hash_id FROM dialog WHERE callid = ?"
        with closing(sqlite3.connect(path)) as db:
            [row] = db.execute(wanted, (call_id,))
            return int(row[0]), int(row[1])

    ending, staying = row_of(call.call_id), row_of(stays.call_id)
    eventually(lambda: variables(ending) and variables(staying))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert call.hang_up() == 200
        gave_up = "failed to delete database information"
        eventually(lambda: world.edge.said().count(gave_up) > failed)
        assert call.call_id in rows()
        writer.execute("ROLLBACK")

    eventually(lambda: call.call_id not in rows() and not variables(ending))
    assert stays.call_id in rows()
    assert variables(staying)
    assert stays.hang_up() == 200


def test_damaged_dialog_file_is_made_anew(world: World) -> None:
    path = world.settings.directory / "dialogs.sqlite"
    world.edge.end()
    path.write_bytes(b"not a database at all" * 100)

    installation.prepare_dialogs(path)
    world.edge.start()

    assert world.phone(estate.NY_PHONE, "anna.rossi").call("911").ends() == 200


@pytest.fixture(scope="module")
def probing(
    tmp_path_factory: pytest.TempPathFactory, sip_portal: Portal, _world: World
) -> Iterator[World]:
    """A second edge that probes its trunks every second, over a call path of its own."""
    state: Path = tmp_path_factory.mktemp("probing")
    yield from worlds.running(World(state, sip_portal, probe_seconds=1))


def active(world: World, name: str) -> bool:
    """Return whether the edge believes that a trunk lives."""
    return installation.trunks(world.settings)[world.table.trunks[name].dst]


def test_trunk_known_to_be_down_is_tried_last_and_not_left_out(probing: World) -> None:
    probing.trunks["provider"].do("close")
    eventually(lambda: not active(probing, "provider"), 15)
    phone = probing.phone(estate.NY_PHONE, "anna.rossi")

    first = phone.call("911")
    assert first.ends() == 200
    answered = probing.told(first.call_id, "call_answered")[-1]
    probing.trunks["provider"].do("forget")  # it lives again, and no probe has seen it
    for name in ("ny-gateway", "la-gateway", "la-elin"):
        probing.trunks[name].behave(503)
    again = phone.call("911").ends()

    assert (answered["target"], answered.get("attempts")) == ("ny-gateway", None)
    assert again == 200
    assert len(probing.trunks["provider"].received("INVITE")) == 1
    order = [trunk.name for trunk in probing.trunks.values() if trunk.received("INVITE")]
    assert "ny-gateway" in order


def test_trunk_that_comes_back_is_reported_and_used_first(
    probing: World, sip_portal: Portal
) -> None:
    probing.refresh()
    hop = probing.table.trunks["provider"].dst

    def reports(event: str) -> int:
        told = [e for batch in list(sip_portal.batches) for e in batch]
        assert all("event" in e for e in told), [e for e in told if "event" not in e]
        return sum(e["event"] == event and e.get("target") == hop for e in told)

    # (an edge that starts has told of every trunk, and the test before leaves one that was dead)
    eventually(lambda: active(probing, "provider"), 15)
    downs = reports("gateway_down")
    probing.trunks["provider"].do("close")
    eventually(lambda: reports("gateway_down") > downs, 15)
    ups = reports("gateway_up")
    probing.trunks["provider"].do("forget")
    eventually(lambda: reports("gateway_up") > ups, 15)
    eventually(lambda: active(probing, "provider"), 15)

    assert probing.phone(estate.NY_PHONE, "anna.rossi").call("911").ends() == 200
    assert len(probing.trunks["provider"].received("INVITE")) == 1


def test_trunk_that_came_back_while_the_edge_was_away_is_used_first(probing: World) -> None:
    probing.refresh()
    provider = probing.trunks["provider"]
    phone = probing.phone(estate.NY_PHONE, "anna.rossi")

    def first_of_all() -> str:
        call = phone.call("911")
        assert call.ends() == 200
        return str(probing.told(call.call_id, "call_answered")[-1]["target"])

    provider.do("close")
    eventually(lambda: not active(probing, "provider"), 15)
    eventually(lambda: first_of_all() == "ny-gateway", 15)
    probing.edge.end()
    provider.do("forget")  # it lives again, and nobody has seen it die or rise
    probing.edge.start()

    eventually(lambda: first_of_all() == "provider", 15)


def test_two_edges_share_nothing(world: World, probing: World) -> None:
    """A call begun at one edge is not known at the other, and each completes its own."""
    probing.refresh()

    for edge in (world, probing):
        phone = edge.phone(estate.NY_PHONE, "anna.rossi")
        call = phone.call("911")
        assert call.ends() == 200
        assert call.hang_up() == 200
