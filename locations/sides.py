"""One of the two snapshots of a comparison: what devices at its elements are told."""

import ipaddress
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from e911portal.core.snapshot import Snapshot
from locations import lookup
from locations.domain.resolution import Clue

#: Whether the location policy of a site (None: of nobody in particular) withholds what is not
#: validated.
Withholds = Callable[[int | None], bool]

_HEX = "fedcba9876543210"


class Told(NamedTuple):
    """What a device is told: the ERL's name (or None), by which tier, and why."""

    erl: str | None
    tier: str | None
    reason: str = ""


class Side:
    """A snapshot as its devices see it at ``now``."""

    def __init__(self, snapshot: Snapshot, now: datetime, withholds: Withholds) -> None:
        self.snapshot, self.now, self.withholds = snapshot, now, withholds
        self._at_switch: dict[tuple[str, int | None], Told] = {}
        self._smallest = _smallest(snapshot)
        self.sites: dict[int, str] = dict(snapshot.db.execute("SELECT id, name FROM site"))
        #: The floor by the name of the ERL, of those that have one.
        self.floors: dict[str | None, str] = dict(
            snapshot.db.execute(
                "SELECT name, json_extract(record, '$.civic.FLR') FROM erl"
                " WHERE json_extract(record, '$.civic.FLR') <> ''"
            )
        )

    def told(self, clue: Clue, site: int | None) -> Told:
        """Return what a device of that network site is told that reports ``clue``."""
        found = lookup.resolve(
            self.snapshot, clue, now=self.now, withhold=self.withholds(site), runners_up=False
        )
        reason = found.reasons[-1] if found.reasons else ""
        return Told(found.erl.name if found.erl else None, found.tier, reason)

    def told_at_switch(self, chassis: str, site: int | None) -> Told:
        """Return what a device is told of which only the switch, and no port, is known."""
        memo = (chassis, site)
        if memo not in self._at_switch:
            self._at_switch[memo] = self.told(Clue(chassis=chassis), site)
        return self._at_switch[memo]

    def site_at(self, address: str) -> int | None:
        """Return the network site, and so the location policy, of a device with that address."""
        site = lookup.site_of(self.snapshot, address)
        return site.id if site else None

    def address_in(self, cidr: str) -> str | None:
        """Return an address that lies in this subnet and in no smaller one, if there is any."""
        first = self._smallest.get(cidr)
        return None if first is None else str(ipaddress.ip_address(first))

    def covered(self) -> Iterator[str]:
        """Yield the subnets of which every address lies in a smaller one too."""
        for (cidr,) in self.snapshot.db.execute("SELECT cidr FROM subnet"):
            if cidr not in self._smallest:
                yield cidr

    def bssid_in(self, wildcard: str) -> str | None:
        """Return a BSSID that stands under this wildcard and under nothing more exact, if there is
        any."""
        index = lookup.SnapshotIndex(self.snapshot)
        for bssid in bssids_of(wildcard):
            rows = index.bssid(bssid)
            if rows and rows[0].label == wildcard:
                return bssid
        return None


def bssids_of(wildcard: str) -> Iterator[str]:
    """Yield the 16 or 256 BSSIDs that a wildcard for one or two hexadecimal digits stands for."""
    stem = wildcard.removesuffix("*")
    tails = (
        _HEX if len(wildcard) == len("00-00-00-00-00-0*") else (a + b for a in _HEX for b in _HEX)
    )
    yield from (stem + tail for tail in tails)


def _smallest(snapshot: Snapshot) -> dict[str, int | bytes]:
    """Return, by subnet, the first address for which it is the smallest one; covered ones have
    none."""
    cidrs: dict[int, str] = dict(snapshot.db.execute("SELECT id, cidr FROM subnet"))
    found: dict[str, int | bytes] = {}
    for table in ("ip4", "ip6"):
        for first, chain in snapshot.db.execute(f"SELECT first, chain FROM {table}"):  # noqa: S608
            found.setdefault(cidrs[int(chain.partition(",")[0])], first)
    return found
