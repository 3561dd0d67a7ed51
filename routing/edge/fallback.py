"""What the edge knows of a publication when it cannot ask: decisions made in advance.

Decisions are made by ``routing.lookup.decide`` for every network, fixed phone and kind of user, and
found by the caller's address, then by who calls, then for anybody.  The time stands as ``@NOW@`` in
their PIDF-LO; its retention is left out, which means 24 hours (RFC 4119 §2.2.2).
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from e911portal.core.snapshot import Snapshot
from locations.domain.pidflo import xml_time
from routing import lookup
from routing.domain.callerid import CallerID, CallerIDSource
from routing.domain.reply import RouteDecision, Target
from routing.domain.request import RouteRequest
from routing.domain.selection import Trunk
from routing.domain.table import RoutingTable, VoiceUser
from routing.edge.dialled import dial_strings

NOW = "@NOW@"
DEFAULT, LAST_RESORT = "default", "last_resort"
_RETENTION = re.compile(r"<gbp:retention-expiry>[^<]*</gbp:retention-expiry>")
_KEPT = ("v", "emergency", "policy", "tag", "confidence", "notify", "conference", "publication")
_TABLES = ("decisions", "where", "numbers")


@dataclass(slots=True)
class Fallback:
    """The three tables of ``fallback.sqlite``, each key → text.

    ``decisions``: id → route reply; ``where``: ``net:10.1.1``, ``aor:user@host`` or ``num:+1…`` →
    ``id|number|``, of a fixed phone ``id|number|fixed``, of a user's number
    ``id|number||sip:user@host``; ``numbers``: dialled digits → dial string.
    """

    decisions: dict[str, str] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the tables for Kamailio's module htable; ``path`` must not exist."""
        with sqlite3.connect(path) as db:
            db.execute(
                "CREATE TABLE version (table_name VARCHAR(32) PRIMARY KEY, "
                "table_version INTEGER NOT NULL)"
            )
            for name in _TABLES:
                db.execute("INSERT INTO version VALUES (?, 2)", (f"htable_{name}",))
                db.execute(
                    f"CREATE TABLE htable_{name} (id INTEGER PRIMARY KEY, key_name VARCHAR(256), "
                    "key_type INTEGER DEFAULT 0, value_type INTEGER DEFAULT 0, key_value TEXT, "
                    "expires INTEGER DEFAULT 0)"
                )
                db.executemany(
                    f"INSERT INTO htable_{name} (key_name, key_value) VALUES (?, ?)",  # noqa: S608
                    getattr(self, name).items(),
                )
        db.close()


def fallback(snapshot: Snapshot | None, *, now: datetime) -> Fallback:
    """Return what the edge is to know of a publication; without one, nothing but 911."""
    if snapshot is None:
        return Fallback(numbers=dial_strings(RoutingTable()))
    return _Maker(snapshot, now).make()


def last_resort(table: RoutingTable) -> list[dict[str, Any]]:
    """Return every trunk as a target: those of the last resort in their order, then the others.

    A call that nobody else took is better answered far away than not at all.
    """
    first = [table.trunks[name] for name in table.last_resort if name in table.trunks]
    trunks = [*first, *(trunk for trunk in table.trunks.values() if trunk not in first)]
    number = dial_strings(table)["any"]
    nobody = CallerID("", "", CallerIDSource.NONE, ())
    return [_target(Target(trunk, number, nobody, trunk.address), "") for trunk in trunks]


class _Maker:
    """Makes the tables of one publication, each decision once."""

    def __init__(self, snapshot: Snapshot, now: datetime) -> None:
        self.snapshot = snapshot
        self.now = now
        self.table = lookup.routing_table(snapshot)
        self.made = Fallback(numbers=dial_strings(self.table))
        self._ids: dict[str, str] = {}

    def make(self) -> Fallback:
        """Return all tables; a part that cannot be made leaves the others complete."""
        self.made.decisions[DEFAULT] = self._text(self._decide(), has_caller=False)
        self.made.decisions[LAST_RESORT] = json.dumps(last_resort(self.table))
        self._networks()
        self._users()
        self._fixed_phones()
        return self.made

    def _networks(self) -> None:
        by_chain: dict[str, str] = {}
        for first, last, chain in self._rows("SELECT first, last, chain FROM ip4 ORDER BY first"):
            if chain not in by_chain:
                decision = self._decide(src_ip=str(IPv4Address(first)))
                by_chain[chain] = self._id(self._text(decision, has_caller=False))
            for prefix in octet_prefixes(first, last):
                self.made.where[f"net:{prefix}"] = by_chain[chain]

    def _users(self) -> None:
        kinds: dict[tuple[object, ...], str] = {}
        for (record,) in self._rows("SELECT record FROM user ORDER BY uri"):
            user = VoiceUser.from_record(json.loads(record))
            kind = (user.home_site, user.location_policy, user.voice_policy)
            if kind not in kinds:
                decision = self._decide(from_uri=user.sip_uri)
                kinds[kind] = self._id(self._text(decision, has_caller=False))
            self._who(user.sip_uri, kinds[kind], user.number)
            if user.number:
                self._who(f"tel:{user.number}", kinds[kind], user.number, f"||{user.sip_uri}")

    def _fixed_phones(self) -> None:
        for (key,) in self._rows("SELECT key FROM uri WHERE erl_id IS NOT NULL ORDER BY key"):
            decision = self._decide(from_uri=key)
            number = decision.callback_number
            self._who(key, self._id(self._text(decision, has_caller=True)), number, "|fixed")

    def _who(self, uri: str, decision: str, number: str, more: str = "") -> None:
        scheme, _, name = uri.partition(":")
        kind = "num" if scheme == "tel" else "aor"
        self.made.where[f"{kind}:{name}"] = f"{decision}|{number}{more}"

    def _decide(self, **facts: str) -> RouteDecision:
        request = RouteRequest(ruri="sip:911@e911.invalid", **facts)
        return lookup.decide(self.snapshot, request, now=self.now, new_ref=lambda: "fallback")

    def _text(self, decision: RouteDecision, *, has_caller: bool) -> str:
        """Return a decision as the edge reads it, without what belongs to one caller only."""
        reply = decision.to_json()
        common = decision.pidf_lo
        location = reply["location"]
        kept: dict[str, Any] = {name: reply[name] for name in _KEPT}
        kept["location"] = {name: location[name] for name in ("erl", "civic")}
        kept["callback_number"] = decision.leased_elin
        kept["pidf_lo"] = common
        kept["targets"] = [
            _target(target, common, has_caller=has_caller) for target in decision.targets
        ]
        text = json.dumps(kept, ensure_ascii=False).replace(xml_time(self.now), NOW)
        return _RETENTION.sub("", text)

    def _id(self, text: str) -> str:
        found = self._ids.get(text)
        if found is None:
            found = self._ids[text] = f"d{len(self._ids) + 1}"
            self.made.decisions[found] = text
        return found

    def _rows(self, statement: str) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self.snapshot.db.execute(statement).fetchall()
        except sqlite3.Error:
            return  # an older publication without this table


def _target(target: Target, common: str, *, has_caller: bool = False) -> dict[str, Any]:
    found = target.to_json(common)
    # The edge fills in the number of whoever calls.
    if target.caller_id.source in (CallerIDSource.CALLER, CallerIDSource.NONE) and not has_caller:
        found |= {"from_uri": "", "from_display": "", "pai": ""}
    # Its reference names one call, and these decisions are for many.
    found.pop("service_info", None)
    found["takes_pidf"] = int(_takes_pidf(target.trunk))
    return found


def _takes_pidf(trunk: Trunk) -> bool:
    return trunk.send_pidf_lo


def octet_prefixes(first: int, last: int) -> Iterator[str]:
    """Yield the fewest prefixes of whole octets (``10``, ``10.1``, ``10.1.1``, ``10.1.1.9``) that
    together are the IPv4 addresses ``first`` to ``last``: Kamailio's tables match whole keys only.
    """
    while first <= last:
        octets = next(
            (
                n
                for n in (1, 2, 3)
                if first % 256 ** (4 - n) == 0 and first + 256 ** (4 - n) - 1 <= last
            ),
            4,
        )
        yield ".".join(str(IPv4Address(first)).split(".")[:octets])
        first += 256 ** (4 - octets)
