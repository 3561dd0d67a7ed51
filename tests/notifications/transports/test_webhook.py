"""Web hooks against a real server."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from notifications.transports import webhook
from notifications.transports.message import Message, Receipt, Refused, Undelivered
from notifications.transports.webhook import send
from tests.running import free_port
from tests.sinks import WebSink


@pytest.fixture
def hook(settings: Any) -> Iterator[WebSink]:
    """A receiver in a network that the operator allowed."""
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    with WebSink().run() as sink:
        yield sink


def to(message: Message, sink: WebSink, **values: Any) -> Message:
    return replace(message, address=f"http://127.0.0.1:{sink.port}/calls?x=1", **values)


def test_send_signs_what_it_posts(hook: WebSink, message: Message) -> None:
    receipt = send(to(message, hook, secret="s3cret"))

    ((headers, body),) = hook.requests
    signed = headers["X-E911-Timestamp"].encode() + b"." + body
    digest = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert receipt is Receipt.DELIVERED
    assert headers["X-E911-Signature"] == f"v1={digest}"
    assert headers["Idempotency-Key"] == message.key
    assert abs(int(headers["X-E911-Timestamp"]) - time.time()) < 5
    assert json.loads(body) == {**message.record, "id": message.key}


def test_send_without_a_secret_is_not_signed(hook: WebSink, message: Message) -> None:
    send(to(message, hook))

    assert "X-E911-Signature" not in hook.requests[0][0]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (302, Refused), (307, Refused), (400, Refused), (404, Refused), (410, Refused),
        (408, Undelivered), (429, Undelivered), (500, Undelivered), (503, Undelivered),
    ],
)  # fmt: skip
def test_send_tells_final_from_passing_answers(
    hook: WebSink, message: Message, status: int, expected: type[Exception]
) -> None:
    hook.answer = lambda request, body: status

    with pytest.raises(expected, match=str(status)):
        send(to(message, hook))

    assert len(hook.requests) == 1


def test_send_gives_up_on_a_silent_receiver(
    hook: WebSink, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.2)
    hook.answer = lambda request, body: time.sleep(1) or 204

    with pytest.raises(Undelivered, match="timed out"):
        send(to(message, hook))


def test_send_gives_up_on_a_receiver_that_drips(
    hook: WebSink, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "DEADLINE_S", 0.5)

    def drip(request: Any, body: bytes) -> int:
        for _ in range(100):
            request.wfile.write(b"H")
            time.sleep(0.05)
        return 0

    hook.answer = drip
    began = time.monotonic()

    with pytest.raises(Undelivered):
        send(to(message, hook))

    assert time.monotonic() - began < 3


def test_send_to_nobody(settings: Any, message: Message) -> None:
    settings.WEBHOOK_NETWORKS = ["127.0.0.1/32"]

    with pytest.raises(Undelivered, match="refused"):
        send(replace(message, address=f"http://127.0.0.1:{free_port()}/"))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]",
        "[::ffff:127.0.0.1]", "[::127.0.0.1]", "10.0.0.1", "169.254.169.254", "192.0.0.8",
        "[64:ff9b:1::1]", "[64:ff9b::7f00:1]", "0.0.0.0", "[fe80::1]", "100.64.0.1",
        "[2002:7f00:1::]",
    ],
)  # fmt: skip
def test_send_refuses_addresses_inside(settings: Any, message: Message, host: str) -> None:
    settings.WEBHOOK_NETWORKS = []

    with pytest.raises(Refused):
        send(replace(message, address=f"https://{host}/"))


@pytest.mark.parametrize(
    "address",
    [
        "ftp://127.0.0.1/", "https:///path", "https://user@127.0.0.1/", "https://127.0.0.1:99999/",
        "not a url", "https://127.0.0.1:x/",
    ],
)  # fmt: skip
def test_send_refuses_what_is_no_web_address(settings: Any, message: Message, address: str) -> None:
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]

    with pytest.raises(Refused):
        send(replace(message, address=address))


def test_send_does_not_follow_a_redirect(hook: WebSink, message: Message) -> None:
    hook.answer = lambda request, body: 302

    with pytest.raises(Refused, match="redirects are not followed"):
        send(to(message, hook))

    assert len(hook.requests) == 1
