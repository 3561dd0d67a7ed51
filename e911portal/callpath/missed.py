"""Network elements that devices report and nobody has mapped: counted, and told to the portal.

An unmapped port is found by its first phone, not by the first call from it.  Counts are per minute
and bounded; they travel as ``lookup_missed`` events through the spool like all others.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from ipaddress import ip_address, ip_network

from e911portal.callpath.exchange import Event
from e911portal.callpath.periodic import Periodic
from locations.domain.resolution import Resolution

FLUSH_SECONDS = 60.0
#: Elements that are counted in one minute; a network gone wild must not fill the spool.
MOST_ITEMS = 2000
ITEMS_PER_EVENT = 200
#: What can be mapped and is worth it. The MAC address of every phone is neither.
_KINDS = frozenset(("bssid", "port", "chassis", "subnet"))
#: Longer names (chassis/port) than the portal keeps are nonsense, and events of them fit nowhere.
_LONGEST = 511

Batch = tuple[Event, ...]


class Missed:
    """The elements missed by one worker in this minute, and the thread that tells of them."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        tell: Callable[[Batch], None],
        on_missed: Callable[[str], None] = lambda _: None,
        may_tell: Callable[[], bool] = lambda: True,
    ) -> None:
        """``on_missed`` is told the tier of every element missed, for the figures.

        While ``may_tell`` says no, counting goes on: in a long outage these reports must not push
        the events of calls out of the spool.
        """
        self._clock, self._tell, self._on_missed = clock, tell, on_missed
        self._may_tell = may_tell
        self._items: dict[tuple[str, str, str], list[int | str]] = {}
        self._counting = threading.Lock()
        self._telling = Periodic("missed", FLUSH_SECONDS, self.flush)

    def start(self) -> None:
        """Begin to tell every minute."""
        self._telling.start()

    def stop(self) -> None:
        """End the thread and tell what was counted since."""
        self._telling.stop()
        self.flush()

    def count(self, found: Resolution) -> None:
        """Count the elements that a search passed on its way."""
        if not found.missed:
            return
        for tier, _ in found.missed:
            self._on_missed(tier)
        moment = self._clock().isoformat(timespec="seconds").replace("+00:00", "Z")
        with self._counting:
            for kind, key in _worth_telling(found):
                item = self._items.get((kind, key, found.site or ""))
                if item:
                    item[0] = int(item[0]) + 1
                    item[2] = moment
                elif len(self._items) < MOST_ITEMS:
                    self._items[kind, key, found.site or ""] = [1, moment, moment]

    def flush(self) -> None:
        """Tell what was counted, and begin anew; unless it may not be told now."""
        if not self._may_tell():
            return
        with self._counting:
            items, self._items = self._items, {}
        told = [
            {"kind": kind, "key": key, "site": site, "count": count, "first_at": first,
             "last_at": last}
            for (kind, key, site), (count, first, last) in items.items()
        ]  # fmt: skip
        at = self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        events = tuple(
            {"id": uuid.uuid4().hex, "event": "lookup_missed", "at": at,
             "items": told[start : start + ITEMS_PER_EVENT]}
            for start in range(0, len(told), ITEMS_PER_EVENT)
        )  # fmt: skip
        if events:
            self._tell(events)


def _worth_telling(found: Resolution) -> Iterator[tuple[str, str]]:
    """Yield kind and key: the serving access point only, and for an address its usual subnet."""
    has_bssid = False
    for kind, key in found.missed:
        if len(key) > _LONGEST:
            continue
        if kind == "bssid":
            if has_bssid:
                continue  # neighbours are often somebody else's
            has_bssid = True
        if kind == "subnet":
            address = key.partition("%")[0]  # which may name its zone
            # Loopback and link-local addresses are the same everywhere, so they lead to no place.
            if not (ip_address(address).is_loopback or ip_address(address).is_link_local):
                yield kind, str(ip_network(f"{address}/{64 if ':' in key else 24}", strict=False))
        elif kind in _KINDS:
            yield kind, key
