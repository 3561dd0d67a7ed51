"""What a message about an emergency call says.

47 CFR 9.3 wants three facts in every notification: that a 911 call was made, a valid callback
number, and the location as conveyed to the PSAP.  They stand first, and nothing can leave them out;
what is unknown is said to be unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from locations.domain.addresses import StreetAddress, in_civic_order

CONFIDENCE = {
    "validated": "validated: the address provider knows this address",
    "unvalidated": "NOT validated: the address provider has not confirmed this address",
    "manual": "manual: typed by the caller; the provider's call centre will ask",
    "none": "unknown: the provider's call centre will ask",
}
#: Tiers that nothing of the moment of the call speaks for, however good the address is.
_GUESSED = {
    "last_known": "NOT of this moment: the phone was seen there {age} before the call",
    "site_default": "only the site is known, this is where its calls are sent by default",
}
_INSIDE = {
    "LOC": "", "BLD": "Building ", "FLR": "Floor ", "UNIT": "Unit ", "ROOM": "Room ",
    "SEAT": "Seat ", "LMK": "near ", "NAM": "",
}  # fmt: skip
#: RFC 3428 §8: a MESSAGE over UDP stays below 1300 bytes, headers included.
SHORT_BYTES = 700


@dataclass(frozen=True, slots=True)
class CallStory:
    """The facts of one call.  ``at`` is in the time zone that the reader is to see."""

    reference: str
    at: datetime
    is_test: bool = False
    #: Whether the routing decision has been reported; if not, nobody here knows what was sent.
    is_decided: bool = True
    caller_name: str = ""
    caller_uri: str = ""
    callback_number: str = ""
    dialled: str = ""
    civic: Mapping[str, str] = field(default_factory=dict)
    #: Latitude and longitude in WGS 84, of a location that has no civic address.
    point: tuple[float, float] | None = None
    confidence: str = "none"
    #: Tier of the evidence that led to the location, and how old that evidence was, in seconds.
    tier: str = ""
    age_s: int = 0
    site: str = ""
    erl: str = ""
    policy: str = ""
    trunk: str = ""
    state: str = ""
    link: str = ""


def one_line(text: str) -> str:
    """Return the text without line breaks and control characters, which could forge a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def street(civic: Mapping[str, str]) -> str:
    """Return the street address as sent, ``12345 N Cedar Dr, New York, NY 98765``; may be empty."""
    return StreetAddress.from_mapping(
        {name.lower(): one_line(text) for name, text in civic.items()}
    ).one_line()


def inside(civic: Mapping[str, str]) -> str:
    """Return where in the building, as sent: LOC, building, floor, unit, room, seat, company."""
    return " · ".join(
        f"{label}{one_line(civic[name])}" for name, label in _INSIDE.items() if civic.get(name)
    )


def elements(civic: Mapping[str, str]) -> dict[str, str]:
    """Return every civic element as sent: in RFC 5139 order, extensions after them."""
    known = in_civic_order(civic)
    return {
        **known,
        **{name: text for name, text in sorted(civic.items()) if text and name not in known},
    }


def location_line(story: CallStory) -> str:
    """Return the location as conveyed, on one line; says so when there was none."""
    parts = [part for part in (inside(story.civic), street(story.civic)) if part]
    if parts:
        return ", ".join(parts)
    if rest := elements(story.civic):
        return ", ".join(f"{name} {one_line(text)}" for name, text in rest.items())
    if story.point:
        latitude, longitude = story.point
        return f"coordinates {latitude:.6f}, {longitude:.6f}, no address"
    if not story.is_decided:
        return "not known here: the routing decision has not been reported"
    return "no location was sent"


def confidence_words(story: CallStory) -> str:
    """Return in words how sure the location is; an unknown word is shown as it is."""
    confidence = story.confidence
    if not story.is_decided:
        return "unknown: ask the caller or the dispatcher"
    words = CONFIDENCE.get(confidence or "none", f"NOT validated: {one_line(confidence)}")
    guessed = _GUESSED.get(story.tier)
    return f"{guessed.format(age=_age(story.age_s))}; address {words}" if guessed else words


def is_guessed(story: CallStory) -> bool:
    """Whether nothing of the moment of the call led to the location."""
    return story.tier in _GUESSED


def _age(seconds: int) -> str:
    minutes = max(seconds, 0) // 60
    if minutes < 2:
        return f"{max(seconds, 0)} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


def caller(story: CallStory) -> str:
    """Return who calls: the name and address known of them."""
    name, uri = one_line(story.caller_name), one_line(story.caller_uri)
    return f"{name} ({uri})" if name and uri else name or uri or "unknown caller"


def subject(story: CallStory) -> str:
    """Return the first fact and the place on one line."""
    kind = "TEST of emergency call" if story.is_test else "EMERGENCY CALL"
    return f"{kind}: {caller(story)} at {location_line(story)}"[:200]


def _facts(story: CallStory) -> list[tuple[str, str]]:
    number = one_line(story.dialled) or "911"
    made = f"{'TEST, no emergency: ' if story.is_test else ''}a call to {number} was made"
    return [
        ("Emergency call", f"{made} at {story.at:%Y-%m-%d %H:%M:%S %Z}".rstrip()),
        ("Callback number", one_line(story.callback_number) or "unknown"),
        ("Location sent", location_line(story)),
        ("How sure", confidence_words(story)),
        ("Caller", caller(story)),
    ]


def text(story: CallStory) -> str:
    """Return the full message for e-mail: the three facts first, then what else is known."""
    more = [
        ("Site", story.site), ("ERL", story.erl), ("Location policy", story.policy),
        ("Trunk", story.trunk), ("State", story.state), ("Call reference", story.reference),
        ("Open it", story.link),
    ]  # fmt: skip
    lines = [f"{name}: {value}" for name, value in _facts(story)]
    lines += [f"{name}: {one_line(value)}" for name, value in more if value]
    return "\n".join(lines) + "\n"


def short(story: CallStory) -> str:
    """Return the message for an instant message: at most ``SHORT_BYTES`` bytes of UTF-8.

    Long values are shortened one by one, so that none of the three facts falls off the end.
    """
    share = SHORT_BYTES // len(_facts(story))
    lines = [_cut(f"{name}: {value}", share - 1) for name, value in _facts(story)]
    return "\n".join(lines)


def _cut(value: str, size: int) -> str:
    encoded = value.encode()
    if len(encoded) <= size:
        return value
    return encoded[: size - 3].decode(errors="ignore") + "…"


def record(story: CallStory) -> dict[str, Any]:
    """Return the message for a web hook, as JSON values with stable names."""
    return {
        "type": "emergency_call",
        "emergency_call_made": True,
        "test_call": story.is_test,
        "callback_number": story.callback_number,
        "location": {
            "text": location_line(story),
            "civic": elements(story.civic),
            "point": list(story.point) if story.point else None,
            "confidence": story.confidence or "none",
            "confidence_text": confidence_words(story),
            "tier": story.tier,
            "age_s": story.age_s,
        },
        "at": story.at.isoformat(),
        "dialled": story.dialled,
        "caller": {"name": story.caller_name, "uri": story.caller_uri},
        "site": story.site,
        "erl": story.erl,
        "policy": story.policy,
        "trunk": story.trunk,
        "state": story.state,
        "call_ref": story.reference,
        "link": story.link,
    }
