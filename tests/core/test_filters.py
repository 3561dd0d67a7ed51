"""The search box: any spelling finds a row, an address finds its networks."""

import pytest

from e911portal.core.filters import covering_networks, matching, spellings
from locations.models import BSSID, Subnet
from tests import factories as make


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("00:19:5B:7F", ["00:19:5B:7F", "00-19-5b-7f"]),
        ("0019.5b7f", ["0019.5b7f", "00-19-5b-7f"]),
        ("00-19-5b", ["00-19-5b"]),
        ("911", ["911"]),
        ("12125550100", ["12125550100"]),
        ("cedar", ["cedar"]),
    ],
)
def test_spellings_of_a_word(word: str, found: list[str]) -> None:
    assert spellings(word) == found


def test_covering_networks_of_an_address() -> None:
    networks = covering_networks("10.1.1.7")

    assert len(networks) == 33
    assert networks[24] == "10.1.1.0/24"


def test_covering_networks_of_no_address() -> None:
    assert covering_networks("10.1.1") == []


def test_matching_finds_the_networks_of_an_address(db: None) -> None:
    inside = [make.make_subnet(cidr=cidr) for cidr in ("10.1.0.0/16", "10.1.1.0/24")]
    make.make_subnet(cidr="10.2.0.0/16")

    found = matching(Subnet.objects.order_by("pk"), "10.1.1.7", ("cidr",))

    assert list(found) == inside


def test_matching_wants_every_word(db: None) -> None:
    make.make_bssid(value="00-19-5b-7f-77-01", access_point=make.make_access_point(name="ny"))
    wanted = make.make_bssid(
        value="00-19-5b-7f-77-02", access_point=make.make_access_point(name="la")
    )

    found = matching(BSSID.objects.all(), "00:19:5B la", ("value", "access_point__name"))

    assert list(found) == [wanted]
