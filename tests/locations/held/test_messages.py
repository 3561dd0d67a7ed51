"""What a HELD request means: whose it is, and which clue it holds."""

import pytest

from locations.domain.resolution import Clue, Tier
from locations.held.messages import Device, LocationRequest, to_clue
from tests.locations.held.devices import device


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        pytest.param(None, False, id="none-given"),
        pytest.param(device(ip="10.1.1.20"), False, id="its-own-address"),
        pytest.param(device(ip="10.1.1.21"), True, id="another-address"),
        pytest.param(device(ip="10.1.1.20", mac="00-00-00-00-00-01"), True, id="and-a-mac"),
        pytest.param(device(uri="sip:a@b"), True, id="uri"),
    ],
)
def test_third_party(named: Device | None, expected: bool) -> None:
    assert LocationRequest(device=named).is_third_party("10.1.1.20") is expected


def test_clue_of_a_device_that_asks_for_itself_has_its_source_address() -> None:
    request = LocationRequest(chassis="c", port="7", port_subtype=5, bssids=("b1", "b2"))

    assert to_clue(request, "10.1.1.20") == Clue(("b1", "b2"), "c", "7", 5, "10.1.1.20")


def test_clue_about_another_device_has_no_source_address() -> None:
    request = LocationRequest(device=device(mac="00-00-00-00-00-01", uri="sip:a@b"))

    assert to_clue(request, "10.1.1.20") == Clue(mac="00-00-00-00-00-01", uri="sip:a@b")


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        ("subnet", ["ip"]),
        ("site_default", ["ip"]),
        ("mac", ["mac"]),
        ("endpoint", ["uri"]),
        ("port", ["ip", "mac", "uri"]),
        ("last_known", ["ip", "mac", "uri"]),
    ],
)
def test_identifiers_that_were_used(tier: Tier, expected: list[str]) -> None:
    named = device(ip="10.1.1.20", mac="00-00-00-00-00-01", uri="sip:a@b")

    assert [found.kind for found in named.used(tier).identifiers] == expected
