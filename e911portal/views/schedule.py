"""Pages of publishing without a person: by itself, or at a time that was named."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from e911portal import scheduling
from e911portal.core import audit
from e911portal.core.htmx import SeeOther
from e911portal.core.models import Job, PublicationSchedule
from e911portal.forms import ScheduleForm
from e911portal.rights import may_publish
from e911portal.views.publication import require_right, require_sight


def schedule(request: HttpRequest) -> HttpResponse:
    """Whether the draft is published by itself, and what became of it last."""
    require_sight(request)
    found = scheduling.schedule()
    allowed = may_publish(request.user)
    if request.method == "POST":
        require_right(request)
        form = ScheduleForm(request.POST, instance=found)
        if form.is_valid():
            _save(form.instance, request)
            return SeeOther(reverse("schedule"))
    else:
        form = ScheduleForm(instance=found)
    # A form that was refused has changed what it was given.
    context = {"form": form if allowed else None, "schedule": scheduling.schedule()}
    context["waiting"] = scheduling.waiting()
    context["unmade"] = scheduling.unmade()
    context["may_publish"] = allowed
    return render(request, "publication/schedule.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _save(found: PublicationSchedule, request: HttpRequest) -> None:
    found.set_by = request.user
    if PublicationSchedule.objects.filter(pk=found.pk).exists():
        audit.update(found, by=request.user)
    else:
        audit.create(found, by=request.user)
    messages.success(request, f"{found}.")


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a publication that waits for its time."""
    require_right(request)
    job = get_object_or_404(Job, pk=pk, kind=scheduling.PUBLISH)
    if scheduling.cancel(job, by=request.user):
        messages.success(request, "It will not be published then.")
    else:
        messages.error(request, "It has begun already.")
    return SeeOther(reverse("schedule"))
