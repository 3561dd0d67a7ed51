"""What writing the operations of an import means: how many rows of each kind, and what becomes of
the places of elements."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from locations.domain.imports import Action, Operation

#: The column by which an element of the wire map is mapped.
ERL = "erl_id"


@dataclass(slots=True)
class Effects:
    """Rows by model (``locations.switchport``) that are created, updated and deleted; and of the
    elements among them, how many gain, change or lose their ERL."""

    created: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    deleted: Counter[str] = field(default_factory=Counter)
    gained: int = 0
    moved: int = 0
    lost: int = 0

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.deleted)

    def reversed(self) -> "Effects":
        """Return what taking the same operations back means."""
        return Effects(
            created=self.deleted,
            updated=self.updated,
            deleted=self.created,
            gained=self.lost,
            moved=self.moved,
            lost=self.gained,
        )


def effects(operations: Iterable[Operation]) -> Effects:
    """Count what ``operations`` do.

    An element that is created with a place gains one, and one that is deleted with a place loses
    it.
    """
    result = Effects()
    kinds = {
        Action.CREATE: result.created,
        Action.UPDATE: result.updated,
        Action.DELETE: result.deleted,
    }
    for operation in operations:
        kinds[operation.action][operation.model] += 1
        before, after = operation.before.get(ERL), operation.after.get(ERL)
        touched = operation.action is not Action.UPDATE or ERL in operation.after
        if not touched or before == after:
            continue
        if before is None:
            result.gained += 1
        elif after is None:
            result.lost += 1
        else:
            result.moved += 1
    return result
