"""The clue store: what devices said of their surroundings, and when.

A later question about the same device is answered from it when nothing fresher leads anywhere; the
rule is in ``locations.domain.resolution``.  Only what a device reports about itself gets in, never
what somebody else supposes.  Nothing here may fail a request: a disk that fails means “nothing is
remembered”.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from e911portal.callpath.slots import MAX_PAYLOAD, Entry, SlotFile
from locations.domain.resolution import FRESHNESS_LIMIT, Clue, Evidence

log = logging.getLogger("e911portal.callpath.clues")

#: An address may belong to another device after its lease; a name or a MAC address does not.
ADDRESS_LIMIT = timedelta(hours=1)
#: More BSSIDs than these do not make the place surer.
MOST_BSSIDS = 12


_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Identity:
    """By what a device is known, in canonical forms: URIs, MAC address, IP address."""

    uris: tuple[str, ...] = ()
    mac: str | None = None
    ip: str | None = None

    def __iter__(self) -> Iterator[str]:
        """Yield the keys of the store, the surest first."""
        yield from (f"uri {uri}" for uri in self.uris)
        if self.mac:
            yield f"mac {self.mac}"
        if self.ip:
            yield f"ip {self.ip}"


def identity_of(clue: Clue) -> Identity:
    """Return the identity in a clue."""
    uris = dict.fromkeys(uri for uri in (clue.uri, clue.entity) if uri)
    return Identity(tuple(uris), clue.mac, clue.ip)


class Clues:
    """The last clue of each device of this node, in a file that all its workers share."""

    def __init__(self, path: Path, *, unasked: bool = True) -> None:
        """``unasked`` lets clues be kept of which the device does not say how long."""
        self._slots, self._unasked = SlotFile(path), unasked

    def learn(
        self, who: Identity, clue: Clue, at: datetime, *, until: datetime | None = None
    ) -> None:
        """Remember the surroundings in ``clue``, seen ``at`` that time by the device itself.

        Not longer than ``until``, if the device said so (RFC 7105 §6.3).  An address alone is no
        surrounding for the device that is known by it only.
        """
        has_elements = bool(clue.bssids or clue.chassis)
        if not (has_elements or clue.ip) or not (self._unasked or until):
            return
        content = pack(
            Clue(clue.bssids, clue.chassis, clue.port, clue.port_subtype, clue.ip),
            x=until.timestamp() if until else None,
        )
        if content is None:
            return
        for key in who:
            if has_elements or not key.startswith("ip "):
                self._put(key, content, at)

    def last_known(self, who: Identity, now: datetime) -> Evidence | None:
        """Return what the device said last; ``None`` when that is too long ago to be of use."""
        found: Evidence | None = None
        for key in who:
            entry = self._get(key)
            limit = ADDRESS_LIMIT if key.startswith("ip ") else FRESHNESS_LIMIT
            if entry and not _is_over(*entry, now, limit):
                at = datetime.fromtimestamp(entry[0], UTC)
                found = newest(found, Evidence(unpack(entry[1]), at))
        return found

    def forget(self, now: datetime) -> None:
        """Erase from the disk what is too old to be used, or longer there than its device allows.

        Raises ``OSError`` when the disk fails.
        """
        self._slots.forget(lambda at, content: _is_over(at, content, now, FRESHNESS_LIMIT))

    def close(self) -> None:
        """Close the file."""
        self._slots.close()

    def _put(self, key: str, content: bytes, at: datetime) -> None:
        try:
            self._slots.put(key, at.timestamp(), content)
        except Exception as error:
            self._slots.close()
            log.error("clue not kept", extra={"fields": {"why": type(error).__name__}})

    def _get(self, key: str) -> Entry | None:
        try:
            return self._slots.get(key)
        except Exception as error:
            self._slots.close()
            log.error("clue not read", extra={"fields": {"why": type(error).__name__}})
            return None


def newest(one: Evidence | None, other: Evidence | None) -> Evidence | None:
    """Return the later of two."""
    return max((found for found in (one, other) if found), key=lambda found: found.at, default=None)


def _is_over(at: float, content: bytes, now: datetime, limit: timedelta) -> bool:
    end = json.loads(content).get("x") or at + limit.total_seconds()
    return now.timestamp() > min(end, at + limit.total_seconds())


def pack(clue: Clue, **more: Any) -> bytes | None:
    """Return a clue as JSON that fits into a slot, with as many BSSIDs as fit.

    ``None`` when even one is too many: names of ports and chassis may be long.
    """
    fields = {
        "c": clue.chassis, "p": clue.port, "s": clue.port_subtype, "i": clue.ip, "m": clue.mac,
        "u": clue.uri, "e": clue.entity, **more,
    }  # fmt: skip
    given = {name: value for name, value in fields.items() if value is not None}
    for number in range(min(len(clue.bssids), MOST_BSSIDS), -1, -1):
        if number == 0 and clue.bssids:
            return None
        value = {**given, "b": clue.bssids[:number]} if number else given
        content = _written(value).encode()
        if len(content) <= MAX_PAYLOAD:
            return content
    return None


def unpack(content: bytes) -> Clue:
    """Return the clue in a slot; raises ``ValueError`` for what ``pack`` did not write."""
    value = json.loads(content)
    return Clue(
        tuple(value.get("b", ())), value.get("c"), value.get("p"), value.get("s"), value.get("i"),
        value.get("m"), value.get("u"), value.get("e"),
    )  # fmt: skip
