"""The desks' event stream, from a real server process."""

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction

from e911portal.calls import ingest
from locations.models import NetworkSite
from notifications.actions import desk
from notifications.models import DeskMessage
from routing.models import EmergencyCall
from tests import factories
from tests.events import event, routed, whole_call
from tests.notifications.conftest import session_cookie
from tests.processes import Portal
from tests.running import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Screen:
    """What a browser has received: events in order."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def calls(self) -> list[dict[str, Any]]:
        return [one for one in self.events if one["event"] == "call"]

    def wait_for(self, count: int, seconds: float = PATIENCE) -> list[dict[str, Any]]:
        end = time.monotonic() + seconds
        while len(self.calls()) < count:
            assert time.monotonic() < end, f"only {self.events}"
            time.sleep(0.005)
        return self.calls()


def ask(portal: Portal, user: User | None, **headers: str) -> http.client.HTTPResponse:
    return connect(portal, user, **headers).getresponse()


def connect(portal: Portal, user: User | None, **headers: str) -> http.client.HTTPConnection:
    client = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=PATIENCE)
    if user:
        cookie = session_cookie(user)
        headers["Cookie"] = f"{cookie['name']}={cookie['value']}"
    client.request("GET", "/desk/stream", headers=headers)
    return client


@contextmanager
def watching(portal: Portal, user: User, **headers: str) -> Iterator[Screen]:
    screen, client = Screen(), connect(portal, user, **headers)
    sock = client.sock
    response = client.getresponse()
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"

    def read() -> None:
        block: dict[str, Any] = {}
        try:
            for raw in response:
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                if name:
                    block[name] = value
                elif "event" in block:
                    screen.events.append(block)
                    block = {}
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass  # the server was killed, or the test is over

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    end = time.monotonic() + PATIENCE
    while not screen.events:  # the first heartbeat
        assert time.monotonic() < end
        time.sleep(0.005)
    try:
        yield screen
    finally:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        reader.join()


def test_stream_shows_a_call_by_itself(portal: Portal, desk_officer: User) -> None:
    # How soon: tests/bench/bench_desk.py, where nothing else competes for the machine.
    with watching(portal, desk_officer) as screen:
        ingest([routed()])

        (shown,) = screen.wait_for(1)

    data = json.loads(shown["data"])
    assert int(shown["id"]) == DeskMessage.objects.get().pk
    assert (data["call"], data["open"]) == (EmergencyCall.objects.get().pk, True)
    assert "12345 N Cedar Dr, New York, NY 98765" in data["html"]
    assert "data-sounds" in data["html"]


def test_stream_replays_what_was_missed(portal: Portal, desk_officer: User) -> None:
    ingest([routed(ref="a")])
    seen = DeskMessage.objects.get().pk
    ingest([routed(ref="b"), routed(ref="c")])
    newest = DeskMessage.objects.order_by("pk").last()
    assert newest is not None

    with watching(portal, desk_officer, **{"Last-Event-ID": str(seen)}) as screen:
        shown = screen.wait_for(2)

    refs = EmergencyCall.objects.in_bulk([json.loads(one["data"])["call"] for one in shown])
    assert [call.call_ref for call in refs.values()] == ["b", "c"]
    assert [int(one["id"]) for one in shown] == [newest.pk - 1, newest.pk]


def test_stream_sends_a_call_that_moved_on_once(portal: Portal, desk_officer: User) -> None:
    ingest(whole_call())

    with watching(portal, desk_officer, **{"Last-Event-ID": "0"}) as screen:
        (shown,) = screen.wait_for(1)
        time.sleep(0.5)
        assert len(screen.calls()) == 1

    assert int(shown["id"]) == DeskMessage.objects.latest("pk").pk
    assert "Ended" in json.loads(shown["data"])["html"]


def test_stream_continues_after_the_server_was_killed(portal: Portal, desk_officer: User) -> None:
    with watching(portal, desk_officer) as screen:
        ingest([routed(ref="a")])
        (shown,) = screen.wait_for(1)
        portal.kill()
    ingest([routed(ref="b")])
    portal.start()

    with watching(portal, desk_officer, **{"Last-Event-ID": shown["id"]}) as screen:
        (missed,) = screen.wait_for(1)

    assert EmergencyCall.objects.get(pk=json.loads(missed["data"])["call"]).call_ref == "b"


def test_stream_keeps_other_desks_calls_to_themselves(
    portal: Portal, desk_officer: User, la1: NetworkSite
) -> None:
    other = factories.make_user("la_officer")
    factories.make_desk(sites=[la1], members=[other])

    with watching(portal, desk_officer) as ours, watching(portal, other) as theirs:
        ingest([routed()])
        ours.wait_for(1)
        time.sleep(0.5)

        assert theirs.calls() == []


def test_stream_takes_back_a_call_that_turns_out_to_be_elsewhere(
    portal: Portal, desk_officer: User, la1: NetworkSite
) -> None:
    other = factories.make_user("la_officer")
    factories.make_desk(sites=[la1], members=[other])

    with watching(portal, other) as screen:
        ingest([event("call_ringing", second=1)])
        (first,) = screen.wait_for(1)
        ingest([routed()])
        _, second = screen.wait_for(2)

    assert "number unknown" in json.loads(first["data"])["html"]
    assert json.loads(second["data"]) == {
        "call": EmergencyCall.objects.get().pk,
        "open": False,
        "row": "",
    }


def test_stream_tells_of_an_acknowledgement(portal: Portal, desk_officer: User) -> None:
    ingest([routed()])
    last = DeskMessage.objects.latest("pk").pk

    with watching(portal, desk_officer, **{"Last-Event-ID": str(last)}) as screen:
        call = EmergencyCall.objects.get()
        desk.acknowledge(call=call, name="Olga Officer", note="on my way", by=desk_officer)
        (shown,) = screen.wait_for(1)

    html = json.loads(shown["data"])["html"]
    assert "Olga Officer" in html
    assert "on my way" in html
    assert "data-sounds" not in html


def test_stream_shows_an_auditor_without_the_alarm(
    portal: Portal, auditor: User, ny1: NetworkSite
) -> None:
    with watching(portal, auditor) as screen:
        ingest([routed()])
        (shown,) = screen.wait_for(1)

    html = json.loads(shown["data"])["html"]
    assert "data-sounds" not in html
    assert "<form" not in html


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_stream_refuses_who_watches_nothing(portal: Portal, stranger: User, who: str) -> None:
    response = ask(portal, stranger if who == "stranger" else None)

    assert response.status == 403


def test_stream_ends_when_the_person_loses_the_right(portal: Portal, desk_officer: User) -> None:
    response = ask(portal, desk_officer)
    desk_officer.is_active = False
    desk_officer.save()
    began = time.monotonic()

    while response.read1():
        assert time.monotonic() - began < 20
    assert ask(portal, desk_officer).status == 403


@pytest.mark.parametrize("last", ["999999999", "x", "-1", "9" * 30])
def test_stream_survives_any_last_event_id(portal: Portal, desk_officer: User, last: str) -> None:
    # The portal of these tests outlives their database: first it must know that this one is new.
    with watching(portal, desk_officer) as before:
        ingest([routed()])
        before.wait_for(1)

    with watching(portal, desk_officer, **{"Last-Event-ID": last}) as screen:
        ingest([routed(ref="call-2")])
        screen.wait_for(1)

        reloads = [one for one in screen.events if one["event"] == "reload"]

    assert len(reloads) == (1 if last == "999999999" else 0)


def test_stream_shows_a_call_whose_card_cannot_be_drawn(desk_officer: User, tmp_path: Path) -> None:
    # Without collected static files no icon can be drawn.
    portal = Portal(environment={"STATIC_ROOT": str(tmp_path)})
    portal.start()
    try:
        with watching(portal, desk_officer) as screen:
            ingest([routed(callback_number="<b>")])
            (shown,) = screen.wait_for(1)
    finally:
        portal.kill()

    html = json.loads(shown["data"])["html"]
    assert "EMERGENCY CALL: &lt;b&gt;" in html
    assert "12345 N Cedar Dr, New York, NY 98765" in html
    assert "data-sounds" in html


def test_log_lock_keeps_ids_in_the_order_of_commits(ny1: NetworkSite) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer; the race is PostgreSQL's (set DATABASE_URL)")
    calls = [factories.make_call(), factories.make_call()]
    entered, committed = threading.Event(), threading.Event()

    def second() -> None:
        with transaction.atomic():
            entered.set()
            desk.lock_log()
            desk.tell(call=calls[1])
        committed.set()
        connections.close_all()

    with transaction.atomic():
        desk.lock_log()
        desk.tell(call=calls[0])
        writer = threading.Thread(target=second)
        writer.start()
        assert entered.wait(5)
        # Without the lock the second would commit now, and a reader would pass the first one's id.
        assert not committed.wait(0.5)
    writer.join()

    assert list(DeskMessage.objects.order_by("pk").values_list("call", flat=True)) == [
        calls[0].pk,
        calls[1].pk,
    ]
