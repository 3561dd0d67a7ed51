"""Numbers in sentences."""

import pytest

from e911portal.core.wording import how_many


@pytest.mark.parametrize(
    ("number", "words", "expected"),
    [
        (0, ("error",), "0 errors"),
        (1, ("error",), "1 error"),
        (12_000, ("error",), "12,000 errors"),
        (1, ("subnet is", "subnets are"), "1 subnet is"),
        (2, ("subnet is", "subnets are"), "2 subnets are"),
    ],
)
def test_number_with_its_words(number: int, words: tuple[str, ...], expected: str) -> None:
    assert how_many(number, *words) == expected
