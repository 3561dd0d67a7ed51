"""Imports: what a file would do, what it did, and what is needed to take it back."""

import json
import zlib
from collections.abc import Iterator
from typing import Any, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

from e911portal.core.permissions import Actor, ScopedQuerySet, holds_everywhere
from locations.domain.imports import BLOCKING, Operation, Plan, PlanRow, Verdict


def plain(value: Any) -> Any:
    """Return a column's value as the JSON type that plans and audit rows hold."""
    if value is None or isinstance(value, str | int | bool):
        return value
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


def packed(value: Any) -> bytes:
    """Return a JSON value compressed: a plan of 60,000 rows is 20 MB of text and 1 MB of bytes."""
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 1)


def unpacked(data: bytes | memoryview) -> Any:
    """Return the value that ``packed`` stored."""
    return json.loads(zlib.decompress(bytes(data))) if data else None


class ImportBatchQuerySet(ScopedQuerySet):
    """Imports are seen by who made them, and by who may see all of them."""

    def _restricted(self, user: Actor, action: str) -> Self:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if holds_everywhere(user, action, self.model):
            return self
        return self.filter(by=user)


class ImportBatch(models.Model):
    """One import: its plan, and once applied, all that is needed to undo it."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        APPLIED = "applied", "Applied"
        UNDONE = "undone", "Undone"
        REFUSED = "refused", "Refused"

    #: Rows of a plan kept per part; a page of the preview unpacks one or two of them.
    PART = 2_000

    file_name = models.CharField(max_length=250)
    sha256 = models.CharField(max_length=64)
    dialect = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)
    counts = models.JSONField(default=dict, help_text="Rows by kind and verdict.")
    base_revision = models.PositiveBigIntegerField(
        default=0, help_text="The last audit event that the plan knows of."
    )
    operations = models.BinaryField(help_text="What to write: compressed JSON.")
    applied = models.BinaryField(
        default=b"", help_text="Keys of the rows that were created: compressed JSON."
    )
    message = models.TextField(blank=True, help_text="Why it was refused.")
    created_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "import batches"

    def __str__(self) -> str:
        return f"Import {self.pk} of {self.file_name}"

    @classmethod
    def store(cls, plan: Plan, *, by: Any) -> "ImportBatch":
        """Keep ``plan`` for a preview and for applying; return its row."""
        with transaction.atomic():
            batch = cls.objects.create(
                file_name=plan.file_name[:250],
                sha256=plan.sha256,
                dialect=plan.dialect[:80],
                counts=plan.counts(),
                base_revision=plan.base_revision,
                operations=packed([operation.as_list() for operation in plan.operations]),
                by=by if getattr(by, "pk", None) else None,
            )
            ImportPart.objects.bulk_create(_parts(batch, plan.rows), batch_size=50)
        return batch

    def plan_operations(self) -> list[Operation]:
        """Return what applying writes."""
        return [Operation.from_list(stored) for stored in unpacked(self.operations) or ()]

    def rows(self, verdict: str = "", *, first: int = 0, limit: int = 0) -> list[PlanRow]:
        """Return rows of the plan, worst verdict first, then in file order.

        ``verdict`` keeps one kind only; ``first`` and ``limit`` cut a page (0: all that follow).
        """
        parts = self.parts.filter(verdict=verdict) if verdict else self.parts.all()
        result: list[PlanRow] = []
        skip = first
        for key, size in parts.order_by("position").values_list("pk", "size"):
            if skip >= size:
                skip -= size
                continue
            stored = unpacked(ImportPart.objects.values_list("content", flat=True).get(pk=key))
            result += [PlanRow.from_list(row) for row in stored[skip:]]
            skip = 0
            if limit and len(result) >= limit:
                return result[:limit]
        return result

    def totals(self) -> dict[str, int]:
        """Return how many rows have each verdict, in the order in which ``rows`` returns them."""
        found = {
            verdict.value: sum(counted.get(verdict.value, 0) for counted in self.counts.values())
            for verdict in Verdict
        }
        return {verdict: number for verdict, number in found.items() if number}

    @property
    def is_blocked(self) -> bool:
        """Whether conflicts or errors keep the plan from being applied."""
        totals = self.totals()
        return any(verdict.value in totals for verdict in BLOCKING)


class ImportPart(models.Model):
    """Some rows of a plan, all of one verdict."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="parts")
    verdict = models.CharField(max_length=9)
    position = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="import_part_once")
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.verdict} {self.position}"


def _parts(batch: ImportBatch, rows: list[PlanRow]) -> Iterator[ImportPart]:
    position = 0
    for verdict in Verdict:
        chosen = [row for row in rows if row.verdict is verdict]
        for start in range(0, len(chosen), ImportBatch.PART):
            part = chosen[start : start + ImportBatch.PART]
            content = packed([row.as_list() for row in part])
            yield ImportPart(
                batch=batch, verdict=verdict, position=position, size=len(part), content=content
            )
            position += 1
