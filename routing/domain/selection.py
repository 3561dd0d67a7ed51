"""The way out of an emergency call: PSTN usages, voice routes and trunks, in the order to try
them.

The usage of the location policy is tried first, then those of the user's voice policy (Lync's
documented failover). Trunks known to be down move to the end and never off the list: a probe may
be wrong, and the last trunk left is still a trunk.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from locations.domain.profiles import Profile
from routing.domain.patterns import PatternError, compile_pattern

#: Which civic elements a trunk's far end reads.
CivicProfile = Profile


class TrunkKind(StrEnum):
    """What stands at the other end of a trunk."""

    PROVIDER = "provider"
    GATEWAY = "gateway"
    BRANCH_GATEWAY = "branch_gateway"
    ELIN_GATEWAY = "elin_gateway"


class Transport(StrEnum):
    """How SIP is carried to a trunk."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Trunk:
    """A SIP peer that emergency calls can leave by.

    ``no_reply_ms`` runs until the peer says anything, ``no_answer_ms`` until it answers; the
    second is long because a PSAP that rings must not be hung up on. ``caller_id`` is shown for
    callers without a number.
    """

    name: str
    host: str
    kind: TrunkKind = TrunkKind.GATEWAY
    port: int = 5060
    transport: Transport = Transport.UDP
    send_pidf_lo: bool = False
    civic_profile: Profile = Profile.RFC5139
    send_conference_data: bool = False
    no_reply_ms: int = 2000
    no_answer_ms: int = 30000
    caller_id: str = ""
    send_service_info: bool = False

    @property
    def address(self) -> str:
        """The host as it stands in a URI; an IPv6 address gets its brackets."""
        return f"[{self.host}]" if ":" in self.host and "[" not in self.host else self.host

    @property
    def dst(self) -> str:
        """The next hop as a SIP URI, transport named, since an edge never switches it by size."""
        return f"sip:{self.address}:{self.port};transport={self.transport}"

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Trunk":
        """Return the trunk of a record; PIDF-LO is on by default where its far end reads it.

        Raises KeyError without name or host and ValueError for a word that is none of the choices.
        """
        kind = TrunkKind(record.get("kind") or "gateway")
        send_pidf_lo = record.get("send_pidf_lo")
        if send_pidf_lo is None:
            send_pidf_lo = kind in (TrunkKind.PROVIDER, TrunkKind.ELIN_GATEWAY)
        return cls(
            name=str(record["name"]),
            host=str(record["host"]),
            kind=kind,
            port=int(record.get("port") or 5060),
            transport=Transport(record.get("transport") or "udp"),
            send_pidf_lo=bool(send_pidf_lo),
            civic_profile=Profile(record.get("civic_profile") or "rfc5139"),
            send_conference_data=bool(record.get("send_conference_data")),
            no_reply_ms=int(record.get("no_reply_ms") or 2000),
            no_answer_ms=int(record.get("no_answer_ms") or 30000),
            caller_id=str(record.get("caller_id") or ""),
            send_service_info=bool(record.get("send_service_info")),
        )


@dataclass(frozen=True, slots=True)
class VoiceRoute:
    """Numbers that match ``pattern`` may leave by ``trunks``, in order, for callers with one of
    ``usages``.

    The lowest ``priority`` is tried first.
    """

    name: str
    pattern: str
    usages: tuple[str, ...] = ()
    trunks: tuple[str, ...] = ()
    priority: int = 0
    suppress_caller_id: bool = False
    alternate_caller_id: str = ""

    def matches(self, number: str) -> bool:
        """Return whether the pattern is found in ``number``; a pattern that is refused matches
        nothing.
        """
        try:
            return compile_pattern(self.pattern).search(number) is not None
        except PatternError:
            return False

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "VoiceRoute":
        """Return the route of a record.  Raises KeyError without name or pattern."""
        return cls(
            name=str(record["name"]),
            pattern=str(record["pattern"]),
            usages=tuple(str(name) for name in record.get("usages") or ()),
            trunks=tuple(str(name) for name in record.get("trunks") or ()),
            priority=int(record.get("priority") or 0),
            suppress_caller_id=bool(record.get("suppress_caller_id")),
            alternate_caller_id=str(record.get("alternate_caller_id") or ""),
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One trunk to try, and the route that led to it; a last-resort trunk has no route."""

    trunk: Trunk
    route: VoiceRoute | None = None
    usage: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """The attempts in order, whether they are a last resort, and the reasons."""

    attempts: tuple[Attempt, ...]
    last_resort: bool
    reasons: tuple[str, ...]


def usages_of(policy_usage: str, voice_policy_usages: Iterable[str]) -> tuple[str, ...]:
    """Return the PSTN usages of a call in order: the location policy's, then the user's, each
    once.
    """
    return tuple(dict.fromkeys(u for u in (policy_usage, *voice_policy_usages) if u))


def select(
    numbers: Sequence[str],
    usages: Sequence[str],
    routes: Sequence[VoiceRoute],
    trunks: Mapping[str, Trunk],
    *,
    last_resort: Sequence[str] = (),
    down: Collection[str] = (),
) -> Selection:
    """Return the trunks to try, in order, for the first of ``numbers`` that any route carries.

    ``down`` holds names or next hops of trunks believed dead. When nothing matches, the
    ``last_resort`` trunks are used, and every trunk when none of those exists: the result is empty
    only if ``trunks`` is.
    """
    reasons: list[str] = []
    attempts: list[Attempt] = []
    for number in numbers:
        attempts = _matching(number, usages, routes, trunks, reasons)
        if attempts:
            break
    is_last_resort = not attempts
    if is_last_resort:
        names = [name for name in last_resort if name in trunks] or list(trunks)
        attempts = [Attempt(trunks[name]) for name in dict.fromkeys(names)]
        reasons.append(
            f"route: no way out matched, last resort {', '.join(names) or 'has no trunk'}"
        )
    dead = [a for a in attempts if a.trunk.name in down or a.trunk.dst in down]
    reasons.extend(f"trunk: {a.trunk.name} is believed down, tried last" for a in dead)
    alive = [a for a in attempts if a not in dead]
    return Selection((*alive, *dead), is_last_resort, tuple(reasons))


def _matching(
    number: str,
    usages: Sequence[str],
    routes: Sequence[VoiceRoute],
    trunks: Mapping[str, Trunk],
    reasons: list[str],
) -> list[Attempt]:
    """Return the attempts for ``number``, each trunk at its first place; adds to ``reasons``."""
    found: dict[str, Attempt] = {}
    for usage in usages:
        of_usage = sorted((r for r in routes if usage in r.usages), key=lambda r: r.priority)
        matching = [route for route in of_usage if route.matches(number)]
        if not matching:
            reasons.append(f"usage: “{usage}” has no route that matches {number}")
        for route in matching:
            known = [name for name in route.trunks if name in trunks]
            unknown = [name for name in route.trunks if name not in trunks]
            if unknown:
                reasons.append(f"route: “{route.name}” names unknown trunks {', '.join(unknown)}")
            reasons.append(
                f"route: “{route.name}” of usage “{usage}” matches {number}, "
                f"trunks {', '.join(known) or 'none'}"
            )
            for name in known:
                found.setdefault(name, Attempt(trunks[name], route, usage))
    if not usages:
        reasons.append("usage: neither the location policy nor the user has one")
    return list(found.values())
