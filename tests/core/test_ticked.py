"""What the ticked rows of a list are taken for."""

import pytest
from django.http import QueryDict

from e911portal.core.ticked import ticked


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", []),
        ("row=3&row=17", [3, 17]),
        ("row=3&row=4&row=5", [3, 4]),
        ("row=&row=7", [7]),
        ("row=x&row=-1", []),
        ("row=²&row=٣", []),
        ("row=9223372036854775807&row=9223372036854775808", [9223372036854775807]),
        (f"row={'9' * 5000}", []),
    ],
)
def test_keys(query: str, keys: list[int]) -> None:
    assert ticked(QueryDict(query), most=2) == keys
