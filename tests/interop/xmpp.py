"""A Prosody of one's own and a person who uses it."""

import asyncio
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from slixmpp import ClientXMPP

from tests.interop.certificates import certificate
from tests.running import free_port, running

DOMAIN = "example.test"
PASSWORD = "correct horse"
ACCOUNTS = ("portal", "security", "away")

_CONFIG = """\
daemonize = false
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
certificates = "{folder}"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ }}
s2s_ports = {{ }}
modules_enabled = {{ "roster", "saslauth", "disco", "offline", "ping", "message", {tls} }}
modules_disabled = {{ "s2s", "http" }}
c2s_require_encryption = {must}
allow_unencrypted_plain_auth = true
authentication = "internal_hashed"
log = {{ info = "*console" }}
VirtualHost "{domain}"
    ssl = {{ certificate = "{folder}/{domain}.pem", key = "{folder}/{domain}.key" }}
"""


@dataclass(frozen=True)
class Prosody:
    """Where it listens, and the certificate that it shows."""

    port: int
    certificate: Path
    log: Path


@contextmanager
def prosody(program: str, *, tls: bool = True) -> Iterator[Prosody]:
    """Run a fresh Prosody with ``ACCOUNTS``; without ``tls`` it offers no STARTTLS."""
    with tempfile.TemporaryDirectory(prefix="xmpp-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        file, _ = certificate(folder, DOMAIN)
        port = free_port()
        config = folder / "prosody.cfg.lua"
        config.write_text(
            _CONFIG.format(
                folder=folder,
                port=port,
                domain=DOMAIN,
                tls='"tls"' if tls else "",
                must=str(tls).lower(),
            )
        )
        control = shutil.which("prosodyctl") or str(Path(program).with_name("prosodyctl"))
        for account in ACCOUNTS:
            register = ["register", account, DOMAIN, PASSWORD]
            subprocess.run([control, "--config", str(config), *register], check=True)
        log = folder / "log"
        with running([program, "--config", str(config)], port=port, log=log):
            yield Prosody(port, file, log)


@dataclass
class Person:
    """Somebody logged in with a program that confirms what it shows (XEP-0184)."""

    server: Prosody
    account: str
    confirms: bool = True
    got: list[tuple[str, str]] = field(default_factory=list)

    @contextmanager
    def online(self) -> Iterator["Person"]:
        """Be there until the block is left; ``got`` holds subject and body of each message."""
        ready, over = threading.Event(), threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._run(ready, over)), daemon=True)
        thread.start()
        try:
            assert ready.wait(30), self.server.log.read_text()
            yield self
        finally:
            over.set()
            thread.join(30)

    async def _run(self, ready: threading.Event, over: threading.Event) -> None:
        client = ClientXMPP(
            f"{self.account}@{DOMAIN}/desk",
            PASSWORD,
            plugin_config={"xep_0184": {"auto_ack": self.confirms}},
        )
        client.enable_direct_tls = client.enable_plaintext = False
        client.ca_certs = self.server.certificate
        client.register_plugin("xep_0184")

        async def begin(_: object) -> None:
            await client.get_roster()
            client.send_presence()
            await client.get_roster()  # answered after the presence was treated (RFC 6120 §10.1)
            ready.set()

        client.add_event_handler("session_start", begin)
        client.add_event_handler(
            "message", lambda stanza: self.got.append((stanza["subject"], stanza["body"]))
        )
        client.connect("127.0.0.1", self.server.port)
        while not over.is_set():
            await asyncio.sleep(0.02)
        await client.disconnect()
