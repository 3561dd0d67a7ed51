"""Pages of what the portal records of itself: the audit trail and background jobs."""

from typing import Any

import django_filters
import django_tables2 as tables
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import SafeString

from e911portal.core import audit, history
from e911portal.core.crud import READ_ONLY, CRUDView
from e911portal.core.filters import FilterSet
from e911portal.core.models import AuditEvent, Job
from e911portal.core.tables import StateColumn, Table, WhenColumn, WhenLinkColumn, state_badge


class EventFilter(FilterSet):
    search_fields = ("object_label", "actor_name", "action")

    object_type = django_filters.AllValuesFilter(label="Kind of object")
    actor_name = django_filters.AllValuesFilter(label="Who")
    via = django_filters.AllValuesFilter(label="By way of")
    since = django_filters.DateFilter(field_name="at", lookup_expr="date__gte", label="Since")

    class Meta:
        model = AuditEvent
        fields = ("object_type", "actor_name", "via", "publishable")


class EventTable(Table):
    default_order = ("-pk",)
    at = WhenLinkColumn(verbose_name="When")
    actor_name = tables.Column(verbose_name="Who", default="the system")
    object_label = tables.Column(verbose_name="What")

    class Meta(Table.Meta):
        model = AuditEvent
        fields = ("at", "actor_name", "action", "object_label", "via")


class Events(CRUDView):
    model, roles = AuditEvent, READ_ONLY
    filterset_class, table_class = EventFilter, EventTable
    list_template = "core/audit_list.html"
    detail_template = "core/audit_event.html"
    cards = (
        (
            "Change",
            (
                "at", "actor_name", "via", "action", "object_type", "object_id", "object_label",
                "publishable", "request_id", "previous_hash", "hash",
            ),
        ),
    )  # fmt: skip

    def more_context(self, obj: Any) -> dict[str, Any]:
        return {"changes": history.changes([obj], seen_by=self.request.user)}


def check_chain(request: HttpRequest) -> HttpResponse:
    """Follow the whole chain of hashes and say whether a row was altered or removed, at the end
    too."""
    get_object_or_404(AuditEvent.objects.visible_to(request.user).order_by("-pk")[:1])
    context = {
        "broken": audit.broken_link(),
        "lost": audit.lost_heads(settings.PUBLICATIONS_DIR),
        "total": AuditEvent.objects.count(),
        "head": audit.head(),
    }
    return render(request, "core/audit_chain.html", context)


class JobFilter(FilterSet):
    search_fields = ("kind", "message")

    class Meta:
        model = Job
        fields = ("state",)


class JobTable(Table):
    default_order = ("-pk",)
    created_at = WhenLinkColumn(verbose_name="Asked for")
    finished_at = WhenColumn(verbose_name="Ended")
    state = StateColumn()
    progress = tables.Column(verbose_name="Done")
    created_by = tables.Column(verbose_name="By", default="the system")

    class Meta(Table.Meta):
        model = Job
        fields = ("created_at", "kind", "state", "progress", "message", "created_by", "finished_at")

    def render_state(self, record: Job) -> SafeString:
        return state_badge(record.state, record.get_state_display())

    def render_progress(self, record: Job) -> str:
        return f"{record.progress} of {record.total}" if record.total else "—"


class Jobs(CRUDView):
    model, roles = Job, READ_ONLY
    filterset_class, table_class = JobFilter, JobTable
    select_related = ("created_by",)
    detail_template = "core/job.html"
    cards = (
        (
            "Job",
            (
                "kind", "created_by", "created_at", "started_at", "finished_at", "attempt",
                "lease_until", "not_before",
            ),
        ),
    )  # fmt: skip


def job_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The moving part of a job's page; htmx asks for it every second until the job has ended."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    return render(request, "core/job_progress.html", {"job": job})
