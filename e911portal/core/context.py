"""What every page shows around its content."""

from typing import Any

from django.http import HttpRequest

from e911portal.core.models import AuditEvent, Publication


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the active publication and the number of changes that devices do not see yet."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    active = Publication.objects.filter(state=Publication.State.ACTIVE).first()
    watermark = active.audit_watermark if active else 0
    return {
        "active_publication": active,
        "unpublished_changes": AuditEvent.objects.unpublished_since(watermark).count(),
    }
