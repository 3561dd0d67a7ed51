"""Recording what is reported about emergency calls."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.db import models

from locations.models import NetworkSite
from routing.domain.calls import Report, Summary, summarise
from routing.models import CallEvent, EmergencyCall


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a report: ``is_new`` unless it was known; ``call`` if it is about one."""

    call: EmergencyCall | None
    is_new: bool


def record(*, report: Report) -> Recorded:
    """Store a report once, and bring the call it is about up to date with all reports about it.

    Runs in the caller's transaction; the caller serialises concurrent recording.
    """
    if CallEvent.objects.filter(event_id=report.event_id).exists():
        return Recorded(call=None, is_new=False)
    call = None
    if report.call_ref:
        call, _ = EmergencyCall.objects.get_or_create(
            call_ref=report.call_ref, defaults={"at": report.at}
        )
    CallEvent.objects.create(
        call=call, event_id=report.event_id, kind=report.kind, at=report.at, data=report.data
    )
    if call:
        _update(call, summarise(map(_report, call.events.all())))
    return Recorded(call=call, is_new=True)


def _report(event: CallEvent) -> Report:
    data: Mapping[str, Any] = event.data
    return Report(
        event_id=event.event_id,
        kind=event.kind,
        at=event.at,
        call_ref="",
        call_id=str(data.get("call_id") or ""),
        data=data,
    )


def _update(call: EmergencyCall, summary: Summary) -> None:
    for column in fields(summary):
        value = getattr(summary, column.name)
        model_field = EmergencyCall._meta.get_field(column.name)
        if isinstance(model_field, models.CharField):
            value = str(value)[: model_field.max_length]
        setattr(call, column.name, value)
    # The name is what was answered; the row is found by it as long as the site is called so.
    call.site = NetworkSite.objects.filter(name=summary.site_name).first()
    call.save()
