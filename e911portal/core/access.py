"""Access to the call path as a publication carries it: the tables, and how a key is recognised.  No
Django.

Keys and networks are published like everything else, so that revoking one needs no database at the
moment of the call.
"""

import hashlib

from e911portal.core.changes import ChangeSet
from e911portal.core.side_by_side import edits, side_by_side
from e911portal.core.snapshot import Snapshot

#: Tables of the snapshot: hashed keys with their scopes, and networks trusted in a role.
TABLES: dict[str, str] = {
    "access_key": "CREATE TABLE access_key (digest TEXT PRIMARY KEY, name TEXT NOT NULL, "
    "scopes TEXT NOT NULL) WITHOUT ROWID",
    "access_network": "CREATE TABLE access_network (cidr TEXT NOT NULL, role TEXT NOT NULL)",
}

#: Scopes of a key: ask where others are; ask for routes and report events.
LOCATION, SIP = "location", "sip"
#: Roles of a network: devices that ask about themselves, SIP edges, reverse proxies.
DEVICES, EDGE, PROXY = "devices", "edge", "proxy"


def token_digest(token: str) -> str:
    """Return the SHA-256 of a random token; being random and long, it needs no salt or
    stretching."""
    return hashlib.sha256(token.encode()).hexdigest()


def compare(old: Snapshot | None, new: Snapshot) -> tuple[ChangeSet, ChangeSet]:
    """Return the keys and networks that come, go or are edited; ``old`` is None before the first
    publication."""
    with side_by_side(old, new) as db:
        keys = edits(
            db,
            "Access key",
            "access_key",
            key=("digest",),
            label="r.name",
            content=("name", "scopes"),
        )
        networks = edits(
            db,
            "Access network",
            "access_network",
            key=("cidr", "role"),
            label="r.cidr || ' as ' || r.role",
        )
    return keys, networks
