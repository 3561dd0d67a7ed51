"""The portal as a process, and logged-in people."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from tests.processes import Portal


@pytest.fixture(scope="module")
def _portal(django_db_setup: None) -> Iterator[Portal]:
    server = Portal()
    yield server
    server.kill()


@pytest.fixture
def portal(_portal: Portal, transactional_db: None) -> Portal:
    """The running portal, on the database of the test; started again when a test killed it."""
    if _portal.process is None:
        _portal.start()
    return _portal


def session_cookie(user: User) -> dict[str, Any]:
    """Return the cookie of a new session of ``user``, as name and value."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value}
