"""Health of the portal for monitors and load balancers: alive, ready, and figures for
Prometheus."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from e911portal.core.models import AuditEvent, Job, Publication
from routing.models import EmergencyCall


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers; 503 when not.  The state of publication is told, but does not count:
    the portal works before the first one."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        active = Publication.objects.filter(state=Publication.State.ACTIVE).first()
    except DatabaseError:
        return JsonResponse({"ready": False, "database": "unreachable"}, status=503)
    return JsonResponse(
        {
            "ready": True,
            "database": "ok",
            "publication": active.number if active else None,
            "publication_age_s": _age(active),
        }
    )


def _age(publication: Publication | None) -> int | None:
    if publication is None or publication.activated_at is None:
        return None
    return int((timezone.now() - publication.activated_at).total_seconds())


@login_not_required
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures in Prometheus' text format; they come from the database, so any process may be
    asked."""
    registry = CollectorRegistry()

    def gauge(name: str, text: str, value: float) -> None:
        Gauge(f"e911portal_{name}", text, registry=registry).set(value)

    active = Publication.objects.filter(state=Publication.State.ACTIVE).first()
    watermark = active.audit_watermark if active else 0
    jobs = Job.objects.aggregate(
        waiting=Count("pk", filter=Q(state=Job.State.QUEUED)),
        running=Count("pk", filter=Q(state=Job.State.RUNNING)),
        failed=Count("pk", filter=Q(state=Job.State.FAILED)),
    )
    calls = EmergencyCall.objects.aggregate(
        all=Count("pk", filter=Q(is_test=False)), tests=Count("pk", filter=Q(is_test=True))
    )
    gauge("publication_number", "Number of the active publication", active.number if active else 0)
    gauge("publication_age_seconds", "Age of the active publication", _age(active) or 0)
    gauge(
        "unpublished_changes",
        "Changes that devices do not see yet",
        AuditEvent.objects.unpublished_since(watermark).count(),
    )
    for state, count in jobs.items():
        gauge(f"jobs_{state}", f"Background jobs {state}", count)
    gauge("emergency_calls", "Emergency calls on record", calls["all"])
    gauge("test_calls", "Test calls on record", calls["tests"])
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
