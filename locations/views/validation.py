"""Pages of validation: providers, MSAG ranges, runs with live progress; start a run, accept a
form."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from e911portal.core.crud import READ_ONLY, CRUDView
from e911portal.core.htmx import SeeOther
from locations import filters, forms, models, queries, tables
from locations.actions import validation


class Providers(CRUDView):
    model, form_class = models.ServiceProvider, forms.ProviderForm
    filterset_class, table_class = filters.ProviderFilter, tables.ProviderTable
    cards = (
        ("Service provider", ("dialect", "url", "is_active", "is_of_record")),
        ("Credentials", ("username", "password", "client_certificate", "certificate_password")),
        ("Limits", ("rate_per_second", "connect_timeout_s", "read_timeout_s")),
    )


class Ranges(CRUDView):
    model, form_class = models.MSAGRange, forms.RangeForm
    filterset_class, table_class = filters.RangeFilter, tables.RangeTable


class Runs(CRUDView):
    model, roles = models.ValidationRun, READ_ONLY
    filterset_class, table_class = filters.RunFilter, tables.RunTable
    select_related = ("provider", "job", "created_by")
    detail_template = "locations/run.html"

    def more_context(self, obj):
        verdicts = obj.verdicts.select_related("address", "provider").order_by("-pk")
        return {
            "job": obj.job,
            "verdicts": tables.VerdictTable(verdicts[:200], orderable=False),
        }


def run_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The moving part of a run's page; htmx asks for it every second until the run has ended."""
    run = get_object_or_404(models.ValidationRun.objects.visible_to(request.user), pk=pk)
    view = Runs()
    return render(request, "locations/run_progress.html", {"object": run, **view.more_context(run)})


@require_POST
def validate(request: HttpRequest) -> HttpResponse:
    """Start a run: of the address named by ``address``, else of all that have no valid verdict."""
    addresses = models.CivicAddress.objects.editable_by(request.user)
    chosen = request.POST.get("address", "")
    if chosen.isdigit():
        selected = [get_object_or_404(addresses, pk=chosen)]
    else:
        standings = queries.standings(addresses.order_by("pk"))
        selected = [entry.address for entry in standings if entry.status != "valid"]
    back = selected[0].get_absolute_url() if chosen else "locations:civicaddress-list"
    try:
        run = validation.start(by=request.user, addresses=selected)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(back)
    return SeeOther(run.get_absolute_url())


@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over the provider's spelling of an address, or one of its candidates."""
    editable = models.CivicAddress.objects.editable_by(request.user)
    verdict = get_object_or_404(
        models.AddressVerdict.objects.filter(address__in=editable).select_related("address"), pk=pk
    )
    candidate = request.POST.get("candidate", "")
    try:
        validation.accept(
            verdict=verdict,
            candidate=int(candidate) if candidate.isdigit() else None,
            by=request.user,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{verdict.address} counts as validated by the provider.")
    return SeeOther(verdict.address.get_absolute_url())
