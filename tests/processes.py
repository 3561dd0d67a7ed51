"""Other processes of the portal, on the database of the running test."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection

from tests.running import PATIENCE, free_port


def portal_environment() -> dict[str, str]:
    """Return the environment of a process that works on the database of this test."""
    values: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{values['NAME']}"
    else:
        who = f"{values['USER']}:{values['PASSWORD']}" if values["PASSWORD"] else values["USER"]
        host = values["HOST"].replace("/", "%2F")
        url = f"postgresql://{who}@{host}:{values['PORT'] or 5432}/{values['NAME']}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "e911portal.settings",
        "DATABASE_URL": url,
        "STATE_DIR": str(settings.STATE_DIR),
        "PYTHONPATH": str(settings.BASE_DIR),
    }


@dataclass
class Portal:
    """The portal under uvicorn, as it runs in production; may be killed and started again."""

    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [
            sys.executable, "-m", "uvicorn", "e911portal.asgi:application", "--host", "127.0.0.1",
            "--port", str(self.port), "--log-level", "warning",
        ]  # fmt: skip
        self.process = subprocess.Popen(
            command, env={**portal_environment(), **self.environment}, cwd=settings.BASE_DIR
        )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(urllib.error.HTTPError):
                try:
                    urllib.request.urlopen(f"{self.url}/desk/stream", timeout=5).close()
                except urllib.error.HTTPError:
                    return  # refused for want of a session: it is up
                except OSError:
                    assert self.process.poll() is None, "the portal ended"
                    time.sleep(0.05)
        raise AssertionError("the portal does not answer")

    def kill(self) -> None:
        """End it without warning."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
