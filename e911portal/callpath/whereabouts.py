"""Where a clue leads under the location policy of its place: what all location doors share."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from e911portal.core.snapshot import Snapshot
from locations.domain.resolution import Clue, Resolution
from locations.lookup import resolve
from routing.domain.policy import LocationPolicy, UnvalidatedAddresses
from routing.lookup import policy_for


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What was found, and how long the answer may be kept: until the device has to ask again."""

    resolution: Resolution
    expires: datetime


def find(snapshot: Snapshot, clue: Clue, now: datetime) -> Whereabouts:
    """Return where ``clue`` leads; its site's policy decides about addresses not validated."""
    policy: LocationPolicy = policy_for(snapshot, ip=clue.ip, user=clue.uri or clue.entity).policy
    withhold = withholds(policy)
    resolution = resolve(snapshot, clue, withhold=withhold, now=now)
    return Whereabouts(resolution, now + timedelta(hours=policy.location_refresh_interval_hours))


def withholds(policy: LocationPolicy) -> bool:
    """Return whether a policy keeps addresses back that are not validated."""
    return policy.unvalidated_addresses is UnvalidatedAddresses.WITHHOLD


def pseudonym() -> str:
    """Return an ``entity`` for one PIDF-LO: unguessable, and linked to no other (RFC 5985 §6.6)."""
    return f"pres:{secrets.token_urlsafe(12)}@lis.invalid"
