"""Pages of exports: choose a format, see what does not fit the product, download."""

import json
from pathlib import Path
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from e911portal import background, comparison, exporting, jobfiles
from e911portal.core.findings import Finding
from e911portal.core.htmx import SeeOther, is_partial, page_or_part, see_other
from e911portal.core.models import Job
from e911portal.forms import ExportForm
from e911portal.views.publication import grouped, require_sight

LATEST = 10
#: Format → name of the file to download.
NAMES = {
    "own": "e911portal.zip",
    "lync-csv": "lync.zip",
    "lync-ps": "lync.ps1",
    "teams-ps": "teams.ps1",
    "nena": "ali.txt",
    exporting.XLSX: "e911portal.xlsx",
}


def _mine(request: HttpRequest) -> Any:
    require_sight(request)
    return Job.objects.filter(kind=background.EXPORT, created_by=request.user)


@never_cache
def exports(request: HttpRequest) -> HttpResponse:
    """The form for a new export, and those of the last day."""
    jobs = _mine(request).order_by("-pk")[:LATEST]
    form = ExportForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        job = background.ask(
            background.EXPORT,
            by=request.user,
            at_once=comparison.is_little(),
            token=jobfiles.new(),
            name=NAMES[form.cleaned_data["format"]],
            **form.cleaned_data,
        )
        return SeeOther(reverse("export", args=[job.pk]))
    kept = [job for job in jobs if not job.is_finished or _file(job).exists()]
    context = {"form": form, "jobs": kept, "words": exporting.WORDS}
    return render(request, "exporting/exports.html", context, status=422 if form.errors else 200)


@never_cache
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an export is; at its end what does not fit, then the file."""
    job = get_object_or_404(_mine(request), pk=pk)
    url = reverse("export", args=[pk])
    if job.is_finished and is_partial(request):
        return see_other(request, url)
    context: dict[str, Any] = {"job": job, "poll_url": url, "groups": None}
    context["words"] = exporting.WORDS.get(job.payload["format"], "")
    path = _file(job)
    if job.state == Job.State.DONE and path.exists():
        context["size"] = path.stat().st_size
        context["groups"] = grouped(_findings(job))
    return page_or_part(request, "exporting/export.html", "core/work.html", context)


def download(request: HttpRequest, pk: int) -> FileResponse:
    """The file of an export, streamed; gone after a day."""
    job = get_object_or_404(_mine(request), pk=pk, state=Job.State.DONE)
    try:
        return FileResponse(_file(job).open("rb"), as_attachment=True, filename=job.payload["name"])
    except FileNotFoundError as error:
        raise Http404("The file is not kept any more.") from error


def _file(job: Job) -> Path:
    return jobfiles.directory(job.payload["token"]) / job.payload["name"]


def _findings(job: Job) -> list[Finding]:
    path = jobfiles.directory(job.payload["token"]) / background.FINDINGS
    return [comparison.finding(stored) for stored in json.loads(path.read_text(encoding="utf-8"))]
