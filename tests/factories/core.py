"""People and what all apps share."""

from typing import Any

from django.contrib.auth.models import User

from e911portal.core.models import AccessKey, AccessNetwork, Job, Publication, token_digest
from tests.factories.rows import number, save


def make_user(username: str = "", **values: Any) -> User:
    """A person who can log in with the password ``correct horse``."""
    return User.objects.create_user(
        username or f"person-{number()}", password="correct horse", **values
    )


def make_publication(**values: Any) -> Publication:
    return Publication.objects.create(**{"number": number(), **values})


def make_job(**values: Any) -> Job:
    return Job.objects.create(**{"kind": "test", **values})


def make_access_network(**values: Any) -> AccessNetwork:
    return save(
        AccessNetwork(**{"cidr": "127.0.0.0/8", "role": AccessNetwork.Role.DEVICES, **values})
    )


def make_access_key(key: str = "a long random key", **values: Any) -> AccessKey:
    return save(AccessKey(**{"name": f"key {number()}", "digest": token_digest(key), **values}))
