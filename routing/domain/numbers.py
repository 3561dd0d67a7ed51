"""Dialled numbers: dial-plan normalisation, and whether what was dialled is an emergency call.

What a caller dials arrives as digits, as a SIP or tel URI (RFC 3261, RFC 3966, with or without
``phone-context``) or as a service URN (RFC 5031); all of them are read by the same function.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from routing.domain.patterns import (
    MAX_NUMBER_LENGTH,
    PatternError,
    compile_pattern,
    replacement_template,
)

#: Kari's Law (47 U.S.C. § 623) wants 911 without a prefix, so no configuration can switch it off.
#: 9911 is what people dial who learned to get an outside line first; the SIP edge recognises it
#: too, and a call that the edge holds for an emergency must never find that we do not.
ALWAYS_EMERGENCY = frozenset({"911", "9911"})
#: The providers' read-back service. It reaches no PSAP, and never becomes a real call by a mask.
ALWAYS_TEST = frozenset({"933", "9933"})
DEFAULT_DIAL_STRING = "911"
TEST_DIAL_STRING = "933"

_SEPARATORS = str.maketrans("", "", "-.() ")
_DIGITS = re.compile(r"\+?[0-9*#]+", re.ASCII)
_SERVICE = re.compile(r"urn:service:(?P<test>test\.)?sos(?:\.[a-z0-9-]+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NormalizationRule:
    """A dial-plan rule: a .NET-style pattern and its translation, ``^9(911)$`` and ``+$1``."""

    name: str
    pattern: str
    translation: str

    def apply(self, digits: str) -> str | None:
        """Return the translated number, or None when the rule does not match or cannot be used."""
        try:
            template = replacement_template(self.translation)
            result, count = compile_pattern(self.pattern).subn(template, digits)
        except (PatternError, re.error, IndexError):
            return None
        return result if count else None

    def translation_works(self) -> bool:
        """Return whether the pattern has every group that the translation names."""
        try:
            compiled = compile_pattern(self.pattern)
        except PatternError:
            return True
        wanted = re.findall(r"\\g<(\w+)>", replacement_template(self.translation))
        return all(
            int(group) <= compiled.groups if group.isdigit() else group in compiled.groupindex
            for group in wanted
        )


@dataclass(frozen=True, slots=True)
class EmergencyNumber:
    """A dial string (``911``) and the masks that are translated to it (``9911``, ``112``)."""

    dial_string: str
    masks: tuple[str, ...] = ()

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "EmergencyNumber":
        """Return the number of ``{"dial_string", "masks": […]}``."""
        masks = record.get("masks") or ()
        return cls(str(record["dial_string"]), tuple(str(mask) for mask in masks))


@dataclass(frozen=True, slots=True)
class EmergencyMatch:
    """Whether a call is an emergency, and which number it is then routed by and dialled as.

    ``route_numbers`` are tried in this order against the route patterns; ``dial_string`` is what
    the trunk is given. A test call prefers routes made for 933 and else takes the way of the real
    call.
    """

    emergency: bool
    test_call: bool
    dialled: str
    dial_string: str = ""
    route_numbers: tuple[str, ...] = ()
    service: str = ""
    reasons: tuple[str, ...] = ()


def dialled_digits(text: str) -> str:
    """Return the digits (with a leading ``+`` if any) of a dialled string, SIP, SIPS or tel URI.

    ``sip:911;phone-context=hq@example.com;user=phone``, ``tel:+911``, ``<sips:911@host>`` and
    ``9-1-1`` all work. The empty string is returned for what is no number, such as
    ``sip:anna@example.com``.
    """
    inner = text.strip()
    if "<" in inner:
        inner = inner.partition("<")[2].partition(">")[0].strip()
    scheme, colon, rest = inner.partition(":")
    if colon and scheme.lower() in ("sip", "sips", "tel"):
        inner = rest
    user = re.split(r"[@;:?]", inner, maxsplit=1)[0]
    digits = unquote(user).translate(_SEPARATORS)
    if len(digits) > MAX_NUMBER_LENGTH or not _DIGITS.fullmatch(digits):
        return ""
    return digits


def normalize(digits: str, rules: Iterable[NormalizationRule]) -> tuple[str, str]:
    """Return the number made by the first rule that matches, and that rule's name.

    Without a match the digits come back unchanged with an empty name.
    """
    for rule in rules:
        result = rule.apply(digits)
        if result is not None:
            return result, rule.name
    return digits, ""


def primary_dial_string(numbers: Iterable[EmergencyNumber]) -> str:
    """Return the number that stands for “emergency” in a policy: 911 if listed, else its first."""
    listed = [n.dial_string for n in numbers if n.dial_string not in ALWAYS_TEST and n.dial_string]
    if not listed or DEFAULT_DIAL_STRING in listed:
        return DEFAULT_DIAL_STRING
    return listed[0]


def match_emergency(
    dialled: str,
    numbers: Iterable[EmergencyNumber] = (),
    rules: Iterable[NormalizationRule] = (),
) -> EmergencyMatch:
    """Return whether ``dialled`` is an emergency call under a policy's ``numbers``, and why.

    Order: service URN; test numbers; raw digits in dial strings and masks; the dial plan's normal
    form in them; 911 and 9911, which no policy can forget.
    """
    numbers = tuple(numbers)
    primary = primary_dial_string(numbers)
    urn = _SERVICE.fullmatch(dialled.strip().strip("<>").strip())
    if urn:
        service = urn.group().lower()
        reason = f"number: {service} is an emergency service (RFC 5031)"
        return _match(service, primary, reason, service=service, test=bool(urn.group("test")))
    digits = dialled_digits(dialled)
    if not digits:
        return _ordinary(dialled, "number: no digits were dialled")
    raw = digits.removeprefix("+")
    normal, rule = normalize(digits, rules)
    candidates = [(raw, "as dialled")]
    if rule:
        candidates.append((normal.removeprefix("+"), f"after dial-plan rule “{rule}”"))
    for candidate, how in candidates:
        if candidate in ALWAYS_TEST:
            reason = f"number: {candidate}, {how}, is the test service"
            return _match(digits, primary, reason, test=True)
    listed = _listed(numbers)
    for candidate, how in candidates:
        if candidate in listed:
            dial_string, kind = listed[candidate]
            reason = f"number: {candidate}, {how}, is {kind} {dial_string} of the policy"
            return _match(digits, dial_string, reason)
    for candidate, how in candidates:
        if candidate in ALWAYS_EMERGENCY:
            reason = f"number: {candidate}, {how}, is always an emergency (Kari's Law)"
            return _match(digits, primary, reason)
    return _ordinary(digits, f"number: {digits} is in no dial string and no mask")


def _match(
    dialled: str, dial_string: str, reason: str, *, service: str = "", test: bool = False
) -> EmergencyMatch:
    routes: tuple[str, ...] = (f"+{dial_string}",)
    if test:
        routes = (f"+{TEST_DIAL_STRING}", *routes)
        dial_string = TEST_DIAL_STRING
    return EmergencyMatch(True, test, dialled, dial_string, routes, service, (reason,))


def _ordinary(dialled: str, reason: str) -> EmergencyMatch:
    return EmergencyMatch(False, False, dialled, reasons=(reason,))


def _listed(numbers: Iterable[EmergencyNumber]) -> dict[str, tuple[str, str]]:
    """Return every dial string and mask with its dial string; a dial string beats an equal mask."""
    masks = {mask: (n.dial_string, "a mask of") for n in numbers for mask in n.masks}
    return masks | {n.dial_string: (n.dial_string, "dial string") for n in numbers}
