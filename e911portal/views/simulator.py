"""The simulator: where is it, and what would happen if it dialled 911.  The call path's own
answers."""

from contextlib import nullcontext
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from e911portal import publishing, simulation
from e911portal.core.htmx import page_or_part
from e911portal.core.snapshot import SnapshotError
from e911portal.forms import DressedForm, MomentField
from e911portal.rights import sees_all

NOTHING = "Nothing has been published yet. Ask the draft."


class Question(DressedForm):
    """What the device knows of itself, and what it dials.  Every field may stay empty."""

    bssid = forms.CharField(required=False, label="BSSID", help_text="Of its access point.")
    chassis = forms.CharField(required=False, label="Chassis id", help_text="Of its switch.")
    port = forms.CharField(required=False, label="Port id", help_text="Of its outlet.")
    ip = forms.CharField(required=False, label="IP address")
    mac = forms.CharField(required=False, label="MAC address")
    uri = forms.CharField(
        required=False, label="Caller", help_text="SIP URI or number of the user or endpoint."
    )
    dialled = forms.CharField(
        required=False, label="Dials", help_text="For example 911. Empty: only where it is."
    )
    against = forms.ChoiceField(
        required=False,
        label="Answer from",
        choices=(("active", "The active publication"), ("draft", "The draft, not yet published")),
    )

    at = MomentField(label="As it was at", help_text="Empty: as it is now.")

    def clean_at(self) -> Any:
        moment = self.cleaned_data["at"]
        if moment and moment > timezone.now():
            raise forms.ValidationError(
                "This lies ahead: only what was answered can be told. Leave it empty for now."
            )
        return moment

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("at") and values.get("against") == "draft":
            raise forms.ValidationError("What was answered then came from a publication.")
        return values


def simulator(request: HttpRequest) -> HttpResponse:
    """Question and answer in one page; the question is in the URL, so an answer can be shown to
    others."""
    if not sees_all(request.user):
        raise Http404
    form = Question(request.GET or None)
    context: dict[str, Any] = {"form": form, "asked": form.is_bound}
    if form.is_bound and form.is_valid():
        try:
            context |= _answer(form.cleaned_data)
            if form.cleaned_data["at"] and "error" not in context:
                context["then"] = publishing.answering_at(form.cleaned_data["at"])
        except (publishing.NotKept, SnapshotError) as error:
            context["error"] = str(error)
    elif form.is_bound:
        context["error"] = " ".join(text for texts in form.errors.values() for text in texts)
    return page_or_part(request, "simulator.html", "simulator_answer.html", context)


def _opened(question: dict[str, Any]) -> Any:
    if question["against"] == "draft":
        return publishing.draft_snapshot()
    if question["at"]:
        return nullcontext(publishing.snapshot_at(question["at"]))
    return nullcontext(publishing.active_snapshot())


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    with _opened(question) as snapshot:
        if snapshot is None:
            at = question["at"]
            return {"error": publishing.answering_at(at) if at else NOTHING}
        now = question["at"] or timezone.now()
        try:
            if question["dialled"]:
                return {"decision": simulation.trace(snapshot, _call(question), now=now)}
            clue = {name: question[name] for name in simulation.CLUES if question.get(name)}
            if not clue:
                return {"error": "Give at least one clue: a BSSID, a port, an address, a caller."}
            return {"resolution": simulation.resolve(snapshot, clue, now=now)}
        except ValueError as error:
            return {"error": str(error)}


def _call(question: dict[str, Any]) -> dict[str, str]:
    clues = {name: question[name] for name in ("ip", "bssid", "chassis", "port", "mac")}
    call = {
        "ruri": f"sip:{question['dialled']}@edge.invalid",
        "from_uri": question["uri"],
        "src_ip": question["ip"],
        **clues,
    }
    return {name: text for name, text in call.items() if text}
