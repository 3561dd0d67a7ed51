"""Optimistic concurrency: the ETag of a row, and writes that happen only if it is still the same.

RFC 9110 sections 8.8.3, 13.1.1 and 13.1.2.
"""

import json
from typing import Any

from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from e911portal.core.api.errors import PreconditionFailed


def etag(row: models.Model, representation: Any) -> str:
    """Return the entity tag of ``row`` as ``representation`` shows it, nested children included.

    Secrets are not in the representation but change the tag; therefore it is keyed with
    ``SECRET_KEY``, so that a short secret cannot be guessed from it.
    """
    secrets = [
        field.value_from_object(row)
        for field in row._meta.concrete_fields
        if getattr(field, "is_secret", False)
    ]
    text = json.dumps([representation, secrets], cls=JSONEncoder, sort_keys=True)
    return f'"{salted_hmac("e911portal.rest.etag", text, algorithm="sha256").hexdigest()[:32]}"'


def check_if_match(request: Request, current: str) -> None:
    """Raise ``PreconditionFailed`` when the request has an ``If-Match`` without ``current``."""
    header = request.headers.get("If-Match")
    if header and not _lists(header, current):
        raise PreconditionFailed


def not_modified(request: Request, current: str) -> bool:
    """Tell whether the client has this very version already (``If-None-Match``)."""
    header = request.headers.get("If-None-Match")
    return bool(header) and _lists(header, current)


def _lists(header: str, current: str) -> bool:
    # Proxies that compress mark a tag as weak (W/"…"), although the row behind it is the same.
    tags = {tag.removeprefix("W/") for tag in parse_etags(header)}
    return "*" in tags or current in tags
