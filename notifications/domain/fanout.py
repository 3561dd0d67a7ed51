"""Whom to tell of an emergency call: URIs of its policy, desks that subscribed or watch it."""

from collections.abc import Iterable
from dataclasses import dataclass

SIP_MESSAGE = "sip_message"


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What decides who is told. ``site`` is the key of a known network site, else None."""

    policy: str = ""
    site: int | None = None
    erl: str = ""
    uris: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlet:
    """A way to reach a desk outside the portal."""

    channel: int
    transport: str
    address: str


@dataclass(frozen=True, slots=True)
class Desk:
    """A security desk: the sites it watches (none: all of them) and what it subscribed to."""

    key: int
    name: str
    sites: frozenset[int] = frozenset()
    policies: frozenset[str] = frozenset()
    subscribed_sites: frozenset[int] = frozenset()
    erls: frozenset[str] = frozenset()
    outlets: tuple[Outlet, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """One place to send to, and why.  ``desk`` and ``channel`` are None for a URI of the policy."""

    transport: str
    address: str
    desk: int | None
    channel: int | None
    reasons: tuple[str, ...]


def reasons_to_tell(desk: Desk, call: CallFacts) -> tuple[str, ...]:
    """Return why the desk is told of the call; empty if it is not.

    A call whose site is unknown concerns every desk: none can be sure that it is not theirs.
    """
    reasons = []
    if call.policy in desk.policies:
        reasons.append(f"{desk.name} subscribes to policy “{call.policy}”")
    if call.site is not None and call.site in desk.subscribed_sites:
        reasons.append(f"{desk.name} subscribes to the site")
    if call.erl in desk.erls:
        reasons.append(f"{desk.name} subscribes to ERL “{call.erl}”")
    if call.site is None:
        reasons.append(f"{desk.name} is told because the site of the call is unknown")
    elif call.site in desk.sites:
        reasons.append(f"{desk.name} watches the site")
    elif not desk.sites:
        reasons.append(f"{desk.name} watches all sites")
    return tuple(reasons)


def recipients(call: CallFacts, desks: Iterable[Desk]) -> tuple[Recipient, ...]:
    """Return whom to tell, each place once with all reasons: the policy's URIs first, in its order,
    then the outlets of desks in the order given."""
    found: dict[tuple[str, str], Recipient] = {}
    for uri in call.uris:
        reason = f"policy “{call.policy}” names {uri}"
        _add(found, Recipient(SIP_MESSAGE, uri, None, None, (reason,)))
    for desk in desks:
        why = reasons_to_tell(desk, call)
        if not why:
            continue
        for outlet in desk.outlets:
            _add(found, Recipient(outlet.transport, outlet.address, desk.key, outlet.channel, why))
    return tuple(found.values())


def _add(found: dict[tuple[str, str], Recipient], new: Recipient) -> None:
    # Host names and schemes know no case, and no mail system in use minds the case of a mailbox; a
    # path of a web hook may.
    address = new.address if new.transport == "webhook" else new.address.casefold()
    known = found.setdefault((new.transport, address), new)
    if known is new:
        return
    found[(new.transport, address)] = Recipient(
        known.transport,
        known.address,
        known.desk if known.desk is not None else new.desk,
        known.channel if known.channel is not None else new.channel,
        known.reasons + tuple(reason for reason in new.reasons if reason not in known.reasons),
    )
