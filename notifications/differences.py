"""The difference of two snapshots by notification: whom the SIP edge tells by itself."""

from e911portal.core.changes import ChangeSet
from e911portal.core.side_by_side import edits, side_by_side
from e911portal.core.snapshot import Snapshot


def compare(old: Snapshot | None, new: Snapshot) -> ChangeSet:
    """Return the SIP targets that come and go, each with what it is told of; ``old`` is None before
    the first publication."""
    with side_by_side(old, new) as db:
        return edits(
            db,
            "SIP notification",
            "notify",
            key=("kind", "subject", "uri"),
            label="r.uri || ' of ' || r.kind || ' ' || r.subject",
        )
