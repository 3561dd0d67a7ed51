"""Instant messages by XMPP through a real Prosody: to people who are there, away, or nobody."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from notifications.actions import outbox
from notifications.models import Channel, Notification
from notifications.transports.message import Message, Receipt, Undelivered
from notifications.transports.xmpp import send
from tests import factories as make
from tests.interop.programs import require
from tests.interop.xmpp import DOMAIN, PASSWORD, Person, Prosody, prosody
from tests.running import free_port

pytestmark = pytest.mark.interop
SECURITY = f"security@{DOMAIN}"


@pytest.fixture(scope="module")
def server(pytestconfig: pytest.Config) -> Iterator[Prosody]:
    with prosody(require("prosody", pytestconfig)) as running:
        yield running


@pytest.fixture(autouse=True)
def _account(settings: Any, server: Prosody) -> None:
    settings.XMPP_JID = f"portal@{DOMAIN}"
    settings.XMPP_PASSWORD = PASSWORD
    settings.XMPP_SERVER = f"127.0.0.1:{server.port}"
    settings.XMPP_CA = str(server.certificate)


def test_send_is_delivered_when_the_receiver_confirms(server: Prosody, message: Message) -> None:
    with Person(server, "security").online() as officer:
        receipt = send(replace(message, address=SECURITY))

    assert receipt is Receipt.DELIVERED
    assert officer.got == [(message.subject, message.text)]


def test_send_is_sent_when_the_receiver_confirms_nothing(
    server: Prosody, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.transports.xmpp.RECEIPT_S", 0.2)
    with Person(server, "security", confirms=False).online() as officer:
        receipt = send(replace(message, address=SECURITY))
        _until(lambda: officer.got)

    assert receipt is Receipt.SENT
    assert officer.got == [(message.subject, message.text)]


def test_send_waits_at_the_server_for_a_person_who_is_away(
    server: Prosody, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.transports.xmpp.RECEIPT_S", 0.2)

    receipt = send(replace(message, address=f"away@{DOMAIN}"))

    with Person(server, "away").online() as officer:
        _until(lambda: officer.got)
    assert receipt is Receipt.SENT
    assert officer.got == [(message.subject, message.text)]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"nobody@{DOMAIN}", "service-unavailable"),
        (
            "security@elsewhere.test",
            "not-allowed: Communication with remote domains is not enabled",
        ),
    ],
)
def test_send_tells_that_nobody_is_there(message: Message, address: str, expected: str) -> None:
    with pytest.raises(Undelivered, match=expected):
        send(replace(message, address=address))


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("XMPP_JID", "", "Set XMPP_JID and XMPP_PASSWORD"),
        ("XMPP_JID", "portal@@x", "is no address"),
        ("XMPP_PASSWORD", "wrong", f"refused the login of portal@{DOMAIN}. Check XMPP_PASSWORD"),
        ("XMPP_CA", "", "certificate of the XMPP server is not trusted"),
        ("XMPP_CA", "/no/such/file", "names “/no/such/file”, which is no file"),
        ("XMPP_SERVER", "xmpp.example.com", "is no host:port"),
        ("XMPP_SERVER", f"127.0.0.1:{free_port()}", "XMPP server 127.0.0.1:"),
    ],
    ids=[
        "no account",
        "no address",
        "wrong password",
        "unknown certificate",
        "no file",
        "no port",
        "server away",
    ],
)
def test_send_names_what_to_correct(
    settings: Any, message: Message, setting: str, value: str, expected: str
) -> None:
    setattr(settings, setting, value)

    with pytest.raises(Undelivered, match=expected):
        send(replace(message, address=SECURITY))


def test_send_keeps_the_password_from_a_server_without_tls(
    settings: Any, message: Message, pytestconfig: pytest.Config
) -> None:
    with prosody(require("prosody", pytestconfig), tls=False) as open_server:
        settings.XMPP_SERVER = f"127.0.0.1:{open_server.port}"
        with pytest.raises(Undelivered, match="offers no TLS"):
            send(replace(message, address=SECURITY))
        log = Path(open_server.log).read_text()

    assert "Client connected" in log
    assert "Authenticated" not in log


@pytest.mark.django_db
def test_channel_of_a_desk_reaches_the_officer(server: Prosody) -> None:
    channel = make.make_channel(transport=Channel.Transport.XMPP, address=SECURITY)
    now = timezone.now()
    make.make_notification(
        call=make.make_call(at=now), channel=channel, transport="xmpp", address=SECURITY, due_at=now
    )
    row = outbox.claim(transport="xmpp", now=timezone.now())
    assert row is not None

    with Person(server, "security").online() as officer:
        outbox.deliver(row)

    row.refresh_from_db()
    channel.refresh_from_db()
    assert (row.state, row.error) == (Notification.State.DELIVERED, "")
    assert channel.last_ok_at is not None
    ((_, body),) = officer.got
    assert "Callback number:" in body


def _until(condition: Any) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
