"""READ PATH: how a call leaves by a published snapshot, and whom a callback reaches. No Django.

``TABLES`` is shared with the side that writes the snapshot. The decision itself is
``routing.domain.decision.decide``; here is what it reads.
"""

import json
import logging
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from e911portal.core.snapshot import Snapshot
from locations import lookup as locations
from locations.domain import identifiers
from locations.domain.resolution import Clue, ERLRecord, Evidence, Resolution, SiteRow
from routing.domain import decision, elins, numbers
from routing.domain.elins import ELIN, Lease
from routing.domain.policy import LocationPolicy, PolicyChoice
from routing.domain.reply import RouteDecision
from routing.domain.request import Heard, RouteRequest
from routing.domain.table import RoutingTable, VoiceUser

log = logging.getLogger(__name__)

#: This app's tables of the snapshot, by name.
TABLES: dict[str, str] = {
    "policy": "CREATE TABLE policy (name TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID",
    "site_policy": "CREATE TABLE site_policy (site_id INTEGER PRIMARY KEY, policy TEXT NOT NULL)",
    "user": "CREATE TABLE user (uri TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID",
    "user_number": "CREATE TABLE user_number (number TEXT PRIMARY KEY, uri TEXT NOT NULL) "
    "WITHOUT ROWID",
    "routing": "CREATE TABLE routing (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
}


@dataclass(frozen=True, slots=True)
class CallbackTarget:
    """Whom a PSAP reaches that calls ``number`` back: a SIP URI, and why it is that one.

    ``psap_callback`` says that a recent emergency call showed the number (RFC 7090), ``call_ref``
    which one.
    """

    uri: str
    number: str
    reasons: tuple[str, ...]
    psap_callback: bool = False
    call_ref: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the reply of ``/v1/sip/callback``."""
        return {
            "uri": self.uri,
            "number": self.number,
            "psap_callback": self.psap_callback,
            "reasons": list(self.reasons),
        }


def routing_table(snapshot: Snapshot) -> RoutingTable:
    """Return the routing table of a snapshot, compiled once for all its calls."""
    return snapshot.memo(_compile)


def _compile(snapshot: Snapshot) -> RoutingTable:
    values = dict(_rows(snapshot, "SELECT key, value FROM routing"))
    policies = _rows(snapshot, "SELECT name, record FROM policy")
    table = RoutingTable.from_values(
        {key: _parse(value) for key, value in values.items()},
        [_parse(record) for _, record in policies],
        dict(_rows(snapshot, "SELECT site_id, policy FROM site_policy")),
    )
    for fault in table.faults:
        log.error("publication %s: %s", snapshot.number, fault)
    return table


def _rows(snapshot: Snapshot, statement: str, *values: object) -> list[Any]:
    """Return the rows of a statement; none if the publication lacks the table or cannot be read."""
    try:
        return snapshot.db.execute(statement, values).fetchall()
    except sqlite3.Error:
        log.exception("publication %s: %s", snapshot.number, statement)
        return []


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None  # RoutingTable reports it as a record that cannot be read


def user_of(snapshot: Snapshot, uris: Iterable[str], phones: Iterable[str]) -> VoiceUser | None:
    """Return the first user who has one of the SIP URIs or E.164 numbers."""
    keys = [uri for uri in uris if uri.startswith("sip:")]
    for number in (*phones, *(uri.removeprefix("tel:") for uri in uris if uri not in keys)):
        keys += [
            uri for (uri,) in _rows(snapshot, "SELECT uri FROM user_number WHERE number=?", number)
        ]
    for uri in keys:
        for (record,) in _rows(snapshot, "SELECT record FROM user WHERE uri = ?", uri):
            return VoiceUser.from_record(json.loads(record))
    return None


def policy_for(
    snapshot: Snapshot, *, ip: str | None, user: str | None, tag: str | None = None
) -> PolicyChoice:
    """Return the location policy for a device at ``ip`` and a user given by SIP URI or number.

    Raises ValueError for an address or URI that is none.
    """
    site = locations.site_of(snapshot, identifiers.ip(ip)) if ip else None
    account = user_of(snapshot, (identifiers.uri(user),), ()) if user else None
    return routing_table(snapshot).policy_for(site.id if site else None, account, tag or "")


def policy_at(snapshot: Snapshot, site_id: int | None, user: str | None) -> LocationPolicy:
    """Return the policy for a network site (by its key) and a user (canonical URI).

    For the doors that answer many devices: without a user it is looked up once per site.
    """
    if user:
        return (
            routing_table(snapshot).policy_for(site_id, user_of(snapshot, (user,), ()), "").policy
        )
    policies = snapshot.memo(_SitePolicies)
    found = policies.get(site_id)
    if found is None:
        found = policies[site_id] = routing_table(snapshot).policy_for(site_id, None, "").policy
    return found


class _SitePolicies(dict[int | None, LocationPolicy]):
    """The policies of the sites that were asked for."""

    def __init__(self, _: Snapshot) -> None:
        super().__init__()


def callback(
    snapshot: Snapshot, number: str, *, now: datetime, leases: Iterable[Lease] = ()
) -> CallbackTarget | None:
    """Return whom a call from a PSAP to ``number`` must reach, or None if that is nobody's number.

    An ELIN reaches the phone that last called with it, within its callback window; any other number
    reaches the user who has it.  A North American number may lack its 1.
    """
    table = routing_table(snapshot)
    dialled = numbers.dialled_digits(number)
    normal, _ = numbers.normalize(dialled, table.rules)
    leases = tuple(leases)
    for asked in dict.fromkeys(elins.number_key(text) for text in (dialled, normal)):
        own = [elin for elin in table.elins if elins.number_key(elin.number) == asked]
        # A number that only a call has shown has no row of its own: its window is the default one.
        for elin in own or [ELIN(asked, "")]:
            lease = elins.caller_of(elin, leases, now=now) if asked else None
            if lease and (lease.contact or lease.caller):
                reason = f"callback: {elin.number} was shown by a call of {lease.caller}"
                uri = lease.contact or lease.caller
                return CallbackTarget(uri, dialled, (reason,), True, lease.call_ref)
    complete = (f"+{elins.digits(dialled)}", f"+{elins.number_key(dialled)}")
    for candidate in dict.fromkeys((dialled, normal, *complete)):
        user = user_of(snapshot, (), (candidate,))
        if user:
            reason = f"callback: {candidate} is the number of {user.sip_uri}"
            return CallbackTarget(user.sip_uri, dialled, (reason,))
    return None


def decide(
    snapshot: Snapshot,
    request: RouteRequest,
    *,
    now: datetime,
    new_ref: Callable[[], str],
    trunks_down: Collection[str] = frozenset(),
    leases: decision.LeasesOf = decision.no_leases,
    last_known: Evidence | None = None,
    heard: Heard | None = None,
) -> RouteDecision:
    """Return how a call leaves by ``snapshot``; see ``domain.decision.decide``."""
    return decision.decide(
        request,
        SnapshotRouting(snapshot),
        now=now,
        new_ref=new_ref,
        trunks_down=trunks_down,
        leases=leases,
        last_known=last_known,
        heard=heard,
    )


class SnapshotRouting:
    """``domain.decision.Published`` over a snapshot, for the thread that made it."""

    __slots__ = ("_index", "_snapshot")

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._index = locations.SnapshotIndex(snapshot)

    @property
    def number(self) -> int:
        return self._snapshot.number

    @property
    def table(self) -> RoutingTable:
        return routing_table(self._snapshot)

    def site_at(self, ip: str) -> SiteRow | None:
        return locations.site_of(self._snapshot, ip)

    def site_of(self, clue: Clue) -> SiteRow | None:
        return locations.site_of_element(self._snapshot, clue)

    def is_excluded(self, ip: str) -> bool:
        rows = self._index.subnets(ip)
        return bool(rows) and rows[0].excluded

    def user(self, uris: Iterable[str], phones: Iterable[str]) -> VoiceUser | None:
        return user_of(self._snapshot, uris, phones)

    def has_endpoint(self, uri: str) -> bool:
        return bool(self._index.endpoint(uri))

    def resolve(
        self, clue: Clue, *, withhold: bool, now: datetime, last_known: Evidence | None
    ) -> Resolution:
        return locations.resolve(
            self._snapshot, clue, withhold=withhold, now=now, last_known=last_known
        )

    def erl_at(self, normal_form: str) -> ERLRecord | None:
        return self._index.erl_at(normal_form)

    def notify(self, policy: str, site: str, erl: str) -> Sequence[str]:
        """Return the SIP URIs that the ``notify`` table names for a policy, a site or an ERL."""
        exists = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'notify'"
        if not _rows(self._snapshot, exists):
            return ()  # a publication without notifications
        found = _rows(
            self._snapshot,
            "SELECT uri FROM notify WHERE (kind, subject) IN (VALUES ('policy', ?), ('site', ?), "
            "('erl', ?)) ORDER BY rowid",
            policy,
            site,
            erl,
        )
        return [uri for (uri,) in found]
