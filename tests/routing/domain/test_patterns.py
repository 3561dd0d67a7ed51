"""Number patterns: accepted, translated from .NET, refused with a remedy."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.patterns import (
    MAX_NUMBER_LENGTH,
    MAX_PATTERN_LENGTH,
    PatternError,
    compile_pattern,
    is_anchored,
    replacement_template,
)


@pytest.mark.parametrize(
    ("pattern", "number", "matches"),
    [
        (r"^\+911$", "+911", True),
        (r"^\+911$", "+9110", False),
        (r"^\+911$", "911", False),
        (r"^\+?911$", "911", True),
        (r"^\+(911|112)$", "+112", True),
        (r"^\+1(?!900)\d{10}$", "+12125550100", True),
        (r"^\+1(?!900)\d{10}$", "+19005550100", False),
        (r"^(?<code>\d)11\k<code>?$", "9119", True),
        (r"^(?'code'\d)11$", "911", True),
        (r"^911\z", "911", True),
        (r"^911\Z", "911", True),
        (r"^\d{3}$", "٩١١", False),
        (r"^(?>9)11$", "911", True),
        (r"^(9)?(?(1)11|22)$", "22", True),
        (r"^9++11$", "9911", True),
    ],
)
def test_pattern_matches(pattern: str, number: str, matches: bool) -> None:
    found = compile_pattern(pattern).search(number)

    assert (found is not None) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(\d+)+$",
        r"^(\d*)*$",
        r"^(\d|\d\d)+$",
        r"^(\d{1,3})+$",
        r"^(a?){30}a{30}$",
        r"^\d*\d*\d*\d*$",
        r"^(?=(\d+)+x)",
        r"^(?>(\d+)+)$",
        r"^((9)?(?(2)\d+|\d*))+$",
        r"(((((\d+)+)+)+)+)+",
        "(" * 60 + "9" + ")+" * 60,
        r"^(\d*)(\1*)*#$",
        r"^(?:9|91|911|9111)(?:1|11|111)*$",
        "^" + "(9?)" * 18 + "$",
        # One way only, but of countless steps: what is empty, again and again.
        r"^(?:(?:){60000}){60000}$",
        r"^(?:(?:){32}){60000}$",
        r"(?:(?:(?=9){9999}){9999})9",
        "(" * 8 + "){32}" * 8,
        # Few ways and few steps, each too many for the other.
        "^" + "(9?)" * 16 + r"(?:(?:){30}){30}$",
    ],
)
def test_pattern_refused_when_it_could_keep_a_call_waiting(pattern: str) -> None:
    with pytest.raises(PatternError, match="could keep a call waiting"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "remedy"),
    [
        ("", "The pattern is empty"),
        ("9" * (MAX_PATTERN_LENGTH + 1), "257 characters, 256 are allowed"),
        ("^(911$", "is not a regular expression"),
        ("911(?i)", "is not a regular expression"),
        ("^[[9]11$", "nested set"),
        (r"(?<=\d+)911", "is not a regular expression"),
        (r"(?u)911", "is not a regular expression"),
        (r"9{99999999999}", "is not a regular expression"),
        (r"^\p{Nd}+$", "Unicode category"),
        ("^[0-9-[5]]+$", "Character class subtraction"),
        ("(?<close-open>9)", "balancing group"),
        (r"\G911", r"anchor \\G"),
    ],
)
def test_pattern_refused_with_the_reason(pattern: str, remedy: str) -> None:
    with pytest.raises(PatternError, match=remedy):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "anchored"),
    [
        (r"^\+911$", True),
        (r"^\+911$|^\+933$", True),
        (r"^(\+911)$", True),
        (r"(^\+911$)", True),
        (r"\A911\z", True),
        (r"^911", False),
        (r"911$", False),
        (r"911", False),
        (r"^911|933$", False),
        (r"(?i)", False),
    ],
)
def test_is_anchored(pattern: str, anchored: bool) -> None:
    assert is_anchored(pattern) is anchored


@pytest.mark.parametrize(
    ("translation", "template"),
    [
        ("+$1", r"+\g<1>"),
        ("+1${area}$2", r"+1\g<area>\g<2>"),
        ("$$5", "$5"),
        ("+$&", r"+\g<0>"),
        ("plain", "plain"),
        ("a\\1", r"a\\1"),
    ],
)
def test_replacement_template_translates_dotnet(translation: str, template: str) -> None:
    assert replacement_template(translation) == template


@given(
    st.text(alphabet="019+*?|(){},[]\\d^$a.", max_size=24),
    st.text(alphabet="019+a", max_size=MAX_NUMBER_LENGTH),
)
def test_accepted_pattern_answers_in_time(pattern: str, number: str) -> None:
    try:
        compiled = compile_pattern(pattern)
    except PatternError:
        return

    started = time.process_time()
    compiled.search(number)

    assert time.process_time() - started < 1
