"""Pages of the security desk."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from notifications import queries
from notifications.actions import desk as desk_actions
from notifications.cards import Card, cards, html, payload
from notifications.models import DeskMessage
from routing.models import EmergencyCall


@never_cache
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """The desk: one card per open call, kept up to date by ``/desk/stream``."""
    # Read before the calls: what happens in between is sent again rather than missed.
    last = DeskMessage.objects.aggregate(last=Max("pk"))["last"] or 0
    now = timezone.now()
    seen, answer = queries.sight(request.user, "view"), queries.sight(request.user, "change")
    shown = cards(queries.open_calls(seen, now), answer=answer, now=now)
    form = {"person": person(request.user), "csrf_token": get_token(request)}
    recent = [call for call in queries.recent_calls(seen, now) if not queries.is_open(call, now)]
    context = {
        "has_desk": bool(seen),
        "cards": [html(card, **form) for card in shown],
        "recent": cards(recent, answer=answer, now=now),
        "desks": _desk_names(request),
        "last": last,
        "now": int(now.timestamp()),
        **form,
    }
    return render(request, "desk/desk.html", context)


@never_cache
@require_GET
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """One call: its card, its time line, and who was told with what success."""
    card = _card(request, pk)
    context = {
        "card": card,
        "events": card.call.events.order_by("at", "pk"),
        "notifications": card.call.notifications.select_related("desk").order_by("pk"),
        "person": person(request.user),
    }
    return render(request, "desk/call.html", context)


@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Acknowledge a call: 200, 409 when somebody was faster, 422 for a name that is too long.

    A script that accepts JSON gets the new card; a browser without scripts goes back to the desk.
    """
    answer = queries.sight(request.user, "change")
    row = get_object_or_404(queries.calls_in(answer), pk=pk)
    name = request.POST.get("name", "").strip() or person(request.user)
    error, status = "", 200
    try:
        desk_actions.acknowledge(
            call=row, name=name, note=request.POST.get("note", "").strip(), by=request.user
        )
    except desk_actions.AlreadyAcknowledged as conflict:
        error, status = str(conflict), 409
    except ValidationError as invalid:
        error, status = " ".join(invalid.messages), 422
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({**payload(_card(request, pk)), "error": error}, status=status)
    if status == 422:
        return render(request, "desk/refused.html", {"error": error}, status=422)
    return redirect("notifications:desk")


def _card(request: HttpRequest, pk: int) -> Card:
    row: EmergencyCall = get_object_or_404(
        queries.calls_in(queries.sight(request.user, "view")), pk=pk
    )
    answer = queries.sight(request.user, "change")
    return cards([row], answer=answer, now=timezone.now())[0]


def _desk_names(request: HttpRequest) -> list[str]:
    desks: Any = request.user.security_desks.order_by("name")  # type: ignore[union-attr]
    return list(desks.values_list("name", flat=True))


def person(user: Any) -> str:
    """Return the name a person acknowledges by, unless they enter another."""
    return user.get_full_name() or user.get_username() if isinstance(user, AbstractUser) else ""
