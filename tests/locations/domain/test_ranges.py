"""Flattening: checked against the definition, address by address."""

import ipaddress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain.ranges import Range, flatten


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([("10.0.0.0/30", 1)], [(0, 3, (1,))], id="one"),
        pytest.param(
            [("10.0.0.0/30", 1), ("10.0.0.8/30", 2)],
            [(0, 3, (1,)), (8, 11, (2,))],
            id="apart",
        ),
        pytest.param(
            [("10.0.0.0/30", 1), ("10.0.0.4/30", 2)],
            [(0, 3, (1,)), (4, 7, (2,))],
            id="neighbours",
        ),
        pytest.param(
            [("10.0.0.0/28", 1), ("10.0.0.4/30", 2)],
            [(0, 3, (1,)), (4, 7, (2, 1)), (8, 15, (1,))],
            id="inside",
        ),
        pytest.param(
            [("10.0.0.0/28", 1), ("10.0.0.0/30", 2), ("10.0.0.0/32", 3)],
            [(0, 0, (3, 2, 1)), (1, 3, (2, 1)), (4, 15, (1,))],
            id="at-the-beginning",
        ),
        pytest.param(
            [("10.0.0.0/28", 1), ("10.0.0.12/30", 2), ("10.0.0.15/32", 3)],
            [(0, 11, (1,)), (12, 14, (2, 1)), (15, 15, (3, 2, 1))],
            id="at-the-end",
        ),
    ],
)
def test_flatten(
    networks: list[tuple[str, int]], expected: list[tuple[int, int, tuple[int, ...]]]
) -> None:
    base = int(ipaddress.ip_address("10.0.0.0"))

    flattened = [(r.first - base, r.last - base, r.chain) for r in flatten(networks)]

    assert flattened == expected


def test_flatten_covers_the_whole_of_ipv6() -> None:
    assert list(flatten([("::/0", 1)])) == [Range(0, (1 << 128) - 1, (1,))]


def test_flatten_refuses_a_mixture_of_versions() -> None:
    with pytest.raises(ValueError, match="flattened separately"):
        list(flatten([("10.0.0.0/8", 1), ("2001:db8::/32", 2)]))


def networks_of(base: str, low: int, high: int) -> st.SearchStrategy[list[str]]:
    """Networks inside one small block, so that they nest and touch often."""
    start = int(ipaddress.ip_address(base))
    width = high - low
    return st.lists(
        st.tuples(st.integers(0, (1 << width) - 1), st.integers(low, high)).map(
            lambda pair: str(
                ipaddress.ip_network((ipaddress.ip_address(start + pair[0]), pair[1]), strict=False)
            )
        ),
        unique=True,
        max_size=24,
    )


@given(st.one_of(networks_of("10.1.0.0", 24, 32), networks_of("2001:db8::", 120, 128)))
def test_every_address_gets_exactly_the_networks_that_contain_it(networks: list[str]) -> None:
    parsed = [ipaddress.ip_network(cidr) for cidr in networks]
    ranges = list(flatten(zip(networks, range(len(networks)), strict=True)))
    first = int(ipaddress.ip_address("2001:db8::" if ":" in "".join(networks) else "10.1.0.0"))

    found = {a: r.chain for r in ranges for a in range(r.first, r.last + 1)}

    for address in range(first - 1, first + 257):
        ip = ipaddress.ip_address(address)
        containing = [key for key, network in enumerate(parsed) if ip in network]
        containing.sort(key=lambda key: -parsed[key].prefixlen)
        assert found.get(address, ()) == tuple(containing)
    assert all(a.last < b.first for a, b in pairwise(ranges))
