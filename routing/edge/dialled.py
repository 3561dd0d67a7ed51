"""Which dialled digits the edge takes for an emergency call: all that the call path would."""

import re
from collections.abc import Iterable, Iterator
from itertools import product

from routing.domain.numbers import (
    ALWAYS_EMERGENCY,
    ALWAYS_TEST,
    NormalizationRule,
    normalize,
    primary_dial_string,
)
from routing.domain.policy import LocationPolicy
from routing.domain.table import RoutingTable

#: What people dial to get an outside line: at most two of these before the number.
_KEYS = "0123456789*#"
#: Stands for a call without digits: a service URN.
ANY = "any"


def dial_strings(table: RoutingTable) -> dict[str, str]:
    """Return dialled digits (no ``+``) → the dial string that a trunk is given for them.

    All policies together, the global one first where two differ; and what the dial plan makes an
    emergency number of.  A dial-plan rule is tried on every number with up to two keys before it.
    """
    listed: dict[str, str] = {}
    for policy in _policies(table):
        for number in policy.emergency_numbers:
            listed.setdefault(number.dial_string, number.dial_string)
            for mask in number.masks:
                listed.setdefault(mask, number.dial_string)
    fallback = next(_policies(table), None)
    primary = primary_dial_string(fallback.emergency_numbers if fallback else ())
    for always in ALWAYS_EMERGENCY:
        listed.setdefault(always, primary)
    for test in ALWAYS_TEST:
        listed.pop(test, None)
    listed |= _by_dial_plan(listed, table.rules)
    return {ANY: primary, **listed}


def expression(numbers: Iterable[str]) -> str:
    """Return the POSIX regular expression that matches exactly the digits in ``numbers``."""
    digits = sorted({*(number for number in numbers if number != ANY), *ALWAYS_TEST})
    alternatives = (re.sub(r"([*+#])", r"[\1]", text) for text in digits)
    return f"^({'|'.join(alternatives)})$"


def _policies(table: RoutingTable) -> Iterator[LocationPolicy]:
    named = table.policies.get(table.global_policy)
    if named:
        yield named
    yield from (policy for policy in table.policies.values() if policy is not named)


def _by_dial_plan(listed: dict[str, str], rules: tuple[NormalizationRule, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    if not rules:
        return found
    prefixes = ["".join(keys) for length in (0, 1, 2) for keys in product(_KEYS, repeat=length)]
    for number in listed:
        for prefix in prefixes:
            dialled = prefix + number
            normal, rule = normalize(dialled, rules)
            if rule and dialled not in listed and normal.removeprefix("+") in listed:
                found[dialled] = listed[normal.removeprefix("+")]
    return found
