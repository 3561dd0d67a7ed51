"""Call events as the call path and the SIP edge send them."""

from typing import Any

CIVIC = {
    "country": "US", "A1": "NY", "A3": "New York", "PRD": "N", "RD": "Cedar", "STS": "Dr",
    "HNO": "12345", "LOC": "New York Wired", "FLR": "3", "ROOM": "301", "NAM": "UnplugThePBX",
    "PC": "98765",
}  # fmt: skip


def decision(**values: Any) -> dict[str, Any]:
    """The answer to the SIP edge for a New York user standing in New York."""
    return {
        "v": 1,
        "emergency": True,
        "test_call": False,
        "policy": "New York",
        "tag": "subnet-tagid:New York",
        "location": {
            "name": "New York Wired", "location": "New York Wired", "company": "UnplugThePBX",
            "site": "NY1", "civic": CIVIC,
        },
        "confidence": "validated",
        "callback_number": "+12125550100",
        "targets": [{"id": "provider-a", "uri": "sip:911@provider.example"}],
        "notify": ["sip:security@example.com"],
        "conference": {"uri": "sip:+12125550199@example.com", "mode": "twoway"},
        "publication": 42,
        "reasons": ["911 is an emergency number", "usage E911(NY)"],
        "pidf_lo": "<presence/>",
        **values,
    }  # fmt: skip


def event(kind: str, *, second: int = 0, ref: str = "call-1", **values: Any) -> dict[str, Any]:
    """One event of a call, ``second`` seconds after it began."""
    return {
        "id": f"{ref}-{kind}-{second}",
        "event": kind,
        "at": f"2026-11-21T10:30:{second:02}Z",
        "call_ref": ref,
        "call_id": f"{ref}@10.1.1.7",
        **values,
    }


def routed(*, ref: str = "call-1", second: int = 0, **values: Any) -> dict[str, Any]:
    """The event that the call path writes when it answers an emergency call."""
    request = {
        "from_uri": "sip:anna@example.com", "from_display": '"Anna Example"',
        "ruri": "sip:911@edge.example", "src_ip": "10.1.1.7",
    }  # fmt: skip
    return event(
        "call_routed", ref=ref, second=second, request=request, decision=decision(**values)
    )


def whole_call(ref: str = "call-1", **values: Any) -> list[dict[str, Any]]:
    """A call from routing to its end, with a failed attempt at the first trunk."""
    tried = [{"target": "provider-a", "code": 503}]
    return [
        routed(ref=ref, **values),
        event("call_ringing", ref=ref, second=1, target="local-gw", mode="portal"),
        event("call_answered", ref=ref, second=4, target="local-gw", mode="portal", attempts=tried),
        event("call_ended", ref=ref, second=50, target="local-gw", mode="portal", code=200),
    ]
