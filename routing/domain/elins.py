"""Emergency location identification numbers: which ELIN a call shows to the PSAP, and to whom a
call to that ELIN goes back.

The rules are those of the gateways that made ELINs common: the count decides how many callbacks
can be told apart, not how many calls can be placed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

DEFAULT_CALLBACK_MINUTES = 30
MAX_CALLBACK_MINUTES = 60
#: The end of a call may never be reported; no call is longer than this.
LONGEST_CALL = timedelta(hours=24)
#: A gateway reads at most this many ELINs out of the company name (NAM) of a PIDF-LO.
MAX_ELINS_IN_NAM = 5

_ELIN = re.compile(r"\+?[0-9]{3,15}", re.ASCII)
#: Area code, exchange, line of the North American Numbering Plan.
_NATIONAL = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}", re.ASCII)


def callback_window(minutes: int) -> timedelta:
    """Return the time a PSAP may call back after a call ended.

    Raises ValueError outside 0 to 60.
    """
    if not 0 <= minutes <= MAX_CALLBACK_MINUTES:
        raise ValueError(
            f"A callback window of {minutes} minutes is not possible. "
            f"Give 0 to {MAX_CALLBACK_MINUTES}."
        )
    return timedelta(minutes=minutes)


@dataclass(frozen=True, slots=True)
class ELIN:
    """A number that stands for an ERL (named) in the carrier's ALI database."""

    number: str
    erl: str
    callback_window_min: int = DEFAULT_CALLBACK_MINUTES

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "ELIN":
        """Return the ELIN of a record. Raises KeyError, or ValueError for a window over an hour."""
        minutes = record.get("callback_window_min")
        minutes = DEFAULT_CALLBACK_MINUTES if minutes is None else int(minutes)
        callback_window(minutes)
        return cls(str(record["number"]), str(record["erl"]), minutes)


@dataclass(frozen=True, slots=True)
class Lease:
    """One emergency call that showed an ELIN: who called, where to ring them, from when until when.

    ``ended_at`` is None while the call is up.  ``sent`` is False until it is certain that the call
    left with the ELIN: who chose it may have died before.  ``call_ref`` names the call.
    """

    elin: str
    caller: str
    contact: str
    leased_at: datetime
    ended_at: datetime | None = None
    sent: bool = True
    call_ref: str = ""

    def is_held(self, now: datetime, window: timedelta) -> bool:
        """Return whether a callback would still find this caller."""
        if self.ended_at is None:
            return now - self.leased_at <= LONGEST_CALL
        return now - self.ended_at <= window


@dataclass(frozen=True, slots=True)
class ELINChoice:
    """The ELIN to show, and why; ``elin`` is None when the location has none."""

    elin: ELIN | None
    reasons: tuple[str, ...]


def digits(number: str) -> str:
    """Return only the digits of an ELIN: ``1111-222-333`` and ``+1111222333`` are equal."""
    return re.sub(r"[^0-9]", "", number)


def number_key(number: str) -> str:
    """Return what two spellings of one number have in common: the digits, with the 1 that North
    American numbers lose where ten digits are dialled.  A number with ``+`` is complete.
    """
    found = digits(number)
    national = not number.lstrip().startswith("+") and _NATIONAL.fullmatch(found)
    return f"1{found}" if national else found


def elins_of_company(company: str) -> tuple[str, ...]:
    """Return the ELINs that a company name (NAM) carries as ``1111-222-333; 1234567890``.

    Digits only, the first five, each once; an ordinary company name has none.
    """
    parts = [re.sub(r"[-\s.()]", "", part) for part in company.split(";") if part.strip()]
    if not all(_ELIN.fullmatch(part) for part in parts):
        return ()
    return tuple(dict.fromkeys(digits(part) for part in parts))[:MAX_ELINS_IN_NAM]


def choose(
    pool: Iterable[ELIN], caller: str, leases: Iterable[Lease] = (), *, now: datetime
) -> ELINChoice:
    """Return the ELIN of ``pool`` that a call from ``caller`` shows.

    The caller keeps the one it holds; else a free one, never used before longest idle; else, when
    all are held, the one with the fewest calls up, then the longest since its last call ended.
    """
    elins = tuple(dict.fromkeys(pool))
    if not elins:
        return ELINChoice(None, ("elin: the location has none",))
    by_number = _by_number(leases)
    its_own = {elin: by_number.get(number_key(elin.number), []) for elin in elins}
    held = {elin: _held(elin, own, now) for elin, own in its_own.items()}
    for elin, its in held.items():
        if its and its[-1].caller == caller:
            return ELINChoice(elin, (f"elin: {elin.number} is still held by this caller",))
    free = [elin for elin, its in held.items() if not its]
    if free:
        best = min(free, key=lambda elin: _last_use(its_own[elin]))
        return ELINChoice(best, (f"elin: {best.number} is free",))

    def busy(elin: ELIN) -> tuple[int, float]:
        return sum(lease.ended_at is None for lease in held[elin]), _last_use(its_own[elin])

    best = min(elins, key=busy)
    reason = (
        f"elin: all {len(elins)} are held, {best.number} has the fewest calls and idled longest"
    )
    return ELINChoice(best, (reason,))


def caller_of(elin: ELIN, leases: Iterable[Lease], *, now: datetime) -> Lease | None:
    """Return the newest lease that a callback to ``elin`` belongs to; None when too late.

    Also None when it may as well belong to the caller before, because nobody knows whether the
    newest one was ever shown: better an ordinary call than the wrong phone.
    """
    held = _held(elin, _by_number(leases).get(number_key(elin.number), []), now)
    if not held:
        return None
    newest = held[-1]
    alone = all(lease.caller == newest.caller for lease in held)
    return newest if newest.sent or alone else None


def _by_number(leases: Iterable[Lease]) -> dict[str, list[Lease]]:
    found: dict[str, list[Lease]] = {}
    for lease in leases:
        found.setdefault(number_key(lease.elin), []).append(lease)
    return found


def _held(elin: ELIN, its: Iterable[Lease], now: datetime) -> list[Lease]:
    """Return those of an ELIN's leases that a callback could belong to, the newest last."""
    window = timedelta(minutes=elin.callback_window_min)
    held = [lease for lease in its if lease.is_held(now, window)]
    return sorted(held, key=lambda lease: lease.leased_at)


def _last_use(its: Iterable[Lease]) -> float:
    """Return when a call on an ELIN last ended (began, if none has), 0 if it was never used."""
    its = tuple(its)
    ends = [lease.ended_at for lease in its if lease.ended_at]
    return max((moment.timestamp() for moment in ends or [x.leased_at for x in its]), default=0.0)
