"""What the tests of publications over time do: edit, publish, and date it back."""

from datetime import UTC, datetime
from typing import Any

from e911portal import publishing
from e911portal.core import audit
from e911portal.core.models import Activation, Publication
from locations.models import Subnet


def finding_names() -> set[str]:
    """Return the names of what the draft's checks and its comparison find now."""
    return {publishing.finding_name(entry) for entry in publishing.plan().findings}


def publish(by: Any = None, comment: str = "") -> Publication:
    """Publish, with all warnings of the moment acknowledged."""
    return publishing.publish(by=by, comment=comment, acknowledged=finding_names())


def edited(model: Any = Subnet, **values: Any) -> None:
    """Edit every row of a model, with an audit row each."""
    for row in model.objects.all():
        for name, value in values.items():
            setattr(row, name, value)
        audit.update(row, by=None)


def activated(*moments: datetime) -> None:
    """Move activations to moments in the past, in their order."""
    for row, moment in zip(Activation.objects.order_by("pk"), moments, strict=True):
        Activation.objects.filter(pk=row.pk).update(at=moment)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 20, hour, minute, tzinfo=UTC)
