"""The search from clue to location: subnets within subnets, and the defaults of sites."""

from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from locations.domain.resolution import (
    Clue,
    Row,
    resolve,
)
from tests.locations.domain.estate import BSSID, MAC, NOW, SITES, Estate, subnet, summary


def test_nested_subnet_without_a_location_falls_to_the_enclosing_one() -> None:
    estate = Estate(
        networks={
            "10.1.0.0/16": subnet("10.1.0.0/16", 7),
            "10.1.1.0/24": subnet("10.1.1.0/24", None),
        }
    )

    found = resolve(Clue(ip="10.1.1.20"), estate, now=NOW)

    assert summary(found) == ("subnet", "10.1.0.0/16", "NY lobby")
    assert found.reasons[-2:] == (
        "subnet 10.1.1.20 in 10.1.1.0/24: known, but without a location",
        "subnet 10.1.1.20 in 10.1.0.0/16: NY lobby",
    )


def test_excluded_subnet_gives_its_site_but_neither_enclosing_subnet_nor_site_default() -> None:
    estate = Estate(
        networks={
            "10.1.0.0/16": subnet("10.1.0.0/16", 7),
            "10.1.9.0/24": subnet("10.1.9.0/24", None, excluded=True),
        },
        sites=SITES,
    )

    found = resolve(Clue(ip="10.1.9.20"), estate, now=NOW)

    assert (found.located, found.site) == (False, "NY1")
    assert (found.reasons[3], found.reasons[-1]) == (
        "subnet 10.1.9.20 in 10.1.9.0/24: excluded, gives a site but no location",
        "site_default: no network site known, 10.1.9.0/24 is excluded",
    )


def test_subnet_inside_an_excluded_one_is_answered() -> None:
    estate = Estate(
        networks={
            "10.1.0.0/16": subnet("10.1.0.0/16", None, excluded=True),
            "10.1.1.0/24": subnet("10.1.1.0/24", 3),
        }
    )

    assert resolve(Clue(ip="10.1.1.20"), estate, now=NOW).matched == "10.1.1.0/24"


def test_fixed_endpoint_is_found_from_an_excluded_subnet() -> None:
    estate = Estate(
        networks={"10.1.9.0/24": subnet("10.1.9.0/24", None, excluded=True)},
        macs={MAC: Row(MAC, 2, 1)},
    )

    assert resolve(Clue(ip="10.1.9.20", mac=MAC), estate, now=NOW).tier == "mac"


def test_site_default_answers_when_nothing_better_is_known() -> None:
    estate = Estate(networks={"10.1.1.0/24": subnet("10.1.1.0/24", None)}, sites=SITES)

    found = resolve(Clue(ip="10.1.1.20"), estate, now=NOW)

    assert summary(found) == ("site_default", "NY1", "NY lobby")
    assert found.reasons[-1] == "site_default NY1: NY lobby"


def test_site_without_a_default_is_said() -> None:
    estate = Estate(networks={"10.2.1.0/24": subnet("10.2.1.0/24", None, 2)}, sites=SITES)

    found = resolve(Clue(ip="10.2.1.20"), estate, now=NOW)

    assert (found.located, found.site, found.reasons[-1]) == (
        False,
        "LA1",
        "site_default LA1: has none",
    )


def test_site_comes_from_the_most_precise_element() -> None:
    estate = Estate(
        bssids={BSSID: Row(BSSID, None, 2)},
        networks={"10.1.1.0/24": subnet("10.1.1.0/24", None)},
        sites=SITES,
    )

    assert resolve(Clue((BSSID,), ip="10.1.1.20"), estate, now=NOW).site == "LA1"


CIDRS = [f"10.1.{third}.{fourth}/{length}" for third in (0, 1) for fourth in (0, 128) for length in
         (25, 26)] + ["10.1.0.0/24", "10.1.1.0/24", "10.1.0.0/23", "10.0.0.0/8"]  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(CIDRS), st.sampled_from([None, 1, 2, 3, 4, 5]), max_size=8),
    st.integers(0, 511),
)
def test_most_specific_subnet_with_a_valid_address_wins(
    mapped: dict[str, int | None], host: int
) -> None:
    ip = ip_address("10.1.0.0") + host
    estate = Estate(networks={cidr: subnet(cidr, erl_id) for cidr, erl_id in mapped.items()})

    found = resolve(Clue(ip=str(ip)), estate, now=NOW)

    usable = [c for c, erl_id in mapped.items() if ip in ip_network(c) and erl_id in (1, 2, 3)]
    best = max(usable, key=lambda c: ip_network(c).prefixlen, default=None)
    assert found.matched == best
