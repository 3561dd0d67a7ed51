"""Reports about a call in words for the time line on its page.

Total, like the reading of reports: what a report holds is whatever its sender put there.
"""

from collections.abc import Mapping
from typing import Any

_WORDS = {
    "call_routed": "Routed",
    "call_ringing": "Ringing",
    "call_answered": "Answered",
    "call_ended": "Ended",
    "call_failed": "Failed on every trunk",
    "caller_cancel": "Caller hung up before the answer",
    "called_back": "Called back",
    "desk_notified": "Desk has the instant message",
    "desk_not_notified": "Desk did not take the instant message",
    "gateway_down": "Gateway does not answer",
    "gateway_up": "Gateway answers again",
    "unreadable": "Not readable",
}
_ENDED_BY = {
    "caller": "Ended by the caller",
    "callee": "Ended by the other side",
    "timeout": "Ended by the SIP edge after its longest time",
}
#: Answers that refuse the location or the body with it (RFC 6442 §4.3; RFC 3261 §21.4.11 and 13).
_LOCATION_REFUSED = (413, 415, 424)


def event_words(kind: str, data: Mapping[str, Any]) -> str:
    """Return what happened; an unknown kind as it was reported."""
    ended_by = str(data.get("ended_by", ""))
    if kind == "call_ended" and ended_by in _ENDED_BY:
        return _ENDED_BY[ended_by]
    if kind == "called_back" and data.get("from_uri"):
        return f"Called back by {data['from_uri']}"
    return _WORDS.get(kind, kind)


def attempts(data: Mapping[str, Any]) -> list[str]:
    """Return what each trunk said that was tried before, in order: “New York gateway: 503”."""
    reported = data.get("attempts")
    entries = reported if isinstance(reported, list) else []
    return [_attempt(entry) for entry in entries if isinstance(entry, dict)]


def _attempt(entry: Mapping[str, Any]) -> str:
    code = entry.get("code") or 0
    said = str(code)
    if entry.get("timeout"):
        said = "no answer in time"
    elif not code:
        said = str(entry.get("reason") or "no answer")
    elif code in _LOCATION_REFUSED and entry.get("location"):
        said = f"{code}, refused the location"
    return f"{entry.get('target') or 'unnamed trunk'}: {said}"


def takes_no_location(decision: Mapping[str, Any], trunk: str) -> bool:
    """Return whether ``trunk``, an ``id`` of the decision's targets, is sent no PIDF-LO although
    the decision has a location; ``False`` where the decision does not name the trunk."""
    location = decision.get("location")
    targets = decision.get("targets")
    if not isinstance(location, dict) or not location.get("located"):
        return False
    named = [
        target
        for target in (targets if isinstance(targets, list) else [])
        if isinstance(target, dict) and target.get("id") == trunk
    ]
    return bool(named) and not any(target.get("send_pidf") for target in named)
