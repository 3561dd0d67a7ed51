"""Where outgoing requests may go."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e911portal.core.destinations import is_allowed


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("193.0.0.1", True), ("10.1.2.3", False),
        ("172.31.255.255", False), ("172.32.0.1", True), ("192.0.0.8", False), ("::1", False),
        ("::ffff:8.8.8.8", False), ("64:ff9b:1::1", False), ("fd00::1", False), ("ff02::1", False),
    ],
)  # fmt: skip
def test_only_public_addresses_are_allowed(address: str, allowed: bool) -> None:
    assert is_allowed(ipaddress.ip_address(address), []) is allowed


@pytest.mark.parametrize("address", ["10.20.3.4", "::ffff:10.20.3.4"])
def test_named_networks_are_allowed(address: str) -> None:
    assert is_allowed(ipaddress.ip_address(address), [ipaddress.ip_network("10.20.0.0/16")])


@given(st.ip_addresses(v=4).filter(lambda address: address.is_private))
def test_no_private_address_is_allowed(address: ipaddress.IPv4Address) -> None:
    assert not is_allowed(address, [])
