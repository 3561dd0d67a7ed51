"""What voice users were granted in one snapshot and in the next: their calls may leave another way,
or under another policy."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from e911portal.core.changes import ChangeSet, Effect
from e911portal.core.side_by_side import side_by_side
from e911portal.core.snapshot import Snapshot
from routing.domain.table import VoiceUser

#: Of the changes of users.
KIND = "Voice user"


class Grant(NamedTuple):
    """What decides how a user's calls leave where the network site alone does not."""

    voice_policy: str
    location_policy: str
    home_site: int | None

    @property
    def user(self) -> VoiceUser:
        """Somebody to whom this was granted."""
        return VoiceUser("", "", "", self.voice_policy, self.location_policy, self.home_site)


NOTHING = Grant("", "", None)
#: Network sites, id → name.
Names = Mapping[int, str]
#: What was granted, and what is.
Regrant = tuple[Grant, Grant]


def compare(
    old: Snapshot | None, new: Snapshot, *, old_sites: Names, new_sites: Names
) -> tuple[ChangeSet, Counter[Regrant]]:
    """Return the users who come, go or are edited, and how many are granted what instead of what.

    ``old`` is None before the first publication: then nobody is regranted anything.
    """
    changes = ChangeSet(KIND)
    regrants: Counter[Regrant] = Counter()
    with side_by_side(old, new) as db:
        edited = db.execute(
            "SELECT n.uri, o.record, n.record FROM new.user n LEFT JOIN old.user o ON o.uri = n.uri"
            " WHERE o.record IS NOT n.record"
        )
        for uri, before, after in edited:
            if before is None:
                changes.add(uri, Effect.GAINS, "", "added")
                continue
            was, will = _grant(before), _grant(after)
            if was != will:
                regrants[was, will] += 1
            changes.add(uri, Effect.CHANGES, *words(was, will, (old_sites, new_sites)))
        gone = "SELECT uri, record FROM old.user WHERE uri NOT IN (SELECT uri FROM new.user)"
        for uri, before in db.execute(gone):
            was = _grant(before)
            if was != NOTHING:
                regrants[was, NOTHING] += 1
            changes.add(uri, Effect.LOSES, "removed", "")
    return changes, regrants


def words(was: Grant, will: Grant, sites: tuple[Names, Names]) -> tuple[str, str]:
    """Return what differs, before and after; ``edited`` where it is no grant."""
    before, after = (
        {
            "voice policy": grant.voice_policy,
            "location policy": grant.location_policy,
            "home site": names.get(grant.home_site or 0, ""),
        }
        for grant, names in zip((was, will), sites, strict=True)
    )
    differing = [name for name in before if before[name] != after[name]]
    if not differing:
        return "edited", ""
    return _said(before, differing), _said(after, differing)


def _said(grants: Mapping[str, str], names: Iterable[str]) -> str:
    return ", ".join(f"{name} {grants[name] or 'none'}" for name in names)


def _grant(record: str) -> Grant:
    user = VoiceUser.from_record(json.loads(record))
    return Grant(user.voice_policy, user.location_policy, user.home_site)
