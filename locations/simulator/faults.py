"""Faults that the simulator shows on purpose, so that its clients can be tested against them."""

import re
from dataclasses import dataclass

#: What each fault does to the answer; the text is the manual.
KINDS = {
    "delay": "answers after VALUE seconds",
    "http": "answers with HTTP status VALUE and a short page instead of SOAP",
    "auth": "refuses every user name and password (HTTP 401)",
    "garbage": "answers with bytes that are not XML",
    "truncated": "breaks the connection in the middle of the answer",
    "drip": "sends one byte of the answer every VALUE seconds",
    "huge": "answers with VALUE megabytes",
    "foreign": "answers with well-formed XML that is not SOAP",
    "doctype": "answers with a document type declaration and an entity",
    "empty": "answers a validation without any location",
    "reordered": "answers with the elements of each location in reverse order",
    "error": "answers every validation with status ERROR",
    "fault": "answers with a SOAP fault of code Server",
}
_SHAPE = re.compile(r"([a-z]+)(?::([\d.]+))?(?:@(\d+)(?:-(\d*))?)?")
_NEEDS_VALUE = {"delay", "http", "drip", "huge"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, shown from request number ``first`` to ``last`` (none: for ever)."""

    kind: str
    value: float = 0.0
    first: int = 1
    last: int | None = None

    def applies(self, request: int) -> bool:
        """Tell whether the request with this number, counted from 1, gets the fault."""
        return self.first <= request and (self.last is None or request <= self.last)


def parse_fault(text: str) -> Fault:
    """Return the fault written as ``KIND[:VALUE][@FIRST[-[LAST]]]``, for example ``http:503@3-5``.

    ``@3`` is the third request only, ``@3-`` all from the third.  Raises ValueError.
    """
    found = _SHAPE.fullmatch(text)
    if found is None or found[1] not in KINDS:
        shape = "KIND[:VALUE][@FIRST[-LAST]]"
        raise ValueError(f"“{text}” is not a fault. Write {shape}, KIND one of {', '.join(KINDS)}")
    kind, value, first, last = found.groups()
    if (value is not None) != (kind in _NEEDS_VALUE):
        rule = "needs a" if kind in _NEEDS_VALUE else "has no"
        raise ValueError(f"“{text}”: {kind} {rule} VALUE")
    if first is None:
        return Fault(kind, float(value or 0))
    return Fault(kind, float(value or 0), int(first), _last(first, last))


def _last(first: str, last: str | None) -> int | None:
    if last is None:
        return int(first)
    return int(last) if last else None
