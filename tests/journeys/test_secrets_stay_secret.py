"""Whatever needs a password fails, with all logs at DEBUG: none of the passwords is in a log, an
error, an answer, or a file of the portal in the clear."""

import base64
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.callpath.conftest import eventually
from tests.callpath.server import serving
from tests.journeys.test_portal_gone import ANNA_IN_LOS_ANGELES, Portal
from tests.running import ROOT, free_port, python
from tests.sinks import MailSink, WebSink

PROVIDER, CERTIFICATE, HOOK, MAIL, CHAT, DATABASE, BROKER = (
    f"s3cret-of-the-{what}"
    for what in ("provider", "certificate", "hook", "mail", "chat", "database", "broker")
)
#: As they would be in the clear, or in a header of basic authentication or AUTH PLAIN.
TELLTALES = {
    form
    for secret in (PROVIDER, CERTIFICATE, HOOK, MAIL, CHAT, DATABASE, BROKER)
    for form in (
        secret,
        base64.b64encode(f"enterprise:{secret}".encode()).decode(),
        base64.b64encode(f"\0enterprise\0{secret}".encode()).decode(),
    )
}

#: Asks the provider and sends through every channel as the worker does; says what became of it.
FAILS = """
import sys
import django
django.setup()
from django.core.management import CommandError, call_command
from django.utils import timezone
from e911portal.core import audit
from locations.models import ServiceProvider
from notifications.actions import outbox
from notifications.models import Channel, Notification, SecurityDesk
from tests import factories as make
place, certificate, provider, hook = sys.argv[1:]
row = ServiceProvider(
    name="Strict", url=place, username="enterprise", password=provider,
    client_certificate="bm8gY2VydGlmaWNhdGU=" if certificate else "",
    certificate_password=certificate,
)
audit.create(row, by=None)
make.make_address()
for what in (["--all", "--provider", "Strict"], ["--all", "--provider", "Strict", "--queue"]):
    try:
        call_command("validate_addresses", *what)
    except CommandError as error:
        print("provider", error)
call = make.make_call(at=timezone.now())
addresses = {"email": "desk@example.com", "xmpp": "desk@example.com", "webhook": place}
desk = make.make_desk()
for transport, address in addresses.items():
    channel = Channel(desk=desk, transport=transport, address=address, secret=hook)
    audit.create(channel, by=None)
    make.make_notification(
        call=call, desk=desk, channel=channel, transport=transport, address=address
    )
    outbox.deliver(outbox.claim(transport=transport, now=timezone.now()))
for row in Notification.objects.order_by("pk"):
    print(row.transport, row.state, row.error)
"""


def told(text: str | bytes) -> list[str]:
    """Return the secrets that are in it."""
    content = text.encode() if isinstance(text, str) else text
    return sorted(secret for secret in TELLTALES if secret.encode() in content)


def kept(state: Path) -> dict[str, list[str]]:
    """Return the files that have a secret in the clear, except for those made to keep them."""
    files = [path for path in state.rglob("*") if path.is_file() and "keys" not in path.parts]
    return {path.name: found for path in files if (found := told(path.read_bytes()))}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state directory of a portal without anything in it, to be copied."""
    portal = Portal(tmp_path_factory.mktemp("empty"))
    portal.manage("migrate", "-v0")
    return portal.state


@pytest.fixture
def portal(tmp_path: Path, empty: Path) -> Portal:
    """A portal without anything in it, whose channels need passwords and whose logs tell all."""
    portal = Portal(shutil.copytree(empty, tmp_path / "portal"))
    portal.environment |= {
        "LOG_LEVEL": "DEBUG",
        "PROVIDER_NETWORKS": "127.0.0.0/8",
        "WEBHOOK_NETWORKS": "127.0.0.0/8",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_HOST_USER": "enterprise",
        "EMAIL_HOST_PASSWORD": MAIL,
        "XMPP_JID": "enterprise@example.com",
        "XMPP_PASSWORD": CHAT,
        "XMPP_SERVER": f"127.0.0.1:{free_port()}",
    }
    return portal


def run(portal: Portal, *command: str, **environment: str) -> tuple[int, str]:
    """Return exit status and all that a program of the portal said."""
    done = subprocess.run(
        python(*command),
        cwd=ROOT,
        env={**os.environ, **portal.environment, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("status", "certificate"),
    [(0, ""), (302, ""), (401, ""), (500, ""), (500, CERTIFICATE)],
    ids=["cut off", "moved", "unknown", "error", "bad certificate"],
)
def test_provider_and_channels_that_fail_tell_no_secret(
    status: int, certificate: str, portal: Portal
) -> None:
    web = WebSink(answer=lambda request, body: status)
    mail = MailSink(replies={"EHLO": "250-sink\r\n250 AUTH PLAIN LOGIN", "AUTH": "535 no"})

    with web.run(), mail.run():
        place = f"http://127.0.0.1:{web.port}/"
        arguments = (place, certificate, PROVIDER, HOOK)
        exit_code, said = run(portal, "-c", FAILS, *arguments, EMAIL_PORT=str(mail.port))

    assert exit_code == 0, said
    assert [
        word for word in (" DEBUG ", "provider ", "xmpp ", "email ", "535") if word not in said
    ] == []
    assert any("Authorization" in headers for headers, _ in web.requests) is not bool(certificate)
    assert told(said) == []
    assert kept(portal.state) == {}


@pytest.mark.parametrize(
    "variables",
    [
        {"DATABASE_URL": f"postgresql://enterprise:{DATABASE}@127.0.0.1:9/e911"},
        {"CELERY_BROKER_URL": f"redis://:{BROKER}@127.0.0.1:9/0"},
    ],
    ids=["database", "broker"],
)
def test_database_and_broker_that_are_away_tell_no_secret(
    variables: dict[str, str], portal: Portal
) -> None:
    enqueue = (
        "import django; django.setup(); from django.contrib.auth.models import User; "
        "from e911portal.core import jobs; User.objects.count(); jobs.enqueue('nothing'); "
    )

    exit_code, said = run(portal, "-c", enqueue, **variables)

    assert (exit_code == 0) is ("CELERY_BROKER_URL" in variables)
    assert "127.0.0.1" in said
    assert told(said) == []


@pytest.mark.parametrize("token", ["s3cret of the node", "s3cret\nof the node", "s3crèt"])
def test_token_that_cannot_be_sent_is_not_in_the_log(token: str, tmp_path: Path) -> None:
    with serving(tmp_path, CALLPATH_PORTAL_TOKEN=token) as server:
        server.json("/v1/sip/route", {**ANNA_IN_LOS_ANGELES, "call_ref": "first"})
        tried = eventually(lambda: "portal not reached" in server.log.read_text())
        ready = server.ask("/readyz")[1]

    assert tried
    assert b"s3cr" not in server.log.read_bytes() + ready
