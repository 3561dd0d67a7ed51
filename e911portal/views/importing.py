"""Pages of imports: upload, plan, apply, undo, and the imports there were."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from e911portal import background, importing, jobfiles
from e911portal.core.htmx import SeeOther, is_partial, page_or_part, see_other
from e911portal.core.models import Job
from e911portal.core.permissions import can_add_any, holds_everywhere
from e911portal.forms import ImportForm
from locations.domain.effects import effects
from locations.models import ImportBatch, NetworkSite

SHOWN = 100
_KEY = re.compile(r"[0-9]{1,18}")
BATCHES = 50
#: What is planned, or written, while the page waits: about a second.
LITTLE_BYTES = 100_000
LITTLE_ROWS = 1_000


def may_import(user: Any) -> bool:
    """Tell whether ``user`` may add anything that a file can hold."""
    return can_add_any(user, (table.model_class for table in importing.TABLES.values()))


def _batches(user: Any) -> Any:
    if not (may_import(user) or holds_everywhere(user, "view", ImportBatch)):
        raise Http404
    return ImportBatch.objects.visible_to(user).select_related("by").defer("operations", "applied")


@never_cache
def imports(request: HttpRequest) -> HttpResponse:
    """The form for a new import, and the imports there were, newest first."""
    batches = _batches(request.user)
    allowed = may_import(request.user)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    if sent and not allowed:
        raise Http404
    form = ImportForm(*sent, user=request.user, initial=_pasted_before(request))
    if sent and form.is_valid():
        token, names = jobfiles.keep(form.sources())
        size = sum(len(content) for _, content in form.sources())
        job = background.ask(
            background.PLAN_IMPORT,
            by=request.user,
            at_once=size <= LITTLE_BYTES,
            token=token,
            names=names,
            **form.options(),
        )
        if job.state != Job.State.FAILED:
            return SeeOther(_url_of(job))
        form.add_error(None, job.message)
    context = {
        "form": form if allowed else None,
        "batches": batches.order_by("-pk")[:BATCHES],
    }
    return render(request, "importing/imports.html", context, status=422 if sent else 200)


def _planning(user: Any) -> Any:
    return Job.objects.filter(kind=background.PLAN_IMPORT, created_by=user)


def _pasted_before(request: HttpRequest) -> dict[str, Any]:
    """Return the form as it was sent for the job that the URL names, while its text is kept."""
    key = request.GET.get("job", "")
    job = _planning(request.user).filter(pk=int(key)).first() if _KEY.fullmatch(key) else None
    text = _pasted_text(job)
    if job is None or text is None:
        return {}
    options = ("dialect", "mask", "delete_missing")
    return {
        "text": text,
        "site": NetworkSite.objects.filter(name=job.payload["site"]).first(),
        **{name: job.payload[name] for name in options},
    }


def _pasted_text(job: Job | None) -> str | None:
    if job is None or jobfiles.PASTED not in job.payload["names"]:
        return None
    try:
        files = dict(jobfiles.load(job.payload["token"], job.payload["names"]))
    except FileNotFoundError:
        return None
    return files[jobfiles.PASTED].decode()


def _correct_url(job: Job | None) -> str:
    """Return where the text that was pasted for ``job`` can be corrected; "" if it is not kept."""
    kept = job is not None and _pasted_text(job) is not None
    return f"{reverse('imports')}?job={job.pk}" if kept else ""


def _url_of(job: Job) -> str:
    batch = job.payload.get("batch")
    if job.state == Job.State.DONE and batch:
        return reverse("import", args=[batch])
    return reverse("import-job", args=[job.pk])


@never_cache
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an import is; htmx asks every second, and is sent on at the end."""
    mine = Job.objects.filter(kind__in=background.IMPORTS, created_by=request.user)
    found = get_object_or_404(mine, pk=pk)
    batch = found.payload.get("batch")
    if found.is_finished and batch:
        if found.state == Job.State.FAILED:
            messages.error(request, found.message)
        return see_other(request, reverse("import", args=[batch]))
    context = {"job": found, "poll_url": reverse("import-job", args=[pk])}
    if found.kind == background.PLAN_IMPORT and found.state == Job.State.FAILED:
        context["correct_url"] = _correct_url(found)
    return page_or_part(request, "importing/job.html", "core/work.html", context)


# ---------------------------------------------------------------- one import


def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """The plan row by row, what applying it means, and what became of it."""
    found = get_object_or_404(_batches(request.user), pk=pk)
    verdict, kind = request.GET.get("verdict", ""), request.GET.get("kind", "")
    total = sum(
        number
        for name, counted in found.counts.items()
        for word, number in counted.items()
        if kind in ("", name) and verdict in ("", word)
    )
    page = Paginator(range(total), SHOWN).get_page(request.GET.get("page"))
    first = (page.number - 1) * SHOWN
    context: dict[str, Any] = {
        "batch": found,
        "rows": _rows(found, verdict, kind, first),
        "page": page,
        "verdict": verdict,
        "kind": kind,
        "several_files": "," in found.file_name,
    }
    if is_partial(request):
        return render(request, "importing/rows.html", context)
    done = effects(found.plan_operations())
    context |= {
        "effects": done,
        "undo_effects": done.reversed(),
        "has_work": bool(done),
        "may_write": may_import(request.user) and _writable(request.user, pk).exists(),
        "job": _job_of(found),
    }
    if found.state == ImportBatch.State.PLANNED:
        planned_by = _planning(request.user).filter(payload__batch=pk).first()
        context["correct_url"] = _correct_url(planned_by)
    return render(request, "importing/batch.html", context)


def _writable(user: Any, pk: int) -> Any:
    return ImportBatch.objects.editable_by(user).filter(pk=pk)


def _rows(batch: ImportBatch, verdict: str, kind: str, first: int) -> list[importing.PlanRow]:
    if not kind:
        return batch.rows(verdict, first=first, limit=SHOWN)
    matching = (row for row in _all_rows(batch, verdict) if row.kind == kind)
    return list(islice(matching, first, first + SHOWN))


def _all_rows(batch: ImportBatch, verdict: str) -> Iterator[importing.PlanRow]:
    start = 0
    while rows := batch.rows(verdict, first=start, limit=batch.PART):
        yield from rows
        start += len(rows)


def _job_of(batch: ImportBatch) -> Job | None:
    """Return the job that applies or undoes ``batch`` just now."""
    states = (Job.State.QUEUED, Job.State.RUNNING)
    kinds = (background.APPLY_IMPORT, background.UNDO_IMPORT)
    found = Job.objects.filter(kind__in=kinds, state__in=states, payload__batch=batch.pk)
    return found.order_by("-pk").first()


@require_POST
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Write what was planned; a large plan is written by the worker."""
    return _settle(request, pk, background.APPLY_IMPORT, importing.apply, "applied")


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an applied import back."""
    return _settle(request, pk, background.UNDO_IMPORT, importing.undo, "undone")


def _settle(request: HttpRequest, pk: int, kind: str, verb: Any, done: str) -> HttpResponse:
    if not may_import(request.user):
        raise Http404
    found = get_object_or_404(_writable(request.user, pk))
    if sum(found.totals().values()) > LITTLE_ROWS:
        job = _job_of(found) or background.ask(kind, by=request.user, at_once=False, batch=found.pk)
        return SeeOther(reverse("import-job", args=[job.pk]))
    try:
        verb(batch=found, by=request.user)
    except importing.Refused as refusal:
        messages.error(request, f"Nothing was written. {refusal}")
    else:
        messages.success(request, f"{found} is {done}. Devices see it once it is published.")
    return SeeOther(reverse("import", args=[pk]))
