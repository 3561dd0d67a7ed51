"""LLDP values as phones really send them."""

from typing import Any

import pytest

from locations.held import measurements


@pytest.mark.parametrize(
    ("subtype", "value", "expected"),
    [
        pytest.param(4, "3C4A9230EC00", "3c-4a-92-30-ec-00", id="mac"),
        pytest.param(4, "3C-4A-92-30-EC-00", "3c-4a-92-30-ec-00", id="mac-as-text"),
        pytest.param(4, "c0000205", "192.0.2.5", id="address-under-4-as-in-the-rfc"),
        pytest.param(5, "01C0000205", "192.0.2.5", id="ipv4"),
        pytest.param(5, "0220010db8" + "00" * 11 + "01", "2001:db8::1", id="ipv6"),
        pytest.param(7, "53773120456173742020", "sw1 east", id="local-name"),
        pytest.param(
            7, "33432d34412d39322d33302d45432d3030", "3c-4a-92-30-ec-00", id="mac-in-text"
        ),
        pytest.param(7, "3C4A9230EC00", "3c-4a-92-30-ec-00", id="mac-under-another-subtype"),
        pytest.param(None, "3C4A9230EC00", "3c-4a-92-30-ec-00", id="no-subtype"),
        pytest.param(7, "55123", "55123", id="odd-digits-are-text"),
    ],
)
def test_chassis_id(subtype: int | None, value: str, expected: str) -> None:
    assert measurements.chassis_id(subtype, value) == expected


@pytest.mark.parametrize(
    ("subtype", "value", "expected"),
    [
        pytest.param(7, "37", "7", id="digit"),
        pytest.param(5, "4769312f302f37", "gigabitethernet1/0/7", id="interface-name"),
        pytest.param(5, "4769312f302f3700", "gigabitethernet1/0/7", id="trailing-nul"),
        pytest.param(5, "Gi1/0/7", "gigabitethernet1/0/7", id="as-text"),
        pytest.param(7, "7", "7", id="odd-digit-is-text"),
        pytest.param(7, "12", "12", id="unprintable-octet-is-text"),
        pytest.param(3, "3C4A9230EC07", "3c-4a-92-30-ec-07", id="mac"),
    ],
)
def test_port_id(subtype: int, value: str, expected: str) -> None:
    assert measurements.port_id(subtype, value) == expected


@pytest.mark.parametrize("decode", [measurements.chassis_id, measurements.port_id])
def test_value_longer_than_a_tlv_is_refused_and_not_kept(decode: Any) -> None:
    assert decode(7, "61" * 255) == "a" * 255
    before = decode.cache_info().currsize

    for value in ("61" * 256, "x" * 60_000):
        with pytest.raises(ValueError, match="longer than any id"):
            decode(7, value)

    assert decode.cache_info().currsize == before


@pytest.mark.parametrize("decode", [measurements.chassis_id, measurements.port_id])
def test_empty_value_is_refused(decode: object) -> None:
    with pytest.raises(ValueError, match="is empty"):
        decode(7, "")  # type: ignore[operator]
