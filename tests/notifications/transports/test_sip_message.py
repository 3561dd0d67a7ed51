"""Instant messages against a SIP phone."""

import time
from dataclasses import replace
from typing import Any

import pytest

from notifications.transports import sip_message
from notifications.transports.message import Message, Receipt, Refused, Undelivered
from notifications.transports.sip_message import Hop, next_hop, send
from tests.running import free_port
from tests.sinks import Phone


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip_message, "T1_S", 0.05)
    monkeypatch.setattr(sip_message, "DEADLINE_S", 1.0)


def to(message: Message, phone: Phone, **values: Any) -> Message:
    suffix = ";transport=tcp" if phone.transport == "tcp" else ""
    return replace(message, address=f"sip:desk@127.0.0.1:{phone.port}{suffix}", **values)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_send_is_delivered_when_the_phone_says_so(message: Message, transport: str) -> None:
    with Phone(transport=transport).run() as phone:
        receipt = send(to(message, phone))

    (request,) = phone.requests
    head, _, body = request.partition("\r\n\r\n")
    lines = head.split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    assert receipt is Receipt.DELIVERED
    assert lines[0] == f"MESSAGE {to(message, phone).address} SIP/2.0"
    assert body == message.short
    assert headers["Content-Length"] == str(len(body.encode()))
    assert headers["CSeq"] == "1 MESSAGE"
    assert headers["Priority"] == "emergency"
    assert headers["Call-ID"] == f"{message.key}@127.0.0.1"
    assert headers["Via"].startswith(f"SIP/2.0/{transport.upper()} 127.0.0.1:")


def test_send_repeats_the_same_request_until_it_is_heard(message: Message) -> None:
    with Phone(answers=["", "", "200 OK"]).run() as phone:
        send(to(message, phone))

    assert len(phone.requests) == 3
    assert len(set(phone.requests)) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("200 OK", Receipt.DELIVERED),
        ("100 Trying|200 OK", Receipt.DELIVERED),
        ("202 Accepted", Receipt.SENT),
    ],
)
def test_send_takes_the_final_answer(message: Message, answer: str, expected: Receipt) -> None:
    with Phone(answers=[answer]).run() as phone:
        assert send(to(message, phone)) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("404 Not Found", Refused), ("403 Forbidden", Refused), ("480 Unavailable", Undelivered),
        ("486 Busy", Undelivered), ("503 Service Unavailable", Undelivered),
    ],
)  # fmt: skip
def test_send_tells_final_from_passing_errors(
    message: Message, answer: str, expected: type[Exception]
) -> None:
    with Phone(answers=[answer]).run() as phone, pytest.raises(expected, match=answer[:3]):
        send(to(message, phone))


def test_send_does_not_take_the_answer_to_another_request(message: Message) -> None:
    def other(request: str) -> list[bytes]:
        return [b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKother\r\n\r\n"]

    with Phone().run() as phone:
        phone._reply = other  # type: ignore[method-assign]
        with pytest.raises(Undelivered, match="no answer"):
            send(to(message, phone))


def test_send_gives_up_on_a_silent_phone(message: Message) -> None:
    began = time.monotonic()

    with Phone(answers=[""]).run() as phone, pytest.raises(Undelivered, match="no answer"):
        send(to(message, phone))

    assert 0.9 < time.monotonic() - began < 2


def test_send_to_a_phone_that_is_gone(message: Message) -> None:
    port = free_port()

    with pytest.raises(Undelivered):
        send(replace(message, address=f"sip:desk@127.0.0.1:{port}"))


@pytest.mark.parametrize(
    ("uri", "proxy", "expected"),
    [
        ("sip:a@example.com", "", Hop("example.com", 5060, "udp")),
        ("sip:a@example.com:5070;transport=tcp", "", Hop("example.com", 5070, "tcp")),
        ("sip:a@[2001:db8::1]:5070", "", Hop("2001:db8::1", 5070, "udp")),
        ("sip:a@example.com", "edge.example:5080", Hop("edge.example", 5080, "udp")),
        ("sip:a@example.com", "edge.example;transport=tcp", Hop("edge.example", 5060, "tcp")),
    ],
)
def test_next_hop(uri: str, proxy: str, expected: Hop) -> None:
    assert next_hop(uri, proxy) == expected


@pytest.mark.parametrize(
    "uri",
    ["tel:+1", "sips:a@b", "sip:a@b;transport=tls", "sip:a@b\r\nX: y", "sip:a b@c", "sip:a@b;x y"],
)
def test_next_hop_refuses_what_it_cannot_reach(uri: str) -> None:
    with pytest.raises(Refused):
        next_hop(uri, "")
