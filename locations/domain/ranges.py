"""Nested IP networks as disjoint ranges: a longest-prefix match becomes one search in sorted order.

Networks in CIDR form are either disjoint or one inside the other; cut at every border they become
ranges of addresses that all lie in the same networks, the most specific of which comes first.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """The addresses ``first`` to ``last`` (as integers), all inside exactly the networks ``chain``.

    ``chain`` holds the keys of the networks, most specific first.
    """

    first: int
    last: int
    chain: tuple[int, ...]


def flatten(networks: Iterable[tuple[str, int]]) -> Iterator[Range]:
    """Yield the disjoint ranges of CIDR networks of one IP version, in ascending order.

    ``networks`` are pairs of CIDR text and the key of its row.  Raises ``ValueError`` for a text
    that is not a network and for a mixture of IPv4 and IPv6.
    """
    parsed = [(ipaddress.ip_network(cidr), key) for cidr, key in networks]
    if len({network.version for network, _ in parsed}) > 1:
        raise ValueError("IPv4 and IPv6 networks are flattened separately.")
    bounds = sorted(
        (int(network.network_address), -int(network.broadcast_address), key)
        for network, key in parsed
    )
    open_networks: list[tuple[int, int]] = []  # (last address, key), the innermost at the end
    position = 0  # everything below is already yielded

    def close(before: int) -> Iterator[Range]:
        nonlocal position
        while open_networks and open_networks[-1][0] < before:
            last = open_networks[-1][0]
            if position <= last:
                yield Range(position, last, _chain(open_networks))
                position = last + 1
            open_networks.pop()

    for first, negative_last, key in bounds:
        yield from close(first)
        if open_networks and position < first:
            yield Range(position, first - 1, _chain(open_networks))
        position = first
        open_networks.append((-negative_last, key))
    yield from close(1 << 128)


def _chain(open_networks: list[tuple[int, int]]) -> tuple[int, ...]:
    return tuple(key for _, key in reversed(open_networks))
