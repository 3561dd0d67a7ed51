"""What would happen: the questions that devices and the SIP edge ask, put to a snapshot by a
person.

The same functions answer the live call; pages and commands show the same reasons because there is
nothing else to show.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from e911portal.callpath import whereabouts
from e911portal.callpath.doors import location
from e911portal.core.snapshot import Snapshot
from routing import lookup
from routing.domain.request import RouteRequest

#: The clues that a device can have, as query parameters of ``/v1/location``.
CLUES = location.PARAMETERS


def resolve(snapshot: Snapshot, clue: Mapping[str, str], *, now: datetime) -> dict[str, Any]:
    """Return what ``GET /v1/location`` answers for ``clue`` (names of ``CLUES`` → text).

    Raises ``ValueError`` that names the parameter, the value and what was expected.
    """
    given = {name: [text] for name, text in clue.items() if text}
    found = whereabouts.find(snapshot, location.read_clue(given), now)
    return location.to_json(found.resolution, snapshot.number)


def trace(snapshot: Snapshot, call: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Return what ``POST /v1/sip/route`` answers for ``call``; places no call and reports none.

    Raises ``ValueError`` for a request that cannot be read.
    """
    request = RouteRequest.from_json(dict(call))
    return lookup.decide(
        snapshot, request, now=now, new_ref=lambda: f"simulated-{uuid.uuid4().hex[:8]}"
    ).to_json()
