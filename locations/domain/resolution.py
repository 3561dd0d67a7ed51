"""Where is the caller?  The one search from clue to location, with its reasons.

Pure: what is published comes in through an ``Index``, the time through ``now``.  The live call, the
simulator, the commands and the publish gate all resolve through ``resolve``.

Order of the search (MS-E911WS order, continued): BSSID, chassis + port, chassis, subnet, MAC, fixed
endpoint, last known clue, site default.  The first tier with a *usable* location wins; a row
without a location, or whose address may not be answered, is a miss and the search goes on.

How fresh: everything in the clue itself is evidence of this moment.  The last known clue of an
entity is asked only after all of it, so a stale precise answer loses to a fresh coarse one; and it
is not used at all when it is older than ``freshness_limit``, when the present address lies in an
excluded subnet (the device has left the premises), or when it points into another network site than
the present clue does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from locations.domain.addresses import civic_normal_form

Tier = Literal[
    "bssid", "port", "chassis", "subnet", "mac", "endpoint", "last_known", "site_default"
]
Confidence = Literal["validated", "unvalidated", "manual", "none"]

#: One refresh interval of the location policy's default: a device that is still there has said so.
FRESHNESS_LIMIT = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Clue:
    """What is known about an endpoint, every text in the canonical form of ``identifiers``.

    ``port_subtype`` is that of IEEE 802.1AB (7 locally assigned); ``entity`` only names whose clue
    it is, it is no evidence of a place.
    """

    bssids: tuple[str, ...] = ()
    chassis: str | None = None
    port: str | None = None
    port_subtype: int | None = None
    ip: str | None = None
    mac: str | None = None
    uri: str | None = None
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A clue that an entity gave earlier, and when (an aware time)."""

    clue: Clue
    at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """A published network element: its key for people, and the ERL and network site it leads to."""

    label: str
    erl_id: int | None
    site_id: int | None
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A network site; ``record`` holds region, lat, lon and time_zone."""

    id: int
    name: str
    default_erl_id: int | None
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ERLRecord:
    """A published emergency response location; ``verdict`` is ``valid`` or why it is not."""

    id: int
    name: str
    site: str
    verdict: str
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """A published element that leads to an ERL which may be answered; ``note`` is its reason line.

    ``via`` is the tier of the evidence itself; it differs from ``tier`` only for ``last_known``.
    """

    tier: Tier
    matched: str
    erl: ERLRecord
    note: str
    via: Tier
    age_s: int = 0


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer: where, by what, how sure, how old, and every step that led to it.

    ``reasons`` end with the step that located; ``runners_up`` are the usable matches after it.
    ``site`` is the network site of the clue, known also when nothing is located; ``excluded`` names
    the subnet that says the device is off the premises.  ``missed`` are elements of the clue that
    are not mapped, or mapped to nothing that may be answered: tier and key.
    """

    located: bool
    tier: Tier | None
    matched: str | None
    erl: ERLRecord | None
    site: str | None
    confidence: Confidence
    age_s: int
    reasons: tuple[str, ...]
    runners_up: tuple[Match, ...] = ()
    via: Tier | None = None
    excluded: str = ""
    missed: tuple[tuple[Tier, str], ...] = ()


class Index(Protocol):
    """What is published.  Sequences of rows come most specific first; empty means not mapped."""

    def bssid(self, bssid: str) -> Sequence[Row]: ...
    def port(self, chassis: str, port: str, subtype: int | None) -> Sequence[Row]: ...
    def chassis(self, chassis: str) -> Sequence[Row]: ...
    def subnets(self, ip: str) -> Sequence[Row]: ...
    def mac(self, mac: str) -> Sequence[Row]: ...
    def endpoint(self, uri: str) -> Sequence[Row]: ...
    def erl(self, erl_id: int) -> ERLRecord | None: ...
    def site(self, site_id: int) -> SiteRow | None: ...
    def erl_at(self, normal_form: str) -> ERLRecord | None: ...


def resolve(
    clue: Clue,
    index: Index,
    *,
    now: datetime,
    withhold: bool = True,
    last_known: Evidence | None = None,
    freshness_limit: timedelta = FRESHNESS_LIMIT,
    runners_up: bool = True,
) -> Resolution:
    """Return where ``clue`` leads; what is unknown is said in ``reasons``, never raised.

    ``withhold`` is the location policy's word on addresses without a valid verdict: ``True`` treats
    them as a miss, ``False`` answers them as ``unvalidated``.  An ``invalid`` address is never
    answered.  ``last_known`` is used by the rule in the module docstring.  Without ``runners_up``
    the search ends where it succeeds: the same answer, sooner.
    """
    trail = _Trail(index, withhold, first_only=not runners_up)
    trail.follow(clue)
    if not trail.ended:
        trail.last_known(last_known, now, freshness_limit)
        trail.site_default()
    site = index.site(trail.site_id) if trail.site_id is not None else None
    if not trail.usable:
        nowhere = site.name if site else None
        return Resolution(
            False, None, None, None, nowhere, "none", 0, tuple(trail.reasons),
            excluded=trail.excluded, missed=tuple(trail.missed),
        )  # fmt: skip
    winner = trail.usable[0]
    return Resolution(
        located=True,
        tier=winner.tier,
        matched=winner.matched,
        erl=winner.erl,
        site=site.name if site else winner.erl.site,
        confidence="validated" if winner.erl.verdict == "valid" else "unvalidated",
        age_s=winner.age_s,
        reasons=tuple(trail.reasons),
        runners_up=tuple(trail.usable[1:]),
        via=winner.via,
        excluded=trail.excluded,
        missed=tuple(trail.missed),
    )


def may_answer(verdict: str, *, withhold: bool) -> bool:
    """Return whether a location whose address has this verdict may be told to a device."""
    return verdict == "valid" or not (withhold or verdict == "invalid")


def judge(civic: Mapping[str, str], index: Index) -> Confidence:
    """Return how sure a location sent by the client itself is, compared with what is published.

    Equal to an ERL with a valid address: ``validated``.  Equal to one without: ``unvalidated``.
    Anything else was typed by somebody or comes from elsewhere: ``manual``, and the provider's call
    centre asks the caller.
    """
    erl = index.erl_at(civic_normal_form(civic))
    if erl is None:
        return "manual"
    return "validated" if erl.verdict == "valid" else "unvalidated"


class _Trail:
    """The steps of one search so far."""

    __slots__ = (
        "anchor_id", "excluded", "first_only", "index", "missed", "reasons", "site_id", "usable",
        "withhold",
    )  # fmt: skip

    def __init__(self, index: Index, withhold: bool, *, first_only: bool = False) -> None:
        self.index = index
        self.first_only = first_only
        self.withhold = withhold
        self.usable: list[Match] = []
        self.reasons: list[str] = []
        self.missed: list[tuple[Tier, str]] = []
        self.site_id: int | None = None  # where the clue is
        self.anchor_id: int | None = None  # the same, unless only an excluded subnet says so
        self.excluded = ""

    @property
    def ended(self) -> bool:
        return self.first_only and bool(self.usable)

    def follow(self, clue: Clue) -> None:
        index = self.index
        for bssid in clue.bssids:
            self.step("bssid", bssid, index.bssid(bssid))
            if self.ended:
                return
        if not clue.bssids:
            self.say("bssid: none given")
        if clue.chassis is None:
            self.say("port: none given" if clue.port is None else "port: given without a chassis")
            self.say("chassis: none given")
        else:
            if clue.port is None:
                self.say("port: none given")
            else:
                rows = index.port(clue.chassis, clue.port, clue.port_subtype)
                self.step("port", f"{clue.chassis}/{clue.port}", rows)
                if self.ended:
                    return
            self.step("chassis", clue.chassis, index.chassis(clue.chassis))
            if self.ended:
                return
        if clue.ip is None:
            self.say("subnet: no address given")
        else:
            self.step("subnet", clue.ip, index.subnets(clue.ip))
            if self.ended:
                return
        if clue.mac is None:
            self.say("mac: none given")
        else:
            self.step("mac", clue.mac, index.mac(clue.mac))
            if self.ended:
                return
        if clue.uri is None:
            self.say("endpoint: none given")
        else:
            self.step("endpoint", clue.uri, index.endpoint(clue.uri))

    def say(self, reason: str) -> None:
        # The reasons tell how the winner was found; what comes after it are runners-up.
        if not self.usable:
            self.reasons.append(reason)

    def step(self, tier: Tier, asked: str, rows: Sequence[Row]) -> None:
        """Take the first usable row of a tier; an excluded subnet ends its tier."""
        if not rows:
            self.say(f"{tier} {asked}: not mapped")
        for row in rows:
            if row.excluded:
                self.site_id = row.site_id if self.site_id is None else self.site_id
                self.excluded = row.label if row is rows[0] else self.excluded
                self.say(f"{tier} {asked} in {row.label}: excluded, gives a site but no location")
                return
            if self.anchor_id is None:
                self.anchor_id = row.site_id
                self.site_id = row.site_id if self.site_id is None else self.site_id
            inside = tier in ("bssid", "subnet") and row.label != asked
            where = f"{tier} {asked} in {row.label}" if inside else f"{tier} {asked}"
            if self.lead(tier, where, row.label, row.erl_id):
                return
        if not self.usable:
            self.missed.append((tier, asked))

    def lead(self, tier: Tier, where: str, label: str, erl_id: int | None) -> bool:
        """Follow an element to its ERL; return whether that may be answered."""
        erl = self.index.erl(erl_id) if erl_id is not None else None
        if erl is None:
            self.say(f"{where}: known, but without a location")
            return False
        note = f"{where}: {erl.name}"
        if erl.verdict != "valid":
            doubt = f"whose address is not validated ({erl.verdict})"
            if not may_answer(erl.verdict, withhold=self.withhold):
                self.say(f"{where}: mapped to {erl.name}, {doubt}: withheld")
                return False
            note = f"{note}, {doubt}"
        self.say(note)
        self.usable.append(Match(tier, label, erl, note, tier))
        return True

    def last_known(self, evidence: Evidence | None, now: datetime, limit: timedelta) -> None:
        if evidence is None:
            self.say("last_known: none given")
            return
        age = max(now - evidence.at, timedelta())
        earlier = _Trail(self.index, self.withhold)
        earlier.follow(evidence.clue)
        if not earlier.usable:
            self.say(f"last_known, {_age(age)} old: leads to no location")
            return
        found = earlier.usable[0]
        site = self.index.site(self.anchor_id) if self.anchor_id is not None else None
        note = f"last_known, {_age(age)} old, {found.note}"
        if age > limit:
            self.say(f"{note}: older than {_age(limit)}, not used")
        elif self.excluded:
            self.say(f"{note}: the device is now in excluded {self.excluded}, not used")
        elif site and site.name != found.erl.site:
            self.say(f"{note}: the device is now in site {site.name}, not used")
        else:
            self.say(note)
            seconds = int(age.total_seconds())
            match = Match("last_known", found.matched, found.erl, note, found.tier, seconds)
            self.usable.append(match)

    def site_default(self) -> None:
        site = self.index.site(self.anchor_id) if self.anchor_id is not None else None
        if site is None:
            excluded = f", {self.excluded} is excluded" if self.excluded else ""
            self.say(f"site_default: no network site known{excluded}")
        elif site.default_erl_id is None:
            self.say(f"site_default {site.name}: has none")
        else:
            where = f"site_default {site.name}"
            self.lead("site_default", where, site.name, site.default_erl_id)


def _age(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"
