"""Number patterns: regular expressions that administrators bring from Lync (.NET) and that run,
here, on Python's engine while somebody waits for help.

A pattern is translated, parsed and *priced* before it is accepted: in how many ways a backtracking
matcher could try it on the longest number we match, and how many steps one way takes. Nested
quantifiers explode the one or the other, so catastrophic patterns are refused at the form and never
reach a call.
"""

import re
import warnings
from collections.abc import Callable, Iterable
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as sre_parse  # type: ignore[attr-defined]
from typing import Any

#: Longest text a pattern is ever applied to; E.164 has 15 digits, the rest is room for prefixes.
MAX_NUMBER_LENGTH = 32
MAX_PATTERN_LENGTH = 256
#: Above these a pattern is refused, which leaves some milliseconds of work: ways to try it, steps
#: of one way, and steps of all ways together.
MAX_WAYS = 200_000
MAX_STEPS = 2_000
MAX_WORK = 10_000_000

_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)

#: What .NET understands and Python does not, or understands differently, with the remedy.
_UNTRANSLATABLE: tuple[tuple[str, str], ...] = (
    (
        r"\(\?<\w*-\w+>",
        "A balancing group (?<a-b>…) exists only in .NET. Write the repetition out.",
    ),
    (
        r"\\[pP]\{",
        "A Unicode category \\p{…} exists only in .NET. Write \\d or a list such as [0-9].",
    ),
    (
        r"\[[^\]]*-\[",
        "Character class subtraction [a-[b]] exists only in .NET. List the characters.",
    ),
    (r"\\G", "The anchor \\G exists only in .NET. Write ^."),
)
_TRANSLATIONS: tuple[tuple[str, str], ...] = (
    (r"\(\?<(\w+)>", r"(?P<\1>"),
    (r"\(\?'(\w+)'", r"(?P<\1>"),
    (r"\\k<(\w+)>", r"(?P=\1)"),
    (r"\\Z", r"$"),
    (r"\\z", r"\\Z"),
)
_REPLACEMENT = re.compile(r"\$(?:(\$)|(\d+)|\{(\w+)\}|(&))")


class PatternError(ValueError):
    """A pattern or translation that is refused; the text says why and what to write instead."""


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the compiled form of a .NET-style number pattern, for use with ``search``.

    ``\\d`` means the ASCII digits. Raises PatternError for what is empty, too long, not valid,
    known to .NET only, or so ambiguous that matching could take longer than a caller can wait.
    """
    if not pattern:
        raise PatternError("The pattern is empty. Write for example ^\\+911$.")
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise PatternError(
            f"The pattern has {len(pattern)} characters, {MAX_PATTERN_LENGTH} are allowed. "
            "Split it over two routes."
        )
    text = _to_python(pattern)
    try:
        # Python warns of sets such as [[9] whose meaning it is going to change: refuse them today.
        with warnings.catch_warnings(action="error", category=FutureWarning):
            ways, steps = _price(sre_parse.parse(text, re.ASCII))
            compiled = re.compile(text, re.ASCII)
    except (ValueError, re.error, FutureWarning, OverflowError, RecursionError) as error:
        raise PatternError(
            f"“{pattern}” is not a regular expression: {error}. Write for example ^\\+911$."
        ) from error
    if ways > MAX_WAYS or steps > MAX_STEPS or ways * steps > MAX_WORK:
        raise PatternError(
            f"“{pattern}” could keep a call waiting: a repetition inside a repetition, or too many "
            "of them in a row, can be tried in too many ways. Write each repetition once, for "
            "example \\d+ in place of (\\d+)*."
        )
    return compiled


def is_anchored(pattern: str) -> bool:
    """Return whether a valid pattern matches from the first to the last character of a number."""
    items = list(sre_parse.parse(_to_python(pattern), re.ASCII))
    return _begins(items) and _ends(items)


def replacement_template(translation: str) -> str:
    """Return a .NET replacement (``+1$1``, ``${name}``, ``$&``, ``$$``) as a Python ``re``
    template.
    """

    def group(match: re.Match[str]) -> str:
        dollar, number, name, _whole = match.groups()
        return "$" if dollar else f"\\g<{number or name or 0}>"

    return _REPLACEMENT.sub(group, translation.replace("\\", "\\\\"))


def _to_python(pattern: str) -> str:
    """Return ``pattern`` in Python's spelling; .NET's ``\\Z`` is Python's ``$``, its ``\\z`` our
    ``\\Z``.
    """
    for construct, remedy in _UNTRANSLATABLE:
        if re.search(construct, pattern):
            raise PatternError(f"“{pattern}” cannot be used. {remedy}")
    for dotnet, python in _TRANSLATIONS:
        pattern = re.sub(dotnet, python, pattern)
    return pattern


def _price(tree: Any) -> tuple[int, int]:
    """Return in how many ways a backtracking matcher could try ``tree``, and the steps of one way;
    neither grows beyond what is refused anyway, however deep the nesting.

    Ways of alternatives are summed, of neighbours multiplied, and a body that is itself ambiguous
    is raised to the power of its repetition.
    """
    ways = steps = 1
    for code, argument in tree:
        if code in _REPEATS:
            low, high, body = argument
            most = min(int(high), MAX_NUMBER_LENGTH)
            inner, each = _price(body)
            # Twice the ways are over the limit at most as often as its bits.
            power = inner ** min(most, MAX_WAYS.bit_length())
            of_item = max(most - int(low) + 1, 1) * power, max(most, int(low)) * each
        elif code is op.BRANCH:
            of_item = _sums(argument[1])
        elif code is op.GROUPREF_EXISTS:
            of_item = _sums(branch for branch in argument[1:] if branch is not None)
        elif code is op.SUBPATTERN:
            of_item = _price(argument[-1])
        elif code in (op.ASSERT, op.ASSERT_NOT):
            of_item = _price(argument[1])
        elif code is op.ATOMIC_GROUP:
            of_item = _price(argument)
        else:
            of_item = 1, 1
        ways = min(ways * of_item[0], MAX_WAYS + 1)
        steps = min(steps + of_item[1], MAX_STEPS + 1)
    return ways, steps


def _sums(branches: Iterable[Any]) -> tuple[int, int]:
    prices = [_price(branch) for branch in branches]
    return sum(ways for ways, _ in prices), sum(steps for _, steps in prices)


def _begins(items: list[Any]) -> bool:
    return bool(items) and _edge(items[0], (op.AT_BEGINNING, op.AT_BEGINNING_STRING), _begins)


def _ends(items: list[Any]) -> bool:
    return bool(items) and _edge(items[-1], (op.AT_END, op.AT_END_STRING), _ends)


def _edge(
    item: tuple[Any, Any], anchors: tuple[Any, ...], inside: Callable[[list[Any]], bool]
) -> bool:
    """Return whether an outermost element is an anchor, or a group all of whose alternatives have
    one.
    """
    code, argument = item
    if code is op.BRANCH:
        return all(inside(list(branch)) for branch in argument[1])
    if code is op.SUBPATTERN:
        return inside(list(argument[-1]))
    return code is op.AT and argument in anchors
