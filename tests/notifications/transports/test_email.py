"""E-mail against a mail server."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from notifications.transports.email import send
from notifications.transports.message import Message, Receipt, Refused, Undelivered
from tests.running import free_port
from tests.sinks import MailSink


@pytest.fixture
def mail(settings: Any) -> Iterator[MailSink]:
    """A mail server that the portal is set to use."""
    with MailSink().run() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        settings.EMAIL_TIMEOUT = 1
        yield sink


def test_send_hands_over_an_urgent_mail(mail: MailSink, message: Message) -> None:
    receipt = send(replace(message, address="desk@example.com"))

    (raw,) = mail.mails
    got = email.message_from_bytes(raw, policy=email.policy.default)
    assert receipt is Receipt.SENT
    assert got["Subject"] == "EMERGENCY CALL: Anna at 12345 N Cedar Dr"
    assert (got["To"], got["Importance"]) == ("desk@example.com", "high")
    assert got["Message-ID"] == "<0123456789abcdef@localhost>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got.get_content().replace("\r\n", "\n") == message.text


def test_send_of_a_test_is_not_urgent(mail: MailSink, message: Message) -> None:
    send(replace(message, address="desk@example.com", is_test=True))

    assert email.message_from_bytes(mail.mails[0])["Importance"] is None


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({"RCPT": "550 no such user"}, Refused("550 no such user")),
        ({"RCPT": "451 try later"}, Undelivered("451 try later")),
        ({"DATA": "554 refused"}, Refused("554 refused")),
        ({"MAIL": "530 log in first"}, Undelivered("530 log in first")),
    ],
    ids=["no such user", "greylisted", "content", "login"],
)
def test_send_tells_final_from_passing_errors(
    mail: MailSink, message: Message, replies: dict[str, str], expected: Exception
) -> None:
    mail.replies.update(replies)

    with pytest.raises(type(expected)) as raised:
        send(replace(message, address="desk@example.com"))

    assert str(raised.value).startswith(str(expected))


def test_send_does_not_wait_for_a_silent_server(mail: MailSink, message: Message) -> None:
    mail.hang.set()

    with pytest.raises(Undelivered, match="timed out"):
        send(replace(message, address="desk@example.com"))


def test_send_without_a_server(settings: Any, message: Message) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()

    with pytest.raises(Undelivered, match="refused"):
        send(replace(message, address="desk@example.com"))


def test_send_refuses_a_forged_header(mail: MailSink, message: Message) -> None:
    with pytest.raises(Refused):
        send(replace(message, address="desk@example.com", subject="x\nBcc: eve@example.com"))

    assert mail.mails == []
