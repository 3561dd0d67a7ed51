"""The call path is killed, hangs, talks nonsense, or comes back: the call leaves all the same."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from locations.domain import pidflo
from routing.edge import installation
from tests.interop.sip import estate
from tests.interop.sip.test_guide_calls import TYPED, location_of, with_location
from tests.interop.sip.world import World, eventually
from tests.schemas import schema_errors

pytestmark = pytest.mark.interop


@contextmanager
def answering(port: int, reply: bytes | None) -> Iterator[None]:
    """Listen where the call path was, and give ``reply`` to everything; ``None`` hangs."""
    listener = socket.create_server(("127.0.0.1", port), backlog=256)
    listener.settimeout(0.1)
    ended = threading.Event()
    held: list[socket.socket] = []

    def serve() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            held.append(connection)
            if reply is not None:
                connection.settimeout(1)
                connection.recv(65536)
                connection.sendall(reply)
                connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        for connection in (*held, listener):
            connection.close()


def http(body: bytes, status: str = "200 OK") -> bytes:
    """Return an HTTP response."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_without_the_call_path_the_location_is_the_published_one(world: World) -> None:
    world.callpath.end(signal.SIGKILL)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    started = time.monotonic()
    call = phone.call("911")
    assert call.ends() == 200

    assert time.monotonic() - started < 2  # the deadline is 2.5 s
    invite = world.trunks["provider"].received("INVITE")[0]
    text, document = location_of(invite)
    assert document.location.civic["LOC"] == "New York 1st Floor"
    assert schema_errors(text) == []
    assert "@NOW@" not in text
    assert invite.header("P-Asserted-Identity") == f"<sip:+12125550123@{estate.DOMAIN}>"
    assert invite.header("Priority") == "emergency"
    world.callpath.start()
    answered = world.told(call.call_id, "call_answered")[-1]
    assert answered["mode"] == "fallback-network"


@pytest.mark.parametrize(
    ("address", "user", "domain", "trunk", "mode"),
    [
        (estate.LA_PHONE, "anna.rossi", estate.DOMAIN, "la-elin", "fallback-network"),
        ("127.0.7.7", "ben.ito", estate.DOMAIN, "la-elin", "fallback-caller"),
        ("127.0.7.7", "+12135550145", "pbx.example", "la-elin", "fallback-caller"),
        (estate.ANALOG_GATEWAY, "+12125550150", "pbx.example", "ny-gateway", "fallback-caller"),
        ("127.0.7.7", "guest", "pbx.example", "ny-gateway", "fallback-default"),
    ],
)
def test_without_the_call_path_each_caller_has_the_way_of_its_place(
    world: World, address: str, user: str, domain: str, trunk: str, mode: str
) -> None:
    world.callpath.end(signal.SIGKILL)
    world.trunks["provider"].behave(503)
    phone = world.phone(address, user, domain)

    call = phone.call("911")

    assert call.ends() == 200
    assert len(world.trunks[trunk].received("INVITE")) == 1
    world.callpath.start()
    told = world.told(call.call_id, "call_answered")
    [answered] = [event for event in told if event["event"] == "call_answered"]
    assert answered["mode"] == mode


def test_fixed_phone_keeps_its_location_without_the_call_path(world: World) -> None:
    world.callpath.end(signal.SIGKILL)
    phone = world.phone(estate.LA_PHONE, "+12125550150", "gateway.example")

    assert phone.call("911").ends() == 200

    document = location_of(world.trunks["provider"].received("INVITE")[0])[1]
    assert document.location.civic["LOC"] == "New York Main Entrance"


def test_callers_own_location_is_sent_when_nobody_knows_another(world: World) -> None:
    world.callpath.end(signal.SIGKILL)
    kind, body = with_location(TYPED.format(road="State"))
    phone = world.phone(estate.VPN_PHONE, "anna.rossi")

    assert phone.call("911", body=body, content_type=kind).ends() == 200

    document = location_of(world.trunks["provider"].received("INVITE")[0])[1]
    assert document.location.civic["A3"] == "Albany"


@pytest.mark.parametrize(
    "reply",
    [
        http(b"<html>It works!</html>"),
        http(b""),
        http(b"[]"),
        http(b"{}"),
        http(b'{"v":2,"emergency":true,"targets":[{"uri":"sip:911@127.0.0.1:9"}]}'),
        http(b'{"v":1,"emergency":true,"targets":[]}'),
        http(b'{"v":1,"emergency":true,"targets":"x","pidf_lo":7}'),
        http(b'{"v":1,"targets":[{"uri":', "200 OK"),
        http(b"no", "500 Internal Server Error"),
        http(b"no", "403 Forbidden"),
        http(b"\x00\xff" * 9000),
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
    ids=["html", "empty", "list", "object", "version", "no-trunk", "types", "cut", "500", "403",
         "binary", "not-http"],
)  # fmt: skip
def test_nonsense_is_no_answer(world: World, reply: bytes) -> None:
    world.callpath.end(signal.SIGKILL)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    with answering(world.callpath.port, reply):
        assert phone.call("911").ends() == 200

    [invite] = world.trunks["provider"].received("INVITE")
    assert location_of(invite)[1].location.civic["LOC"] == "New York 1st Floor"


def test_a_call_path_that_hangs_costs_one_caller_its_deadline(world: World) -> None:
    world.callpath.signal(signal.SIGSTOP)
    try:
        phone = world.phone(estate.NY_PHONE, "anna.rossi")
        started = time.monotonic()
        assert phone.call("911").ends() == 200
        first = time.monotonic() - started
        assert phone.call("911").ends() == 200
        second = time.monotonic() - started - first
    finally:
        world.callpath.signal(signal.SIGCONT)

    assert first < 5
    assert second < 1.5


def test_calls_that_wait_behind_a_hanging_call_path_all_leave(world: World) -> None:
    """More at once than the socket to the process that asks takes (26), and than processes ask."""
    world.callpath.signal(signal.SIGSTOP)
    try:
        phone = world.phone(estate.NY_PHONE, "anna.rossi")
        started = time.monotonic()
        calls = [phone.call("911") for _ in range(60)]
        assert [call.ends() for call in calls] == [200] * 60
        took = time.monotonic() - started
    finally:
        world.callpath.signal(signal.SIGCONT)

    assert took < 10  # one after the other they would take 150 s
    assert len(world.trunks["provider"].received("INVITE")) == 60


def test_caller_who_hangs_up_while_the_call_path_is_asked(world: World) -> None:
    world.callpath.signal(signal.SIGSTOP)
    try:
        phone = world.phone(estate.NY_PHONE, "anna.rossi")
        call = phone.call("911")
        phone.wait(100)
        started = time.monotonic()
        call.cancel()
        assert call.ends() == 487
        took = time.monotonic() - started
    finally:
        world.callpath.signal(signal.SIGCONT)

    assert took < 1.5
    assert len(world.told(call.call_id, "caller_cancel")) >= 1
    time.sleep(0.3)
    assert world.trunks["provider"].received("INVITE") == []


def test_same_evidence_is_answered_as_before(world: World) -> None:
    headers = [("X-E911-Location", "chassis=3c-4a-92-30-ec-00;port=7")]
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    assert phone.call("911", headers=headers).ends() == 200
    world.callpath.end(signal.SIGKILL)

    assert phone.call("911", headers=headers).ends() == 200
    assert phone.call("911").ends() == 200

    sent = [location_of(invite)[1] for invite in world.trunks["provider"].received("INVITE")]
    assert [document.location.civic["LOC"] for document in sent] == [
        "New York Wired", "New York Wired", "New York 1st Floor",
    ]  # fmt: skip


def test_remembered_test_call_never_turns_a_real_one_into_a_test(world: World) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    assert phone.call("933").ends() == 200
    world.callpath.end(signal.SIGKILL)

    assert phone.call("911").ends() == 200
    assert phone.call("933").ends() == 200

    dialled = [invite.ruri for invite in world.trunks["provider"].received("INVITE")]
    assert dialled == [f"sip:{number}@127.0.0.1" for number in ("933", "911", "933")]


def test_call_path_restarted_in_the_middle_of_a_call(world: World) -> None:
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    call = phone.call("911")
    assert call.ends() == 200
    world.callpath.end(signal.SIGKILL)

    assert call.hang_up() == 200
    world.callpath.start()

    named = [event["event"] for event in world.told(call.call_id, "call_ended")]
    # (what the desk was told comes when its own phone has answered, or has not)
    of_the_call = [name for name in named if name.startswith("call_")]
    assert of_the_call.count("call_ended") == 1
    assert of_the_call[-1] == "call_ended"


def test_every_table_lost_and_the_call_path_gone(world: World) -> None:
    """Nothing is left but what local.cfg says."""
    world.callpath.end(signal.SIGKILL)
    for name in ("decisions", "where", "numbers"):
        installation.call(world.settings, "htable.flush", name)
    try:
        phone = world.phone(estate.NY_PHONE, "anna.rossi")

        call = phone.call("9911")

        assert call.ends() == 200
        [invite] = world.trunks["ny-gateway"].received("INVITE")
        assert invite.ruri == "sip:911@127.0.0.1"
    finally:
        installation.reload(world.settings)


def test_a_publication_reaches_the_edge_without_a_restart(world: World) -> None:
    estate.publish(world.state, 2, world.table)
    changed = world.write()
    installation.reload(world.settings)
    world.callpath.end(signal.SIGKILL)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")

    assert phone.call("911").ends() == 200

    # (the PIDF-LO is the same; the decision names the publication)
    assert changed == ["fallback.sqlite"]
    row = installation.call(world.settings, "htable.get", "decisions", "default")
    assert '"publication": 2' in str(row)


@pytest.mark.parametrize("desks", [25, 120])
def test_large_decision_is_read_at_start_and_used(world: World, desks: int) -> None:
    """The last resort of a policy with many desks is longer than Kamailio's buffers of 4 KiB."""
    policy = world.table.policies["New York"]
    several = tuple(f"sip:security.desk.number.{n}@127.0.0.1:9" for n in range(desks))
    large = replace(policy, notification_uris=several)
    policies = {**world.table.policies, policy.name: large}
    estate.publish(world.state, 3, replace(world.table, policies=policies))
    try:
        world.write()
        world.edge.end()
        world.edge.start()
        world.callpath.end(signal.SIGKILL)
        call = world.phone(estate.NY_PHONE, "anna.rossi").call("911")
        assert call.ends() == 200
        [invite] = world.trunks["provider"].received("INVITE")
        assert "12345" in location_of(invite)[0]
    finally:
        estate.publish(world.state, 4, world.table)
        world.write()
        installation.reload(world.settings)


def test_document_of_the_fallback_has_the_time_of_the_call(world: World) -> None:
    world.callpath.end(signal.SIGKILL)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    assert phone.call("911").ends() == 200

    text, _ = location_of(world.trunks["provider"].received("INVITE")[0])

    stamp = pidflo.read(text.encode()).timestamp
    assert stamp.startswith(time.strftime("%Y-%m-%dT%H:%M", time.gmtime()))
    assert "retention-expiry" not in text


def test_events_wait_for_the_call_path_and_come_in_order(world: World) -> None:
    world.callpath.end(signal.SIGKILL)
    phone = world.phone(estate.NY_PHONE, "anna.rossi")
    calls = [phone.call("911") for _ in range(5)]
    for call in calls:
        assert call.ends() == 200
        assert call.hang_up() == 200
    world.callpath.start()

    for call in calls:
        told = [e["event"] for e in world.told(call.call_id, "call_ended")]
        assert [name for name in told if name.startswith("call_")] == [
            "call_ringing", "call_answered", "call_ended",
        ]  # fmt: skip
    eventually(lambda: True)
