"""The card of a call on the security desk, as the page shows it and as the stream sends it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from notifications import queries
from notifications.domain import wording
from notifications.domain.wording import CallStory
from routing.domain import timeline
from routing.models import EmergencyCall

log = logging.getLogger(__name__)

#: Icon and Bootstrap colour of each confidence; the words beside it are in ``wording``.
_SURE = {"validated": "green", "unvalidated": "red", "manual": "orange"}


#: What is shown where the template fails: no icon, no form, every fact that the law wants.
_BARE_CARD = (
    '<article class="call call-new" id="call-{pk}" data-call="{pk}" data-since="{since}" '
    'data-rank="{rank}" {sounds}><h2 class="call-number">{kind}: {number}</h2><p>{caller}</p>'
    '<p class="call-street">{location}</p></article>'
)
_BARE_ROW = '<li data-past="{pk}">{kind}: {caller} <span>{location}</span></li>'


@dataclass(frozen=True, slots=True)
class Card:
    """One call ready for the template ``desk/card.html``."""

    call: EmergencyCall
    story: CallStory
    is_open: bool
    sounds: bool
    may_acknowledge: bool
    #: Moment after which a test call leaves the screen by itself, in seconds since 1970.
    expires: int | None
    plan: Any

    @property
    def acknowledgement(self) -> Any:
        return getattr(self.call, "acknowledgement", None)

    @property
    def street(self) -> str:
        return wording.street(self.story.civic)

    @property
    def inside(self) -> str:
        return wording.inside(self.story.civic)

    @property
    def location_line(self) -> str:
        return wording.location_line(self.story)

    @property
    def elements(self) -> dict[str, str]:
        return wording.elements(self.story.civic)

    @property
    def caller(self) -> str:
        return wording.caller(self.story)

    @property
    def confidence(self) -> str:
        return wording.confidence_words(self.story)

    @property
    def colour(self) -> str:
        colour = _SURE.get(self.story.confidence, "orange")
        return "orange" if colour == "green" and wording.is_guessed(self.story) else colour

    @property
    def without_location(self) -> bool:
        """Whether the trunk that has the call carries no location, so that the PSAP has none."""
        return timeline.takes_no_location(self.call.decision, self.call.trunk)

    @property
    def conference(self) -> str:
        """Conference URI and mode in words; empty if the provider conferences nobody in."""
        data = self.call.decision.get("conference")
        if not isinstance(data, dict) or not data.get("uri"):
            return ""
        mode = {"oneway": "the desk listens", "twoway": "the desk listens and speaks"}
        said = mode.get(str(data.get("mode", "")).lower().replace("-", ""))
        return f"{data['uri']}, {said}" if said else str(data["uri"])


def cards(calls: Iterable[EmergencyCall], *, answer: queries.Sight, now: datetime) -> list[Card]:
    """Return the cards of ``calls``, rows of ``queries.calls_in``, for somebody who may acknowledge
    what is in the sight ``answer``."""
    rows = list(calls)
    answerable = set(
        queries.calls_in(answer)
        .filter(pk__in=[call.pk for call in rows])
        .values_list("pk", flat=True)
    )
    plans = queries.floor_plans({call.erl_name for call in rows if call.erl_name})
    return [_card(call, call.pk in answerable, plans.get(call.erl_name), now) for call in rows]


def _card(call: EmergencyCall, may_acknowledge: bool, plan: Any, now: datetime) -> Card:
    is_open = queries.is_open(call, now)
    expires = int((call.at + queries.TEST_CALL_SHOWN).timestamp()) if call.is_test else None
    return Card(
        call=call,
        story=queries.story(call),
        is_open=is_open,
        sounds=may_acknowledge and queries.needs_answer(call),
        may_acknowledge=may_acknowledge and not hasattr(call, "acknowledgement"),
        expires=expires,
        plan=plan,
    )


def payload(card: Card) -> dict[str, Any]:
    """Return the present state of a call for the page's script.

    ``html`` is the card, ``row`` the line in the list of past calls. The page fills in the person's
    name and its token by itself, so that one rendering serves everybody with the same rights.
    """
    return {
        "call": card.call.pk,
        "open": card.is_open,
        "acknowledged": card.acknowledgement is not None,
        "say": f"{'Test call' if card.call.is_test else 'Emergency call'} from {card.caller}, "
        f"{card.location_line}",
        "html": html(card),
        "row": _rendered("desk/past_call.html", {"card": card}, _BARE_ROW, card),
    }


def html(card: Card, **context: Any) -> SafeString:
    """Return the card as HTML; ``context`` is the ``person`` and ``csrf_token`` of a page."""
    return _rendered("desk/card.html", {"card": card, **context}, _BARE_CARD, card)


def _rendered(template: str, context: dict[str, Any], bare: str, card: Card) -> SafeString:
    try:
        return render_to_string(template, context)
    except Exception:
        # One call that cannot be shown in full must hide neither itself nor those after it.
        log.exception("call %s is shown without its card", card.call.pk)
        return format_html(
            bare,
            pk=card.call.pk,
            since=int(card.call.at.timestamp()),
            kind="TEST CALL" if card.call.is_test else "EMERGENCY CALL",
            rank=int(card.call.is_test or card.acknowledgement is not None),
            sounds="data-sounds" if card.sounds else "data-quiet",
            number=card.call.callback_number or "number unknown",
            caller=card.caller,
            location=card.location_line,
        )
