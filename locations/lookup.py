"""READ PATH: where a clue leads in a published snapshot.  No Django.

``TABLES`` and the row builders are shared with the side that writes the snapshot, so that a key is
made and looked up by the same code.
"""

import json
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from itertools import islice
from socket import AF_INET, inet_pton
from typing import Any, cast

from e911portal.core.snapshot import Snapshot
from locations.domain import pidflo, ranges, resolution
from locations.domain.addresses import civic_normal_form
from locations.domain.identifiers import bssid_key
from locations.domain.pidflo import Forms
from locations.domain.profiles import Profile, civic_in_profile
from locations.domain.resolution import Clue, ERLRecord, Evidence, Resolution, Row, SiteRow

#: This app's tables of the snapshot, by name.  ``erl_id`` NULL: known, but without a location.
TABLES: dict[str, str] = {
    "erl": "CREATE TABLE erl (id INTEGER PRIMARY KEY, name TEXT NOT NULL, site_id INTEGER, "
    "verdict TEXT NOT NULL, record TEXT NOT NULL)",
    "bssid": "CREATE TABLE bssid (key TEXT PRIMARY KEY, label TEXT NOT NULL, erl_id INTEGER, "
    "site_id INTEGER) WITHOUT ROWID",
    "port": "CREATE TABLE port (chassis TEXT, port TEXT, subtype INTEGER, label TEXT NOT NULL, "
    "erl_id INTEGER, site_id INTEGER, PRIMARY KEY (chassis, port, subtype)) WITHOUT ROWID",
    "chassis": "CREATE TABLE chassis (key TEXT PRIMARY KEY, label TEXT NOT NULL, erl_id INTEGER, "
    "site_id INTEGER) WITHOUT ROWID",
    "subnet": "CREATE TABLE subnet (id INTEGER PRIMARY KEY, cidr TEXT NOT NULL, erl_id INTEGER, "
    "site_id INTEGER, excluded INTEGER NOT NULL)",
    "ip4": "CREATE TABLE ip4 (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, "
    "chain TEXT NOT NULL)",
    "ip6": "CREATE TABLE ip6 (first BLOB PRIMARY KEY, last BLOB NOT NULL, chain TEXT NOT NULL) "
    "WITHOUT ROWID",
    "mac": "CREATE TABLE mac (key TEXT PRIMARY KEY, label TEXT NOT NULL, erl_id INTEGER, "
    "site_id INTEGER) WITHOUT ROWID",
    "uri": "CREATE TABLE uri (key TEXT PRIMARY KEY, label TEXT NOT NULL, erl_id INTEGER, "
    "site_id INTEGER) WITHOUT ROWID",
    "site": "CREATE TABLE site (id INTEGER PRIMARY KEY, name TEXT NOT NULL, "
    "default_erl_id INTEGER, record TEXT NOT NULL)",
    "civic": "CREATE TABLE civic (normal_form TEXT PRIMARY KEY, erl_id INTEGER NOT NULL) "
    "WITHOUT ROWID",
    "city": "CREATE TABLE city (country TEXT, state TEXT, city TEXT, erl_id INTEGER, "
    "PRIMARY KEY (country, state, city, erl_id)) WITHOUT ROWID",
}

#: The rows of a BSSID: exact, then the wildcards for its last digit and for its last two.  Three
#: searches in this order; ``key IN (…)`` would build an index of its own first, at twice the price.
_BSSID_ROWS = " UNION ALL ".join(
    f"SELECT label, erl_id, site_id FROM bssid WHERE key = ?{place}"  # noqa: S608
    for place in (1, 2, 3)
)

#: How many parsed ERLs (2 kB each) and subnets (0.3 kB) a process keeps per snapshot.
PARSED_ROWS = 16384


def resolve(
    snapshot: Snapshot,
    clue: Clue,
    *,
    withhold: bool = True,
    now: datetime,
    last_known: Evidence | None = None,
    freshness_limit: timedelta = resolution.FRESHNESS_LIMIT,
    runners_up: bool = True,
) -> Resolution:
    """Return where ``clue`` leads in ``snapshot``; see ``domain.resolution.resolve``."""
    return resolution.resolve(
        clue,
        SnapshotIndex(snapshot),
        now=now,
        withhold=withhold,
        last_known=last_known,
        freshness_limit=freshness_limit,
        runners_up=runners_up,
    )


def judge(snapshot: Snapshot, civic: Mapping[str, str]) -> resolution.Confidence:
    """Return how sure a civic address sent by the client is; see ``domain.resolution.judge``."""
    return resolution.judge(civic, SnapshotIndex(snapshot))


def site_of(snapshot: Snapshot, ip: str) -> SiteRow | None:
    """Return the network site of an address: of its most specific subnet that names one.

    An excluded subnet counts: it gives no location, but its site's policy applies.
    """
    return SnapshotIndex(snapshot).site_at(ip)


def site_of_element(snapshot: Snapshot, clue: Clue) -> SiteRow | None:
    """Return the network site of the first mapped element that a clue names: access point, port,
    switch or fixed endpoint.  For devices whose address tells nothing."""
    index = SnapshotIndex(snapshot)
    groups = [index.bssid(bssid) for bssid in clue.bssids]
    if clue.chassis:
        if clue.port:
            groups.append(index.port(clue.chassis, clue.port, clue.port_subtype))
        groups.append(index.chassis(clue.chassis))
    if clue.mac:
        groups.append(index.mac(clue.mac))
    if clue.uri:
        groups.append(index.endpoint(clue.uri))
    for row in (row for group in groups for row in group):
        if row.site_id is not None:
            return index.site(row.site_id)
    return None


def forms(snapshot: Snapshot, found: Resolution) -> Forms:
    """Return the location of a resolution as XML, written once per ERL and publication."""
    return snapshot.memo(_WrittenForms).of(found)


def erls_in_city(
    snapshot: Snapshot, country: str, state: str, city: str, *, withhold: bool, limit: int
) -> list[ERLRecord]:
    """Return the locations of a city that may be answered, at most ``limit``, by their key.

    ``city`` is the municipality or the postal community; case and blanks do not matter.
    """
    index = SnapshotIndex(snapshot)
    found = snapshot.db.execute(
        "SELECT erl_id FROM city WHERE country = ? AND state = ? AND city = ?",
        (_folded(country), _folded(state), _folded(city)),
    )
    erls = (erl for (key,) in found if (erl := index.erl(key)))
    usable = (erl for erl in erls if resolution.may_answer(erl.verdict, withhold=withhold))
    return list(islice(usable, limit))


class SnapshotIndex:
    """``domain.resolution.Index`` over a snapshot, for the thread and the request that made it."""

    __slots__ = ("_address", "_db", "_rows", "_subnets")

    def __init__(self, snapshot: Snapshot) -> None:
        self._address, self._subnets = "", cast(Sequence[Row], ())
        self._db = snapshot.db
        self._rows = snapshot.memo(_ParsedRows)

    def bssid(self, bssid: str) -> Sequence[Row]:
        key = bssid_key(bssid)
        found = self._db.execute(_BSSID_ROWS, (key, key[:11], key[:10]))
        return [Row(*row) for row in found]

    def port(self, chassis: str, port: str, subtype: int | None) -> Sequence[Row]:
        """Return the row of the port with that subtype, else the one that bears this name at all.

        Phones and administrators often disagree on the subtype of a name; a name that stands for
        two different ports decides nothing.
        """
        found = self._db.execute(
            "SELECT subtype, label, erl_id, site_id FROM port WHERE chassis = ? AND port = ?",
            (chassis, port),
        ).fetchall()
        exact = [row for row in found if row[0] == subtype]
        return [Row(*row[1:]) for row in exact or (found if len(found) == 1 else [])]

    def chassis(self, chassis: str) -> Sequence[Row]:
        return self._keyed("SELECT label, erl_id, site_id FROM chassis WHERE key = ?", chassis)

    def subnets(self, ip: str) -> Sequence[Row]:
        # The policy and the place of one request depend on the same address.
        if ip != self._address:
            self._address, self._subnets = ip, self._find_subnets(ip)
        return self._subnets

    def site_at(self, ip: str) -> SiteRow | None:
        """Return the network site of an address; see ``site_of``."""
        for row in self.subnets(ip):
            if row.site_id is not None:
                return self.site(row.site_id)
        return None

    def _find_subnets(self, ip: str) -> Sequence[Row]:
        if ":" in ip:
            address: int | bytes = ip_address(ip).packed
            statement = "SELECT last, chain FROM ip6 WHERE first <= ? ORDER BY first DESC LIMIT 1"
        else:
            address = int.from_bytes(inet_pton(AF_INET, ip))
            statement = "SELECT last, chain FROM ip4 WHERE first <= ? ORDER BY first DESC LIMIT 1"
        found = self._db.execute(statement, (address,)).fetchone()
        if found is None or found[0] < address:
            return ()
        return [self._rows.subnet(int(key)) for key in found[1].split(",")]

    def mac(self, mac: str) -> Sequence[Row]:
        return self._keyed("SELECT label, erl_id, site_id FROM mac WHERE key = ?", mac)

    def endpoint(self, uri: str) -> Sequence[Row]:
        return self._keyed("SELECT label, erl_id, site_id FROM uri WHERE key = ?", uri)

    def erl(self, erl_id: int) -> ERLRecord | None:
        return self._rows.erl(erl_id)

    def site(self, site_id: int) -> SiteRow | None:
        return self._rows.site(site_id)

    def erl_at(self, normal_form: str) -> ERLRecord | None:
        found = self._db.execute(
            "SELECT erl_id FROM civic WHERE normal_form = ?", (normal_form,)
        ).fetchone()
        return self._rows.erl(found[0]) if found else None

    def _keyed(self, statement: str, key: str) -> Sequence[Row]:
        found = self._db.execute(statement, (key,)).fetchone()
        return (Row(*found),) if found else ()


class _ParsedRows:
    """Rows that every request needs, parsed once; the least recently used are dropped."""

    def __init__(self, snapshot: Snapshot) -> None:
        owner = weakref.ref(snapshot)  # a strong reference would keep the old file open

        def one(statement: str, key: int) -> Any:
            snapshot = owner()
            return snapshot and snapshot.db.execute(statement, (key,)).fetchone()

        @lru_cache(PARSED_ROWS)
        def erl(erl_id: int) -> ERLRecord | None:
            found = one("SELECT id, name, verdict, record FROM erl WHERE id = ?", erl_id)
            if not found:
                return None
            record = json.loads(found[3])
            return ERLRecord(found[0], found[1], record.get("site") or "", found[2], record)

        @lru_cache(PARSED_ROWS)
        def subnet(subnet_id: int) -> Row:
            found = one(
                "SELECT cidr, erl_id, site_id, excluded FROM subnet WHERE id = ?", subnet_id
            )
            return Row(found[0], found[1], found[2], bool(found[3]))

        @lru_cache(PARSED_ROWS)
        def site(site_id: int) -> SiteRow | None:
            found = one("SELECT id, name, default_erl_id, record FROM site WHERE id = ?", site_id)
            if not found:
                return None
            return SiteRow(found[0], found[1], found[2], json.loads(found[3]))

        self.erl: Callable[[int], ERLRecord | None] = erl
        self.subnet: Callable[[int], Row] = subnet
        self.site: Callable[[int], SiteRow | None] = site


class _WrittenForms:
    """The XML of each ERL that was asked for; the oldest are dropped."""

    def __init__(self, _: Snapshot) -> None:
        self._kept: OrderedDict[int, Forms] = OrderedDict()

    def of(self, found: Resolution) -> Forms:
        if found.erl is None:
            return Forms()
        written = self._kept.get(found.erl.id)
        if written is None:
            written = self._kept[found.erl.id] = pidflo.forms(pidflo.located(found))
            if len(self._kept) > PARSED_ROWS:
                self._kept.popitem(last=False)
        return written


# --- rows for the writer: the same keys as above ------------------------------------------------


def erl_row(
    erl_id: int, name: str, site_id: int | None, verdict: str, record: Mapping[str, Any]
) -> tuple[object, ...]:
    """Return the row of an ERL; ``record`` is what answers show (``site`` is the site's *name*)."""
    return erl_id, name, site_id, verdict, json.dumps(record, ensure_ascii=False)


def site_row(
    site_id: int, name: str, default_erl_id: int | None, record: Mapping[str, Any]
) -> tuple[object, ...]:
    """Return the row of a network site; ``record`` holds region, lat, lon and time_zone."""
    return site_id, name, default_erl_id, json.dumps(record, ensure_ascii=False)


def bssid_row(bssid: str, erl_id: int | None, site_id: int | None) -> tuple[object, ...]:
    """Return the row of a canonical BSSID or BSSID wildcard."""
    return bssid_key(bssid), bssid, erl_id, site_id


def port_row(
    chassis: str, port: str, subtype: int, as_typed: str, erl_id: int | None, site_id: int | None
) -> tuple[object, ...]:
    """Return the row of a port (its normal form) under one chassis id of its switch's stack."""
    return chassis, port, subtype, f"{chassis} / {as_typed}", erl_id, site_id


def keyed_row(key: str, erl_id: int | None, site_id: int | None) -> tuple[object, ...]:
    """Return the row of a chassis, MAC or URI, whose canonical text is both key and label."""
    return key, key, erl_id, site_id


def subnet_row(
    subnet_id: int, cidr: str, erl_id: int | None, site_id: int | None, excluded: bool
) -> tuple[object, ...]:
    """Return the row of a subnet; its addresses come from ``range_rows``."""
    return subnet_id, cidr, erl_id, site_id, int(excluded)


def range_rows(
    subnets: Iterable[tuple[int, str]],
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Return the rows of ``ip4`` and of ``ip6`` for all subnets, given as (id, CIDR)."""
    by_version: dict[bool, list[tuple[str, int]]] = {False: [], True: []}
    for subnet_id, cidr in subnets:
        by_version[":" in cidr].append((cidr, subnet_id))
    rows4: list[tuple[object, ...]] = [
        (span.first, span.last, _chain(span)) for span in ranges.flatten(by_version[False])
    ]
    rows6: list[tuple[object, ...]] = [
        (span.first.to_bytes(16), span.last.to_bytes(16), _chain(span))
        for span in ranges.flatten(by_version[True])
    ]
    return rows4, rows6


def civic_rows(erls: Iterable[ERLRecord]) -> list[tuple[object, ...]]:
    """Return the rows of ``civic``: every form in which an ERL may come back from a client.

    A client repeats the civic address as some trunk or protocol wrote it, so each profile's form is
    a key.  Where two ERLs share a form, the one whose address is not valid keeps it: nothing is
    called validated unless everything that looks like it is.
    """
    owners: dict[str, ERLRecord] = {}
    for erl in erls:
        for profile in Profile:
            form = civic_normal_form(civic_in_profile(erl.record.get("civic") or {}, profile))
            if form and (form not in owners or owners[form].verdict == "valid"):
                owners[form] = erl
    return sorted((form, erl.id) for form, erl in owners.items())


def city_rows(erls: Iterable[ERLRecord]) -> list[tuple[object, ...]]:
    """Return the rows of ``city``: each ERL under its municipality and its postal community."""
    rows = set()
    for erl in erls:
        civic = erl.record.get("civic") or {}
        country, state = (_folded(civic.get(name, "")) for name in ("country", "A1"))
        cities = {_folded(civic.get(name, "")) for name in ("A3", "PCN")} - {""}
        rows |= {(country, state, city, erl.id) for city in cities}
    return sorted(rows)


def _folded(text: str) -> str:
    return " ".join(str(text).upper().split())


def _chain(span: ranges.Range) -> str:
    return ",".join(map(str, span.chain))
