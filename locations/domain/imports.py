"""What an import would do, as data: one line per row of the file, and the writes to the database.

The planner fills a ``Plan``, an import batch stores it, the apply verb executes its operations, and
page, API and command show its rows.  Everything here is made of JSON types.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from e911portal.core.findings import Finding, Severity, Subject


class Verdict(StrEnum):
    """What becomes of one row of the file."""

    ERROR = "error"  # cannot be understood or is not valid
    CONFLICT = "conflict"  # contradicts another row, or something its importer may not change
    DELETE = "delete"
    ADD = "add"
    CHANGE = "change"
    INFO = "info"  # understood, nothing to do for it here
    UNCHANGED = "unchanged"


#: A plan with one of these is not applied.
BLOCKING = frozenset({Verdict.ERROR, Verdict.CONFLICT})
#: Documented codes under which rows appear as findings.
CODES = {Verdict.ERROR: "IMP001", Verdict.CONFLICT: "IMP002", Verdict.INFO: "IMP003"}


@dataclass(slots=True)
class PlanRow:
    """One row of the file: where it stands, what it is about, what it does, what is wrong with it.

    ``differences`` are (field, before, after) in words for people; ``notes`` name what happens
    beside (an ERL added, a location lost); ``column`` and ``value`` locate a problem.
    """

    verdict: Verdict
    file: str
    line: int
    kind: str = ""
    label: str = ""
    differences: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    column: str = ""
    value: str = ""
    message: str = ""
    remedy: str = ""

    def as_list(self) -> list[Any]:
        """Return the row as a JSON list: 60,000 of them are stored with a plan."""
        return [
            self.verdict.value, self.file, self.line, self.kind, self.label, self.differences,
            self.notes, self.column, self.value, self.message, self.remedy,
        ]  # fmt: skip

    @classmethod
    def from_list(cls, stored: list[Any]) -> "PlanRow":
        """Return the row that ``as_list`` wrote."""
        verdict, file, line, kind, label, differences, *rest = stored
        triples = [(name, before, after) for name, before, after in differences]
        return cls(Verdict(verdict), file, line, kind, label, triples, *rest)

    def finding(self) -> Finding | None:
        """Return a conflict, error or notice as a finding that names line, column and value."""
        if self.verdict not in CODES:
            return None
        severity = Severity.INFO if self.verdict is Verdict.INFO else Severity.ERROR
        where = f"{self.file} line {self.line}"
        if self.column:
            where += f", {self.column}"
        subject = Subject("locations.importbatch", None, where)
        return Finding(severity, CODES[self.verdict], self.message, subject, self.remedy)


class Action(StrEnum):
    """What an operation does to one row of the database."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(slots=True)
class Operation:
    """One row of the database to create, update or delete.

    ``ref`` is its key, or a negative number for a row that does not exist yet; foreign keys in
    ``after`` may hold such numbers too.  ``before`` has the values the plan was made against: of
    the changed fields for an update, of all fields for a deletion.  ``key`` has the fields by which
    a row to be created is unique.
    """

    action: Action
    model: str
    ref: int
    label: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    key: tuple[str, ...] = ()

    def as_list(self) -> list[Any]:
        """Return the operation as a JSON list."""
        return [
            self.action.value, self.model, self.ref, self.label, self.before, self.after, self.key
        ]  # fmt: skip

    @classmethod
    def from_list(cls, stored: list[Any]) -> "Operation":
        """Return the operation that ``as_list`` wrote."""
        action, model, ref, label, before, after, key = stored
        return cls(Action(action), model, ref, label, before, after, tuple(key))


@dataclass(slots=True)
class Plan:
    """What importing some files would do to the database as it was at ``base_revision``."""

    file_name: str
    sha256: str
    dialect: str
    base_revision: int
    rows: list[PlanRow] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many rows of each kind have each verdict."""
        return counts(self.rows)

    @property
    def problems(self) -> list[PlanRow]:
        """Return the rows that keep the plan from being applied."""
        return [row for row in self.rows if row.verdict in BLOCKING]


def counts(rows: Iterable[PlanRow]) -> dict[str, dict[str, int]]:
    """Return how many rows of each kind have each verdict."""
    counted = Counter((row.kind, row.verdict) for row in rows)
    result: dict[str, dict[str, int]] = {}
    for (kind, verdict), number in counted.items():
        result.setdefault(kind, {})[verdict.value] = number
    return result
