"""The plan of a publication, kept: a large estate takes a while to compare, and is looked at more
than once.  The newest comparison is that of everybody who may see it.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from e911portal import jobfiles, publishing
from e911portal.core.changes import Change, ChangeSet, Effect
from e911portal.core.findings import Finding, Severity, Subject
from e911portal.core.models import AuditEvent, Job, Publication
from e911portal.core.wording import how_many
from locations.models import BSSID, FixedEndpoint, Subnet, SwitchPort

KIND = "publication.plan"
#: Up to this many elements are compared while the page waits: about two seconds.
LITTLE = 20_000
_FILE = "plan.json"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A plan as it was at ``made_at``; ``edits`` were made to the draft since."""

    plan: publishing.Plan
    made_at: datetime
    edits: int
    job: Job

    @property
    def is_current(self) -> bool:
        """Whether nothing was edited or published since."""
        active = Publication.objects.filter(state=Publication.State.ACTIVE).first()
        return not self.edits and (active and active.pk) == (
            self.plan.active and self.plan.active.pk
        )

    def names(self, codes: Collection[str]) -> set[str]:
        """Return the names of the warnings with one of ``codes``, for acknowledging them."""
        return {
            publishing.finding_name(entry) for entry in self.plan.warnings if entry.code in codes
        }


def is_little() -> bool:
    """Tell whether the draft is so small that a page may wait for its comparison."""
    left = LITTLE
    for model in (SwitchPort, BSSID, Subnet, FixedEndpoint):
        left -= model.objects.order_by()[: left + 1].count()
        if left < 0:
            return False
    return True


def write(token: str, *, revision: int) -> None:
    """Plan now and keep the result in the directory of ``token``.

    ``revision`` is the last audit row from before: what comes after it is not in the plan.
    """
    made = publishing.plan()
    content = {
        "made_at": timezone.now().isoformat(),
        "revision": revision,
        "active": made.active.pk if made.active else None,
        "findings": [asdict(entry) for entry in made.findings],
        "changes": [
            {
                "kind": entry.kind,
                "counts": entry.counts,
                "rows": [(row.label, row.effect, row.before, row.after) for row in entry.rows],
            }
            for entry in made.changes
        ],
        "counts": made.counts,
        "unpublished": made.unpublished,
    }
    (jobfiles.directory(token) / _FILE).write_text(json.dumps(content), encoding="utf-8")


def last_change() -> int:
    """Return the number of the newest audit row."""
    return AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def newest_job() -> Job | None:
    """Return the newest comparison, be it done or under way."""
    return Job.objects.filter(kind=KIND).order_by("-pk").first()


def read(job: Job) -> Comparison | None:
    """Return what a comparison found, or None when it failed or its file is gone."""
    if job.state != Job.State.DONE:
        return None
    try:
        path = jobfiles.directory(job.payload["token"]) / _FILE
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    plan = publishing.Plan(
        active=Publication.objects.filter(pk=content["active"]).first(),
        findings=[finding(entry) for entry in content["findings"]],
        changes=[_changeset(entry) for entry in content["changes"]],
        counts=content["counts"],
        unpublished=content["unpublished"],
    )
    return Comparison(
        plan=plan,
        made_at=datetime.fromisoformat(content["made_at"]),
        edits=AuditEvent.objects.unpublished_since(content["revision"]).count(),
        job=job,
    )


def finding(stored: dict[str, Any]) -> Finding:
    """Return a finding that was kept as JSON."""
    subject = Subject(**stored["subject"]) if stored["subject"] else None
    return Finding(
        Severity(stored["severity"]), stored["code"], stored["message"], subject, stored["remedy"]
    )


def _changeset(stored: dict[str, Any]) -> ChangeSet:
    kind = stored["kind"]
    rows = [
        Change(kind, label, Effect(effect), before, after)
        for label, effect, before, after in stored["rows"]
    ]
    return ChangeSet(
        kind, {Effect(name): number for name, number in stored["counts"].items()}, rows
    )


# ---------------------------------------------------------------- in words

#: Kind of element → singular, plural, what it has.
_NOUNS = {
    "BSSID": ("BSSID", "BSSIDs"),
    "Switch port": ("port", "ports"),
    "Chassis": ("switch chassis", "switch chassis"),
    "Subnet": ("subnet", "subnets"),
    "MAC address": ("MAC address", "MAC addresses"),
    "Fixed endpoint": ("fixed endpoint", "fixed endpoints"),
}
_PLACES = {
    Effect.LOSES: ("loses its location", "lose their location"),
    Effect.MOVES: ("is located elsewhere", "are located elsewhere"),
    Effect.GAINS: ("gains a location", "gain a location"),
    Effect.CHANGES: ("is described otherwise", "are described otherwise"),
}
_WAY = "Way out"
_POLICY = "Location policy of a site"
#: Of elements of any kind.
_ELEMENTS = {
    "Floor": {Effect.LOSES: ("element loses its floor", "elements lose their floor")},
    "Network site of an element": {
        Effect.LOSES: ("element leaves its network site", "elements leave their network site"),
        Effect.MOVES: (
            "element enters another network site",
            "elements enter another network site",
        ),
        Effect.GAINS: ("element enters a network site", "elements enter a network site"),
    },
    "Address of an element": {
        Effect.MOVES: (
            "element stays at its location, which gets another address",
            "elements stay at their locations, which get another address",
        ),
        Effect.CHANGES: (
            "element is described otherwise within its building",
            "elements are described otherwise within their building",
        ),
    },
}
#: Sites named one by one, before they are only counted.
_NAMED = 5


def sentences(changes: Iterable[ChangeSet]) -> list[tuple[Effect, str]]:
    """Return what publishing means in words, the losses first."""
    said: list[tuple[Effect, str]] = []
    for entry in changes:
        if entry.kind in _NOUNS:
            said += [_placed(entry.kind, *item) for item in entry.counts.items()]
        elif entry.kind == _WAY:
            said += _routed(entry, "would leave by another way", "would have no way out")
        elif entry.kind in _ELEMENTS:
            said += [
                (effect, how_many(number, *_ELEMENTS[entry.kind][effect]))
                for effect, number in entry.counts.items()
            ]
        elif entry.kind == _POLICY:
            said += _routed(entry, "would get another policy", "would lose its policy")
        else:
            said += [_edited(entry.kind, *item) for item in entry.counts.items()]
    order = [Effect.LOSES, Effect.MOVES, Effect.GAINS, Effect.CHANGES]
    return sorted(said, key=lambda item: order.index(item[0]))


def _placed(kind: str, effect: Effect, number: int) -> tuple[Effect, str]:
    one = number == 1
    noun = _NOUNS[kind][0 if one else 1]
    return effect, f"{number:,} {noun} {_PLACES[effect][0 if one else 1]}"


def _routed(entry: ChangeSet, moves: str, loses: str) -> list[tuple[Effect, str]]:
    words = {Effect.MOVES: moves, Effect.LOSES: loses, Effect.GAINS: "is new"}
    said = []
    for effect, number in entry.counts.items():
        rows = [row for row in entry.rows if row.effect is effect][:_NAMED]
        for row in rows:
            # A way out has arrows of its own, from trunk to trunk.
            step = f": “{row.before or 'nothing'}” now, “{row.after or 'nothing'}” after publishing"
            said.append((effect, f"{row.label} {words.get(effect, effect.value)}{step}"))
        if number > len(rows):
            said.append((effect, f"{number - len(rows):,} more: {entry.kind.lower()}"))
    return said


_EDITS = {
    Effect.GAINS: "added",
    Effect.LOSES: "removed",
    Effect.MOVES: "moved",
    Effect.CHANGES: "edited",
}


def _edited(kind: str, effect: Effect, number: int) -> tuple[Effect, str]:
    return effect, f"{kind}: {number:,} {_EDITS[effect]}"
