"""The difference of two snapshots by what is said of a place: ERLs that come, go, or are described
otherwise, and how many elements are answered with that."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from e911portal.core.changes import ChangeSet, Effect
from e911portal.core.wording import how_many
from locations.candidates import KINDS

#: Civic elements that say where in a building something is, or who is there.
_INSIDE = frozenset({"BLD", "FLR", "UNIT", "ROOM", "SEAT", "LOC", "LMK", "NAM"})
_TEXTS = {
    "company": "company",
    "site": "site",
    "psap_text": "PSAP display text",
    "area_sq_ft": "square feet",
    "lat": "latitude",
    "lon": "longitude",
}


def compare(db: sqlite3.Connection, *, first: bool) -> tuple[ChangeSet, ChangeSet]:
    """Return the ERLs that change, and the elements mapped to those whose civic address does.

    ``db`` has both files as ``old`` and ``new``; ``first``: nothing was published before.
    """
    places, elements = ChangeSet("ERL"), ChangeSet("Address of an element")
    if first:
        for name, verdict in db.execute("SELECT name, verdict FROM new.erl ORDER BY name"):
            places.add(name, Effect.GAINS, "", f"address {verdict}")
        return places, elements
    rows = db.execute(
        """
        SELECT n.id, n.name, n.verdict, n.record, o.verdict, o.record
          FROM new.erl n LEFT JOIN old.erl o ON o.id = n.id
         WHERE o.id IS NULL OR o.record IS NOT n.record OR o.verdict IS NOT n.verdict
         ORDER BY n.name
        """
    )
    readdressed: dict[int, tuple[str, Effect, str, str]] = {}
    for key, name, verdict, record, old_verdict, old_record in rows:
        if old_record is None:
            places.add(name, Effect.GAINS, "", f"address {verdict}")
            continue
        was, will = json.loads(old_record), json.loads(record)
        before, after = _words(was, will)
        if old_verdict != verdict:
            before = ", ".join(filter(None, (f"address {old_verdict}", before)))
            after = ", ".join(filter(None, (f"address {verdict}", after)))
        places.add(name, Effect.CHANGES, before, after or "validated again")
        differing = _differing(was.get("civic") or {}, will.get("civic") or {})
        if differing:
            effect = Effect.CHANGES if differing <= _INSIDE else Effect.MOVES
            readdressed[key] = name, effect, before, after
    for name, verdict in db.execute(
        "SELECT name, verdict FROM old.erl WHERE id NOT IN (SELECT id FROM new.erl)"
    ):
        places.add(name, Effect.LOSES, f"address {verdict}", "")
    for key, number in _mapped(db, readdressed).items():
        name, effect, before, after = readdressed[key]
        label = f"{name} ({how_many(number, 'element')})"
        elements.add(label, effect, before, after, times=number)
    return places, elements


def _mapped(db: sqlite3.Connection, keys: Mapping[int, object]) -> dict[int, int]:
    """Return how many elements are and stay mapped to each ERL of ``keys``, where there are any."""
    if not keys:
        return {}
    db.execute("CREATE TEMP TABLE readdressed (id INTEGER PRIMARY KEY)")
    db.executemany("INSERT INTO readdressed VALUES (?)", ((key,) for key in keys))
    found: dict[int, int] = {}
    for kind in KINDS:
        match = " AND ".join(f"o.{key} = n.{key}" for key in kind.keys)
        counted = db.execute(
            f"SELECT n.erl_id, count(*) FROM new.{kind.table} n"  # noqa: S608  names of ours only
            f" JOIN old.{kind.table} o ON {match} AND o.erl_id = n.erl_id"
            " WHERE n.erl_id IN (SELECT id FROM readdressed) GROUP BY n.erl_id"
        )
        for key, number in counted:
            found[key] = found.get(key, 0) + number
    return found


def _words(was: Mapping[str, Any], will: Mapping[str, Any]) -> tuple[str, str]:
    """Return what differs of two records, before and after; nothing where only the verdict does."""
    before, after = _said(was), _said(will)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return (
        ", ".join(f"{name} {before.get(name) or 'none'}" for name in names),
        ", ".join(f"{name} {after.get(name) or 'none'}" for name in names),
    )


def _said(record: Mapping[str, Any]) -> dict[str, str]:
    civic = {name: str(text) for name, text in (record.get("civic") or {}).items() if text}
    texts = {title: record.get(name) for name, title in _TEXTS.items()}
    return civic | {title: str(text) for title, text in texts.items() if text not in (None, "")}


def _differing(was: Mapping[str, str], will: Mapping[str, str]) -> set[str]:
    return {name for name in {**was, **will} if (was.get(name) or "") != (will.get(name) or "")}
