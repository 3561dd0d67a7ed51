"""What is known of an emergency call, from the reports about it.

Reports come from the call path and the SIP edge at least once and in any order, and one that cannot
be read must not hold up those behind it.  So reading is total, and what a call looks like is a
function of the *set* of its reports: the same in whatever order, and however often, they arrive.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

ID_LENGTH = 64
REF_LENGTH = 255
_DEPTH = 40


class CallState(StrEnum):
    """How far a call has come, in rising order; a call never goes back.

    An answer outranks a failure and a hang-up: both are reported when a CANCEL crosses the 200 on
    the wire (RFC 3261 §9.1), and then the call goes on.
    """

    ROUTING = "routing"
    RINGING = "ringing"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ANSWERED = "answered"
    ENDED = "ended"


_RANK = {state: rank for rank, state in enumerate(CallState)}
_STATE_AFTER = {
    "call_routed": CallState.ROUTING,
    "call_ringing": CallState.RINGING,
    "call_failed": CallState.FAILED,
    "caller_cancel": CallState.CANCELLED,
    "call_answered": CallState.ANSWERED,
    "call_ended": CallState.ENDED,
}
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Report:
    """One thing reported. ``call_ref`` is empty when it is not about a call (a gateway's state)."""

    event_id: str
    kind: str
    at: datetime
    call_ref: str
    call_id: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """The location of a call as the decision states it; empty strings where it says nothing."""

    erl: str = ""
    site: str = ""
    civic: Mapping[str, str] = field(default_factory=dict)
    #: Tier of the evidence that led there, and how old that evidence was, in seconds.
    tier: str = ""
    age_s: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What all reports about one call say together; fields are the columns of ``EmergencyCall``."""

    call_id: str
    at: datetime
    state: CallState
    is_test: bool = False
    caller_uri: str = ""
    caller_name: str = ""
    callback_number: str = ""
    dialled: str = ""
    site_name: str = ""
    erl_name: str = ""
    policy_name: str = ""
    tag: str = ""
    publication: int | None = None
    confidence: str = ""
    location: Mapping[str, Any] = field(default_factory=dict)
    pidf_lo: str = ""
    decision: Mapping[str, Any] = field(default_factory=dict)
    trunk: str = ""
    mode: str = ""
    answered_at: datetime | None = None
    ended_at: datetime | None = None


def read(raw: object, *, now: datetime) -> Report:
    """Return the report in ``raw``, one JSON value of the events interface. Never raises.

    What has no ``id`` gets the digest of its content, so that its repetition is recognised too;
    what has no readable ``at`` happened ``now``; a call that has no ``call_ref`` goes by its
    ``call_id``.
    """
    content = _storable(raw)
    values: dict[str, Any] = content if isinstance(content, dict) else {"raw": content}
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    kind = _text(values.get("event"))[:40] or UNREADABLE
    event_id = _bounded(_text(values.get("id")), ID_LENGTH) or digest[:ID_LENGTH]
    call_id = _text(values.get("call_id"))[:REF_LENGTH]
    call_ref = _bounded(_text(values.get("call_ref")) or call_id, REF_LENGTH)
    if kind in _STATE_AFTER:
        call_ref = call_ref or event_id  # an emergency call that nobody named is still a call
    elif kind.startswith("gateway_"):
        call_ref = ""
    if values.get("mode") == "callback":
        call_ref = ""  # the PSAP calling back is no new emergency call
    return Report(event_id, kind, _moment(values.get("at")) or now, call_ref, call_id, values)


def summarise(reports: Iterable[Report]) -> Summary:
    """Return what the reports about one call say together, whatever their order.

    Raises ``ValueError`` when there is none.
    """
    known = sorted(reports, key=lambda report: (report.at, report.event_id))
    if not known:
        raise ValueError("a call is known by its reports, and there is none")
    routed = [report for report in known if report.kind == "call_routed"]
    # An edge that asked twice for one call used the later answer.
    request = _mapping(routed[-1].data.get("request")) if routed else {}
    decision = _mapping(routed[-1].data.get("decision")) if routed else {}
    sent = place(decision)
    furthest = max(known, key=_progress)
    publication = decision.get("publication")
    return Summary(
        call_id=next((report.call_id for report in known if report.call_id), ""),
        at=min(routed or known, key=lambda report: report.at).at,
        state=_STATE_AFTER.get(furthest.kind, CallState.ROUTING),
        is_test=decision.get("test_call") is True,
        caller_uri=_text(request.get("from_uri")),
        caller_name=_text(decision.get("caller_name"))
        or _text(request.get("from_display")).strip("\"' "),
        callback_number=_text(decision.get("callback_number")),
        dialled=_dialled(_text(request.get("ruri")) or _text(request.get("to_uri"))),
        site_name=sent.site,
        erl_name=sent.erl,
        policy_name=_name(decision.get("policy")),
        tag=_text(decision.get("tag")),
        publication=publication if _is_number(publication) else None,
        confidence=_text(decision.get("confidence")),
        location=_mapping(decision.get("location")),
        pidf_lo=_text(decision.get("pidf_lo")),
        decision=decision,
        trunk=_last(known, "target"),
        mode=_last(known, "mode"),
        answered_at=_first_at(known, "call_answered"),
        ended_at=_first_at(known, "call_ended"),
    )


def place(decision: Mapping[str, Any]) -> Place:
    """Return the place in a routing decision, whether its ``location`` is an ERL record or an
    answer of ``/v1/location`` with the record under ``erl``.
    """
    location = _mapping(decision.get("location"))
    inner = location.get("erl")
    record = inner if isinstance(inner, dict) else location
    civic = _mapping(location.get("civic")) or _mapping(record.get("civic"))
    age = location.get("age_s")
    return Place(
        erl=_text(record.get("name")) or (inner if isinstance(inner, str) else ""),
        site=_name(record.get("site")) or _name(decision.get("site")),
        civic={name: _text(value) for name, value in civic.items() if _text(value)},
        tier=_text(location.get("tier")),
        age_s=age if isinstance(age, int) else 0,
    )


def _progress(report: Report) -> int:
    state = _STATE_AFTER.get(report.kind)
    return -1 if state is None else _RANK[state]


def _last(reports: list[Report], name: str) -> str:
    """The value from the report that got furthest; among equals, the latest."""
    told = [report for report in reports if _text(report.data.get(name))]
    furthest = max(
        told, key=lambda report: (_progress(report), report.at, report.event_id), default=None
    )
    return _text(furthest.data.get(name)) if furthest else ""


def _first_at(reports: list[Report], kind: str) -> datetime | None:
    return next((report.at for report in reports if report.kind == kind), None)


def _dialled(uri: str) -> str:
    scheme, _, rest = uri.partition(":")
    if scheme.lower() in ("sip", "sips", "tel") and rest:
        return rest.partition("@")[0].partition(";")[0]
    return uri


def _name(value: object) -> str:
    return _text(value.get("name")) if isinstance(value, dict) else _text(value)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def _bounded(text: str, length: int) -> str:
    """The text, or where it is too long for its column, a cut that stays distinct."""
    if len(text) <= length:
        return text
    return f"{text[: length - 17]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _moment(value: object) -> datetime | None:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value, UTC)
        elif isinstance(value, str):
            moment = datetime.fromisoformat(value)
        else:
            return None
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        return moment if 2000 <= moment.year < 2100 else None  # a clock that was never set
    except (ValueError, OverflowError, OSError):
        return None


def _storable(value: object, depth: int = 0) -> Any:
    """The value without what a database refuses in JSON: NUL, lone surrogates, NaN, endless
    nesting.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else hex(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth >= _DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {_storable(str(key)): _storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item, depth + 1) for item in value]
    return _storable(str(value))
