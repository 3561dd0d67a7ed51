"""What a node remembers of its calls, and for how long."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from e911portal.callpath import memory as module
from e911portal.callpath.memory import Memory
from routing.domain.elins import Lease
from tests.callpath.sample import AT

MINUTE = timedelta(minutes=1)


def routed(
    ref: str, number: str = "+12125550123", elin: str = "", **request: str
) -> dict[str, Any]:
    given = {"from_uri": f"sip:{ref}@example.com", "contact": f"<sip:{ref}@10.1.1.9:5060>;q=1"}
    return {
        "event": "call_routed",
        "call_ref": ref,
        "request": {**given, **request},
        "decision": {"callback_number": number},
        "leased_elin": elin,
    }


def over(ref: str) -> dict[str, Any]:
    return {"event": "call_ended", "call_ref": ref}


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "callpath.sqlite3")


def test_call_is_remembered_by_its_number_until_long_after_its_end(memory: Memory) -> None:
    memory.learn([routed("anna")], AT)
    during = memory.leases_of("1 (212) 555-0123")
    memory.learn([over("anna")], AT + 5 * MINUTE)
    after = memory.leases_of("+12125550123")
    memory.learn([], AT + 66 * MINUTE)

    contact = "sip:anna@10.1.1.9:5060"
    lease = Lease("12125550123", "sip:anna@example.com", contact, AT, call_ref="anna")
    ended = replace(lease, ended_at=AT + 5 * MINUTE)
    assert (during, after) == ((lease,), (ended,))
    assert memory.leases_of("+12125550123") == ()


def test_call_without_an_end_is_forgotten_after_a_day(memory: Memory) -> None:
    memory.learn([routed("anna")], AT)
    memory.learn([], AT + 24 * 60 * MINUTE)
    still = len(memory.leases_of("+12125550123"))
    memory.learn([], AT + 24 * 60 * MINUTE + MINUTE)

    assert (still, memory.leases_of("+12125550123")) == (1, ())


def test_elin_is_no_number_of_its_caller(memory: Memory) -> None:
    memory.learn([routed("anna", "+12125550177", elin="+1 212 555 0177")], AT)
    memory.learn([routed("ben", "+12135550145", elin="+1 212 555 0177")], AT)

    assert memory.leases_of("12125550177") == ()
    assert [lease.caller for lease in memory.leases_of("12135550145")] == ["sip:ben@example.com"]


def test_caller_without_contact_is_reached_at_its_uri(memory: Memory) -> None:
    memory.learn([routed("anna", contact="")], AT)

    assert memory.leases_of("12125550123")[0].contact == "sip:anna@example.com"


def test_trunk_stays_down_for_a_while_without_word(memory: Memory) -> None:
    memory.learn([{"event": "gateway_down", "target": "provider"}], AT)

    assert memory.trunks_down("", AT + 15 * MINUTE) == {"provider"}
    assert memory.trunks_down("", AT + 16 * MINUTE) == frozenset()


def test_each_edge_has_its_own_dead_trunks(memory: Memory) -> None:
    def told(event: str, edge: str) -> dict[str, Any]:
        return {"event": event, "edge": edge, "target": "provider"}

    memory.learn([told("gateway_down", "sip:a"), told("gateway_down", "sip:b")], AT)
    memory.learn([told("gateway_up", "sip:b")], AT)

    seen = [memory.trunks_down(edge, AT) for edge in ("sip:a", "sip:b", "")]
    assert seen == [{"provider"}, frozenset(), frozenset()]


def test_sibling_and_successor_know_what_was_learnt(tmp_path: Path) -> None:
    one, other = (Memory(tmp_path / "callpath.sqlite3") for _ in range(2))
    other.refresh()

    one.learn([routed("anna"), {"event": "gateway_down", "target": "provider"}], AT)

    successor = Memory(tmp_path / "callpath.sqlite3")
    for memory in (other, successor):
        memory.refresh()
        assert len(memory.leases_of("12125550123")) == 1
        assert memory.leases_of("12125550123") == one.leases_of("12125550123")
        assert memory.trunks_down("", AT) == {"provider"}


@pytest.mark.parametrize("number", ["2125550123", "212-555-0123", "1 212 555 0123", "+12125550123"])
def test_psap_may_leave_out_the_1_of_a_north_american_number(memory: Memory, number: str) -> None:
    memory.learn([routed("anna")], AT)

    assert len(memory.leases_of(number)) == 1


def test_learning_does_not_read_what_is_known(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call more must not cost what all calls before it cost together."""
    memory.learn([routed(f"caller{number}") for number in range(300)], AT)
    read: list[object] = []
    monkeypatch.setattr(module, "_of", read.append)

    memory.learn([routed("anna")], AT)

    assert read == []


def test_oldest_are_forgotten_beyond_the_limit(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LEASES", 3)

    for number in range(6):
        memory.learn([routed(f"caller{number}", f"+1212555000{number}")], AT + number * MINUTE)

    remembered = [number for number in range(6) if memory.leases_of(f"1212555000{number}")]
    assert remembered == [2, 3, 4, 5]


def test_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "callpath.sqlite3"
    path.write_bytes(b"no database, but long enough to be taken for one " * 100)
    memory = Memory(path)

    memory.learn([routed("lost")], AT)
    memory.learn([routed("anna")], AT)

    assert len(memory.leases_of("12125550123")) == 1


def test_event_without_sense_is_passed_over(memory: Memory) -> None:
    memory.learn([{"event": "call_routed"}, {"event": 7}, {}], AT)
    memory.learn([routed("anna")], AT)

    assert len(memory.leases_of("12125550123")) == 1
