"""Access to the call path as a publication carries it: the tables, and how a key is recognised.  No
Django.

Keys and networks are published like everything else, so that revoking one needs no database at the
moment of the call.
"""

import hashlib

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
