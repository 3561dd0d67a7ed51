"""The portal as a process, and logged-in people."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from tests.processes import Portal


@pytest.fixture
def portal(transactional_db: None) -> Iterator[Portal]:
    """The running portal, on the database of the test."""
    server = Portal()
    server.start()
    try:
        yield server
    finally:
        server.kill()


def session_cookie(user: User) -> dict[str, Any]:
    """Return the cookie of a new session of ``user``, as name and value."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value}
