"""Changes: what a publication would do to the answers, as data for pages, API, commands and the
gate."""

from dataclasses import dataclass, field
from enum import StrEnum


class Effect(StrEnum):
    """What becomes of an element's answer."""

    GAINS = "gains"  # a location, policy or way out that it did not have
    LOSES = "loses"
    MOVES = "moves"  # another location, policy or way out
    CHANGES = "changes"  # the same one with other content


@dataclass(frozen=True, slots=True)
class Change:
    """One element whose answer would change.  ``before`` and ``after`` are words for people."""

    kind: str
    label: str
    effect: Effect
    before: str
    after: str


@dataclass(slots=True)
class ChangeSet:
    """All changes of one kind of element: how many by effect, and the first of them to look at."""

    kind: str
    counts: dict[Effect, int] = field(default_factory=dict)
    rows: list[Change] = field(default_factory=list)

    #: Rows kept for showing; the counts are complete.
    SHOWN = 500

    @property
    def is_full(self) -> bool:
        """Whether further changes are only counted: then nobody needs to put them into words."""
        return len(self.rows) >= self.SHOWN

    def count(self, effect: Effect, times: int = 1) -> None:
        """Count a change, or several alike."""
        self.counts[effect] = self.counts.get(effect, 0) + times

    def add(self, label: str, effect: Effect, before: str, after: str, *, times: int = 1) -> None:
        """Count a change (``times``: of so many elements) and keep it if there is room."""
        self.count(effect, times)
        if not self.is_full:
            self.rows.append(Change(self.kind, label, effect, before, after))

    @property
    def total(self) -> int:
        """Return the number of changes."""
        return sum(self.counts.values())
