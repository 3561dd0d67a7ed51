"""The outbox: nothing is lost, nothing is sent by two at once, and no lane holds up another."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from e911portal.calls import ingest
from notifications.actions import outbox
from notifications.models import Notification
from notifications.tasks import Lanes
from tests import factories
from tests.events import routed
from tests.processes import portal_environment
from tests.running import PATIENCE, python, running
from tests.sinks import MailSink, Phone, WebSink

State = Notification.State


def waiting(**values: Any) -> Notification:
    call = values.pop("call", None) or factories.make_call(at=timezone.now())
    return factories.make_notification(call=call, due_at=timezone.now(), **values)


def deliver_one(transport: str) -> Notification | None:
    row = outbox.claim(transport=transport, now=timezone.now())
    if row:
        outbox.deliver(row)
        row.refresh_from_db()
    return row


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def hook(settings: Any) -> Iterator[WebSink]:
    """A web hook receiver."""
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    with WebSink().run() as sink:
        yield sink


@pytest.mark.django_db
def test_delivery_settles_the_row_and_the_health_of_its_channel(hook: WebSink) -> None:
    url = f"http://127.0.0.1:{hook.port}/"
    channel = factories.make_channel(
        transport="webhook", address=url, last_error="500", secret="s3cret"
    )
    waiting(transport="webhook", address=url, channel=channel, desk=channel.desk)

    row = deliver_one("webhook")

    channel.refresh_from_db()
    assert row is not None
    assert (row.state, row.attempts, row.lease_until) == (State.DELIVERED, 1, None)
    assert (channel.last_error, channel.last_ok_at is not None) == ("", True)
    assert "X-E911-Signature" in hook.requests[0][0]
    assert json.loads(hook.requests[0][1])["call_ref"] == row.call.call_ref


@pytest.mark.django_db
def test_delivery_that_fails_is_tried_again_later_with_the_same_key(hook: WebSink) -> None:
    url = f"http://127.0.0.1:{hook.port}/"
    channel = factories.make_channel(transport="webhook", address=url)
    waiting(transport="webhook", address=url, channel=channel)
    hook.answer = lambda request, body: 503

    row = deliver_one("webhook")

    assert row is not None
    assert (row.state, row.error) == (State.PENDING, "503 Service Unavailable")
    assert timedelta(0) < row.due_at - timezone.now() <= timedelta(seconds=1)
    assert deliver_one("webhook") is None
    channel.refresh_from_db()
    assert channel.last_error == "503 Service Unavailable"
    Notification.objects.update(due_at=timezone.now())
    hook.answer = lambda request, body: 204
    again = deliver_one("webhook")
    assert again is not None
    assert (again.state, again.attempts) == (State.DELIVERED, 2)
    assert len({headers["Idempotency-Key"] for headers, _ in hook.requests}) == 1


@pytest.mark.django_db
def test_delivery_to_a_wrong_address_fails_for_good(hook: WebSink) -> None:
    hook.answer = lambda request, body: 404
    waiting(transport="webhook", address=f"http://127.0.0.1:{hook.port}/")

    row = deliver_one("webhook")

    assert row is not None
    assert (row.state, row.error) == (State.FAILED, "404 Not Found")


@pytest.mark.django_db
def test_delivery_gives_up_after_a_day(hook: WebSink) -> None:
    hook.answer = lambda request, body: 503
    old = factories.make_call(at=timezone.now() - timedelta(hours=25))
    waiting(call=old, transport="webhook", address=f"http://127.0.0.1:{hook.port}/")

    row = deliver_one("webhook")

    assert row is not None
    assert (row.state, row.error) == (State.FAILED, "Given up: 503 Service Unavailable")


@pytest.mark.django_db
def test_delivery_over_a_channel_that_was_switched_off_fails(hook: WebSink) -> None:
    url = f"http://127.0.0.1:{hook.port}/"
    channel = factories.make_channel(transport="webhook", address=url, is_enabled=False)
    waiting(transport="webhook", address=url, channel=channel)

    row = deliver_one("webhook")

    assert row is not None
    assert (row.state, hook.requests) == (State.FAILED, [])


@pytest.mark.django_db
def test_delivery_of_an_instant_message_to_a_policy_uri() -> None:
    with Phone().run() as phone:
        waiting(transport="sip_message", address=f"sip:desk@127.0.0.1:{phone.port}")
        row = deliver_one("sip_message")

    assert row is not None
    assert row.state == State.DELIVERED
    assert len(phone.requests) == 1


@pytest.mark.django_db
def test_claim_takes_a_row_once_until_its_lease_ends() -> None:
    row = waiting(transport="email")
    now = timezone.now()

    first = outbox.claim(transport="email", now=now)

    assert first is not None
    assert outbox.claim(transport="email", now=now) is None
    again = outbox.claim(transport="email", now=now + outbox.LEASE + timedelta(seconds=1))
    assert again is not None
    assert (again.pk, again.attempts) == (row.pk, 2)


@pytest.mark.django_db
def test_a_late_sender_does_not_overwrite_its_successor(hook: WebSink) -> None:
    waiting(transport="webhook", address=f"http://127.0.0.1:{hook.port}/")
    now = timezone.now()
    late = outbox.claim(transport="webhook", now=now)
    later = outbox.claim(transport="webhook", now=now + outbox.LEASE + timedelta(seconds=1))
    assert late is not None
    assert later is not None
    outbox.deliver(later)
    hook.answer = lambda request, body: 503

    outbox.deliver(late)

    later.refresh_from_db()
    assert (later.state, later.attempts) == (State.DELIVERED, 2)


@pytest.mark.django_db(transaction=True)
def test_claim_by_many_at_once_gives_each_row_to_one() -> None:
    call = factories.make_call(at=timezone.now())
    for n in range(40):
        waiting(call=call, transport="email", address=f"{n}@example.com")
    taken: list[int] = []

    def work() -> None:
        while row := outbox.claim(transport="email", now=timezone.now()):
            taken.append(row.pk)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == sorted(Notification.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_hung_mail_server_does_not_delay_web_hooks(hook: WebSink, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 3
    call = factories.make_call(at=timezone.now())
    lanes = Lanes()
    with MailSink().run() as mail:
        settings.EMAIL_PORT = mail.port
        mail.hang.set()
        for n in range(6):
            waiting(call=call, transport="email", address=f"{n}@example.com")
            waiting(call=call, transport="webhook", address=f"http://127.0.0.1:{hook.port}/{n}")

        lanes.fill()
        wait_until(lambda: len(hook.requests) == 6)

        delivered = Notification.objects.filter(transport="webhook", state=State.DELIVERED)
        wait_until(lambda: delivered.count() == 6)
        assert mail.mails == []
        mail.hang.clear()
        wait_until(lambda: len(mail.mails) >= 4)
        wait_until(lambda: not lanes.busy)


RELAY = """
import django; django.setup()
from datetime import timedelta
from time import sleep
from django.utils import timezone
from notifications.actions import outbox
from notifications.domain import backoff
outbox.LEASE = timedelta(seconds=0.5)
backoff.LONGEST = timedelta(seconds=0.2)
print("ready", flush=True)
while True:
    row = outbox.claim(transport="webhook", now=timezone.now())
    outbox.deliver(row) if row else sleep(0.02)
"""


@pytest.mark.django_db(transaction=True)
def test_no_message_is_lost_when_senders_are_killed(hook: WebSink) -> None:
    rng = random.Random(911)
    fault = random.Random(112)
    hook.answer = lambda request, body: time.sleep(0.01) or (503 if fault.random() < 0.2 else 204)
    call = factories.make_call(at=timezone.now())
    for n in range(60):
        waiting(call=call, transport="webhook", address=f"http://127.0.0.1:{hook.port}/{n}")
    environment = {**portal_environment(), "WEBHOOK_NETWORKS": "127.0.0.0/8"}

    def relay() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", RELAY], env=environment)

    relays = [relay(), relay()]
    try:
        for kill in range(5):
            # Not at the start: a process that is only being born has nothing to lose.
            wait_until(lambda kill=kill: len(hook.requests) > 8 * (kill + 1))
            time.sleep(rng.random() * 0.1)
            victim = relays.pop(0)
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
            relays.append(relay())
        pending = Notification.objects.exclude(state=State.DELIVERED)
        wait_until(lambda: not pending.exists())
    finally:
        for process in relays:
            process.kill()
            process.wait()

    keys = [headers["Idempotency-Key"] for headers, _ in hook.requests]
    assert len(set(keys)) == 60


@pytest.mark.django_db(transaction=True)
def test_the_worker_tells_a_desk_of_a_call(hook: WebSink, tmp_path: Path) -> None:
    ny1 = factories.make_site(name="NY1")
    factories.make_channel(
        desk=factories.make_desk(sites=[ny1]),
        transport="webhook",
        address=f"http://127.0.0.1:{hook.port}/",
        secret="s3cret",
    )
    environment = {**portal_environment(), "WEBHOOK_NETWORKS": "127.0.0.0/8"}

    with running(python("manage.py", "worker"), env=environment, log=tmp_path / "worker.log"):
        ingest([routed(callback_number="+12125550142")])
        wait_until(lambda: len(hook.requests) == 1)
        told = Notification.objects.filter(transport="webhook", state=State.DELIVERED)
        wait_until(told.exists)

    assert json.loads(hook.requests[0][1])["callback_number"] == "+12125550142"


@pytest.mark.django_db
def test_secret_under_another_key_holds_up_its_own_message_only(settings: Any) -> None:
    channel = factories.make_channel(
        transport="webhook", address="https://hooks.example.com/911", secret="signs"
    )
    row = waiting(transport="webhook", address=channel.address, channel=channel)
    settings.FIELD_ENCRYPTION_KEY = "another key"

    deliver_one("webhook")

    row.refresh_from_db()
    assert row.state == State.PENDING
    assert row.error == (
        "channel.secret was encrypted with another FIELD_ENCRYPTION_KEY. "
        "Restore that key, or enter the secret again."
    )
