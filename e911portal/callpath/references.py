"""Location URIs (RFC 5808, 6753): a token for whom may follow a device, for a few hours.

What is kept is the clue, not the place: the URI follows the device when it reports a new one, and
follows a new publication.  A token is 128 random bits and the only right that is needed to use it;
the disk holds its digest.
"""

import json
import logging
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from e911portal.callpath.clues import pack, unpack
from e911portal.callpath.slots import SlotFile
from locations.domain.resolution import Clue

log = logging.getLogger("e911portal.callpath.references")

PATH = "/held/l/"
_TOKEN_BYTES = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class Reference:
    """What a location URI stands for: a clue, when it was given, and when the URI ends."""

    clue: Clue
    at: datetime
    expires: datetime


class References:
    """The location URIs of one node, in a file that all its workers share."""

    def __init__(self, path: Path) -> None:
        self._slots = SlotFile(path)

    def make(self, clue: Clue, at: datetime, expires: datetime) -> str | None:
        """Return the token of a new reference; ``None`` when it cannot be kept."""
        content = pack(clue, t=at.timestamp())
        if content is None:
            return None
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        try:
            self._slots.put(token, expires.timestamp(), content)
        except OSError as error:
            self._slots.close()
            log.error("location URI not kept", extra={"fields": {"why": error.strerror}})
            return None
        return token

    def find(self, token: str, now: datetime) -> Reference | None:
        """Return what ``token`` stands for, unless it ended or never was."""
        try:
            found = self._slots.get(token)
            if found is None:
                return None
            expires = datetime.fromtimestamp(found[0], UTC)
            at = datetime.fromtimestamp(json.loads(found[1])["t"], UTC)
            return Reference(unpack(found[1]), at, expires) if now < expires else None
        except (OSError, ValueError, KeyError) as error:
            self._slots.close()
            log.error("location URI not read", extra={"fields": {"why": type(error).__name__}})
            return None

    def forget(self, now: datetime) -> None:
        """Erase from the disk what has ended; raises ``OSError`` when the disk fails."""
        self._slots.forget(lambda expires, _: expires <= now.timestamp())

    def close(self) -> None:
        """Close the file."""
        self._slots.close()


def token_in(path: str) -> str | None:
    """Return the token in the path of a request; ``None`` if there is nothing like one."""
    token = path.removeprefix(PATH)
    return token if _TOKEN.fullmatch(token) else None
