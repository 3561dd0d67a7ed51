"""Reads that span desks, calls and people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from e911portal.core.permissions import Actor, holds_everywhere, permitted_sites
from locations.domain import pidflo
from locations.models import FloorPlanMark
from notifications.domain.fanout import CallFacts, Desk, Outlet
from notifications.domain.wording import CallStory
from notifications.models import SecurityDesk
from routing.domain.calls import place
from routing.models import EmergencyCall

#: A test call leaves the desk by itself after this long.
TEST_CALL_SHOWN = timedelta(minutes=10)
#: A call whose end was never reported (the SIP edge was restarted) is not in progress for ever.
LONGEST_CALL = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Sight:
    """Which calls a person may see or answer for: all, or those of sites and of subscriptions."""

    everything: bool = False
    is_on_desk: bool = False
    sites: frozenset[int] = frozenset()
    policies: frozenset[str] = frozenset()
    erls: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.everything or self.is_on_desk or bool(self.sites)

    def condition(self) -> Q:
        """Return the restriction of ``EmergencyCall`` rows."""
        if self.everything:
            return Q()
        seen = Q(site__in=self.sites)
        if self.is_on_desk:
            # A call from nowhere known concerns every desk; see ``fanout.reasons_to_tell``.
            seen |= Q(site__isnull=True)
            seen |= Q(policy_name__in=self.policies) | Q(erl_name__in=self.erls)
        return seen


def sight(user: Actor, action: str) -> Sight:
    """Return what ``user`` may ``view``, or answer for (``change``), of emergency calls.

    Members of a desk may do both with the calls of their desk; sites and regions give the same
    rights as on everything else.
    """
    if not user.is_authenticated or not user.is_active:
        return Sight()
    if holds_everywhere(user, action, EmergencyCall):
        return Sight(everything=True)
    desks = _desks(SecurityDesk.objects.filter(members=user.pk))
    sites = frozenset(permitted_sites(user, action).values_list("pk", flat=True))
    return Sight(
        everything=any(not desk.sites for desk in desks),
        is_on_desk=bool(desks),
        sites=sites.union(*(desk.sites | desk.subscribed_sites for desk in desks)),
        policies=frozenset().union(*(desk.policies for desk in desks)),
        erls=frozenset().union(*(desk.erls for desk in desks)),
    )


def calls_in(seen: Sight) -> QuerySet[EmergencyCall]:
    """Return the calls in sight, with what a card shows of them."""
    return EmergencyCall.objects.filter(seen.condition()).select_related(
        "site", "acknowledgement", "acknowledgement__desk"
    )


def open_calls(seen: Sight, now: datetime) -> list[EmergencyCall]:
    """Return the calls that stand on the desk: first those nobody acknowledged, the oldest first.

    A call stays until it is acknowledged and over; a test call needs no acknowledgement.
    """
    waiting = Q(acknowledgement__isnull=True, is_test=False)
    running = ~Q(state__in=EmergencyCall.OVER) & Q(at__gt=now - LONGEST_CALL)
    recent_test = Q(is_test=True, acknowledgement__isnull=True, at__gt=now - TEST_CALL_SHOWN)
    rows = calls_in(seen).filter(waiting | (running & Q(is_test=False)) | recent_test)
    return sorted(rows, key=lambda call: (not needs_answer(call), call.at, call.pk))


def recent_calls(seen: Sight, now: datetime) -> QuerySet[EmergencyCall]:
    """Return the acknowledged calls of the last day, the newest first."""
    return (
        calls_in(seen)
        .filter(acknowledgement__isnull=False, at__gt=now - timedelta(days=1))
        .order_by("-at", "-pk")[:20]
    )


def is_open(call: EmergencyCall, now: datetime) -> bool:
    """Tell whether the call stands on the desk; the rule of ``open_calls`` for one loaded row."""
    acknowledged = hasattr(call, "acknowledgement")
    if call.is_test:
        return not acknowledged and call.at > now - TEST_CALL_SHOWN
    return not acknowledged or (
        call.state not in EmergencyCall.OVER and call.at > now - LONGEST_CALL
    )


def needs_answer(call: EmergencyCall) -> bool:
    """Tell whether the alarm sounds for the call: a real one that nobody acknowledged."""
    return not call.is_test and not hasattr(call, "acknowledgement")


def desks() -> tuple[Desk, ...]:
    """Return all security desks as the fan-out needs them, by name."""
    return _desks(SecurityDesk.objects.all())


def _desks(rows: QuerySet[Any]) -> tuple[Desk, ...]:
    related = ("sites", "channels", "subscriptions__location_policy", "subscriptions__erl")
    return tuple(_desk(row) for row in rows.order_by("name").prefetch_related(*related))


def _desk(row: SecurityDesk) -> Desk:
    subscriptions = list(row.subscriptions.all())
    return Desk(
        key=row.pk,
        name=row.name,
        sites=frozenset(site.pk for site in row.sites.all()),
        policies=frozenset(s.location_policy.name for s in subscriptions if s.location_policy),
        subscribed_sites=frozenset(s.site_id for s in subscriptions if s.site_id),
        erls=frozenset(s.erl.name for s in subscriptions if s.erl),
        outlets=tuple(
            Outlet(channel.pk, channel.transport, channel.address)
            for channel in sorted(row.channels.all(), key=lambda channel: channel.pk)
            if channel.is_enabled
        ),
    )


def facts(call: EmergencyCall) -> CallFacts:
    """Return what decides who is told of the call; URIs as the policy was published with them."""
    notify = call.decision.get("notify")
    uris = [
        entry.get("uri") if isinstance(entry, dict) else entry
        for entry in (notify if isinstance(notify, list) else ())
    ]
    return CallFacts(
        policy=call.policy_name,
        site=call.site_id,
        erl=call.erl_name,
        uris=tuple(uri[:250] for uri in uris if isinstance(uri, str) and uri.strip()),
    )


def _sent(call: EmergencyCall) -> tuple[Mapping[str, str], tuple[float, float] | None]:
    """The civic address of the call; where its decision names none, what its document says."""
    civic = place(call.decision).civic
    if civic or not call.pidf_lo:
        return civic, None
    try:
        location = pidflo.read(call.pidf_lo.encode()).location
    except ValueError:
        return civic, None
    point = location.point
    return location.civic, (point.lat, point.lon) if point else None


def story(call: EmergencyCall) -> CallStory:
    """Return the call as its messages tell it, with times as they are at its site."""
    civic, point = _sent(call)
    found = place(call.decision)
    zone = ZoneInfo(call.site.time_zone) if call.site else timezone.get_default_timezone()
    path = reverse("notifications:desk-call", args=[call.pk])
    return CallStory(
        reference=call.call_ref,
        at=call.at.astimezone(zone),
        is_test=call.is_test,
        is_decided=bool(call.decision),
        caller_name=call.caller_name,
        caller_uri=call.caller_uri,
        callback_number=call.callback_number,
        dialled=call.dialled,
        civic=civic,
        point=point,
        confidence=call.confidence,
        tier=found.tier,
        age_s=found.age_s,
        site=call.site_name,
        erl=call.erl_name,
        policy=call.policy_name,
        trunk=call.trunk,
        state=call.get_state_display(),
        link=f"{settings.PORTAL_URL.rstrip('/')}{path}",
    )


def floor_plans(erl_names: set[str]) -> dict[str, FloorPlanMark]:
    """Return where each ERL is marked on a floor plan; what is on no plan is missing."""
    marks = FloorPlanMark.objects.filter(erl__name__in=erl_names).select_related("plan", "erl")
    return {mark.erl.name: mark for mark in marks.order_by("-pk") if mark.erl}
