"""Where a clue leads under the location policy of its place: what all location doors share."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from e911portal.core.snapshot import Snapshot
from locations.domain.resolution import Clue, Evidence, Resolution, resolve
from locations.lookup import SnapshotIndex
from routing.domain.policy import LocationPolicy, UnvalidatedAddresses
from routing.lookup import policy_at


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What was found, under which policy, and of when the evidence is."""

    resolution: Resolution
    policy: LocationPolicy
    at: datetime

    def expires(self, now: datetime) -> datetime:
        """Return how long the answer may be kept: until the device has to ask again."""
        return now + timedelta(hours=self.policy.location_refresh_interval_hours)


def find(
    snapshot: Snapshot,
    clue: Clue,
    now: datetime,
    *,
    last_known: Callable[[], Evidence | None] | None = None,
    runners_up: bool = False,
) -> Whereabouts:
    """Return where ``clue`` leads; its site's policy decides about addresses not validated.

    ``last_known`` is asked for what the device said earlier, but only when the clue itself leads to
    no more than the default of a site.
    """
    index = SnapshotIndex(snapshot)
    site = index.site_at(clue.ip) if clue.ip else None
    policy = policy_at(snapshot, site.id if site else None, clue.uri or clue.entity)
    withhold = withholds(policy)
    resolution = resolve(clue, index, now=now, withhold=withhold, runners_up=runners_up)
    if last_known and resolution.tier in (None, "site_default"):
        earlier = last_known()
        if earlier:
            resolution = resolve(
                clue, index, now=now, withhold=withhold, last_known=earlier, runners_up=runners_up
            )
    return Whereabouts(resolution, policy, now - timedelta(seconds=resolution.age_s))


def withholds(policy: LocationPolicy) -> bool:
    """Return whether a policy keeps addresses back that are not validated."""
    return policy.unvalidated_addresses is UnvalidatedAddresses.WITHHOLD


def pseudonym() -> str:
    """Return an ``entity`` for one PIDF-LO: unguessable, and linked to no other (RFC 5985 §6.6)."""
    return f"pres:{os.urandom(12).hex()}@lis.invalid"
