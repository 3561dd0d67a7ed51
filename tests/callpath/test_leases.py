"""ELINs go round: never two callers on one while another is free, never a callback to the wrong."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path

import pytest

from e911portal.callpath.leases import Leases
from routing.domain.elins import ELIN, Lease, choose
from routing.domain.selection import Trunk, TrunkKind, VoiceRoute
from tests.callpath import sample
from tests.callpath.server import Server, serving

MINUTE = timedelta(minutes=1)
PLACE = "New York 1st Floor"
NUMBERS = tuple(f"+1212555067{digit}" for digit in range(8))


def state_with(tmp_path: Path, numbers: tuple[str, ...]) -> Path:
    """Return a state directory whose New York leaves by an ELIN gateway with these ELINs."""
    table = sample.routing_table()
    gateway = Trunk("elin", "192.0.2.40", TrunkKind.ELIN_GATEWAY)
    route = VoiceRoute("E911(NY)", r"^\+911$", ("E911 (NY)",), ("elin",), 10)
    elins = tuple(ELIN(number, PLACE) for number in numbers)
    table = replace(table, trunks={"elin": gateway}, routes=(route,), elins=elins)
    sample.publish(tmp_path / "publications", 42, table=table)
    return tmp_path


def dial(server: Server, caller: str) -> str:
    """Return the number that a call from New York shows."""
    request = {
        "ruri": "sip:911@x",
        "from_uri": f"sip:{caller}@example.com",
        "contact": f"<sip:{caller}@10.1.1.9:5060>",
        "src_ip": "10.1.1.9",
        "call_ref": caller,
    }
    return str(server.json("/v1/sip/route", request)["callback_number"])


def called_back(server: Server, number: str) -> str:
    """Return the user part of the phone that a PSAP reaches, empty for nobody's number."""
    uri = server.json("/v1/sip/callback", {"number": number}).get("uri", "")
    return str(uri).removeprefix("sip:").partition("@")[0]


def take(leases: Leases, numbers: tuple[str, ...], caller: str, *, sent: bool = True) -> str:
    """Choose and take as the route door does; return the number."""
    with leases.choosing() as chosen:
        pool = [ELIN(number, PLACE) for number in numbers]
        elin = choose(pool, caller, chosen.of(numbers), now=sample.AT).elin
        assert elin is not None
        contact = f"sip:{caller}@10.1.1.9"
        chosen.take(Lease(elin.number, caller, contact, sample.AT, sent=False, call_ref=caller))
    if sent:
        leases.sent([{"call_ref": caller, "leased_elin": elin.number}])
    return elin.number


def test_calls_of_the_same_instant_get_different_elins(tmp_path: Path) -> None:
    together = threading.Barrier(len(NUMBERS))

    def call(caller: int) -> str:
        leases = Leases(tmp_path / "elins.sqlite3")
        leases.of("")  # opened, as in a process that has served before
        together.wait()
        return take(leases, NUMBERS, f"caller{caller}")

    with ThreadPoolExecutor(len(NUMBERS)) as pool:
        shown = sorted(pool.map(call, range(len(NUMBERS))))

    assert shown == sorted(NUMBERS)


def test_workers_share_the_pool(tmp_path: Path) -> None:
    state = state_with(tmp_path, NUMBERS)

    with serving(state, "--workers", "2") as server, ThreadPoolExecutor(8) as pool:
        shown = list(pool.map(lambda caller: dial(server, f"caller{caller}"), range(8)))
        reached = [called_back(server, number) for number in shown]

    assert sorted(shown) == sorted(NUMBERS)
    assert reached == [f"caller{caller}" for caller in range(8)]


def test_elin_answers_for_the_last_caller_after_kill_9(tmp_path: Path) -> None:
    state = state_with(tmp_path, NUMBERS[:1])
    with serving(state) as server:
        assert [dial(server, caller) for caller in ("anna", "ben")] == [NUMBERS[0]] * 2
        assert called_back(server, NUMBERS[0]) == "ben"
        server.kill()

    with serving(state) as server:
        assert called_back(server, NUMBERS[0]) == "ben"


@pytest.mark.parametrize("seed", range(4))
def test_no_earlier_caller_is_called_back_after_kill_9_amid_leases(
    tmp_path: Path, seed: int
) -> None:
    state = state_with(tmp_path, NUMBERS[:1])
    answered = ["first"]
    moment = random.Random(seed).uniform(0.02, 0.3)
    with serving(state) as server:
        dial(server, "first")
        killer = threading.Timer(moment, server.kill)
        killer.start()
        try:
            for number in range(100_000):
                dial(server, f"caller{number}")
                answered.append(f"caller{number}")
        except (OSError, HTTPException):
            pass
        killer.join()

    with serving(state) as server:
        assert called_back(server, NUMBERS[0]) in (answered[-1], "")


def test_lease_of_a_call_that_was_not_answered_goes_to_nobody(tmp_path: Path) -> None:
    state = state_with(tmp_path, NUMBERS[:1])
    leases = Leases(state / "elins.sqlite3")
    take(leases, NUMBERS[:1], "anna")
    take(leases, NUMBERS[:1], "ben", sent=False)
    leases.close()  # as by kill -9 between lease and answer

    with serving(state) as server:
        assert called_back(server, NUMBERS[0]) == ""


def test_end_of_a_call_begins_the_window(tmp_path: Path) -> None:
    leases = Leases(tmp_path / "elins.sqlite3")
    take(leases, NUMBERS[:1], "anna")

    leases.ended([{"event": "call_ended", "call_ref": "anna"}], sample.AT + MINUTE)
    leases.ended([{"event": "call_ended", "call_ref": "anna"}], sample.AT + 50 * MINUTE)

    [lease] = leases.of("+1 (212) 555-0670")
    assert (lease.call_ref, lease.ended_at) == ("anna", sample.AT + MINUTE)


def test_locked_file_neither_stops_nor_delays_a_call(tmp_path: Path) -> None:
    sibling, leases = (Leases(tmp_path / "elins.sqlite3") for _ in range(2))
    take(leases, NUMBERS, "anna")
    with sibling.choosing() as held:
        held.of(NUMBERS)
        began = time.monotonic()
        number = take(leases, NUMBERS, "ben")
        took = time.monotonic() - began
        owner = [lease.caller for lease in leases.of(number)]
    take(leases, NUMBERS, "cleo")

    assert "ben" in owner
    assert took < 1
    assert [lease.sent for lease in sibling.of(number) if lease.caller == "ben"] == [True]


def test_only_the_leases_of_the_pool_are_read_and_by_index(tmp_path: Path) -> None:
    leases = Leases(tmp_path / "elins.sqlite3")
    for number in range(20):
        take(leases, (f"+1310555{number:04d}",), f"elsewhere{number}")
    take(leases, NUMBERS[:1], "anna")
    statements: list[str] = []
    db = leases._db()
    db.set_trace_callback(statements.append)

    with leases.choosing() as chosen:
        found = [lease.caller for lease in chosen.of(NUMBERS)]

    db.set_trace_callback(None)
    reads = [statement for statement in statements if statement.startswith("SELECT")]
    plans = {row[3] for read in reads for row in db.execute(f"EXPLAIN QUERY PLAN {read}")}
    assert found == ["anna"]
    assert len(reads) == len(NUMBERS)
    assert plans == {"SEARCH elin_lease USING INDEX elin_lease_elin (elin=?)"}


def test_what_is_over_is_forgotten_by_index_a_few_with_every_call(tmp_path: Path) -> None:
    leases = Leases(tmp_path / "elins.sqlite3")
    db = leases._db()
    rows = [(f"ref{number}", number % 2) for number in range(250)]
    db.executemany(
        "INSERT INTO elin_lease SELECT ?1, '2125550671', 'ben', '', ?2, iif(?3, ?2, NULL), 1",
        [(ref, (sample.AT - 1500 * MINUTE).timestamp(), ended) for ref, ended in rows],
    )
    statements: list[str] = []
    left = []
    db.set_trace_callback(statements.append)
    for caller in ("anna", "bea", "cleo"):
        take(leases, NUMBERS, caller)
        left.append(db.execute("SELECT count(*) FROM elin_lease").fetchone()[0])

    db.set_trace_callback(None)
    deletes = {statement for statement in statements if statement.startswith("DELETE")}
    plans = [row[3] for stm in deletes for row in db.execute(f"EXPLAIN QUERY PLAN {stm}")]
    assert left == [151, 52, 3]
    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


def test_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "elins.sqlite3"
    path.write_bytes(b"no database, but long enough to be taken for one " * 100)
    leases = Leases(path)

    take(leases, NUMBERS, "anna")
    number = take(leases, NUMBERS, "ben")

    assert number == NUMBERS[1]
    assert [lease.caller for lease in Leases(path).of(number)] == ["ben"]


def test_caller_without_an_address_is_not_called_back_and_nobody_else_is(tmp_path: Path) -> None:
    state = state_with(tmp_path, NUMBERS[:1])
    with serving(state) as server:
        dial(server, "anna")
        server.json("/v1/sip/route", {"ruri": "sip:911@x", "src_ip": "10.1.1.9"})

        assert called_back(server, NUMBERS[0]) == ""
