"""Chassis and port ids as clients of MS-E911WS send them."""

from base64 import b64encode

import pytest

from locations.e911ws.tlv import chassis_id, port_id

MAC = bytes.fromhex("3c4a9230ec00")


def b64(octets: bytes) -> str:
    return b64encode(octets).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b64(b"\x04" + MAC), "3c-4a-92-30-ec-00"),
        (b64(MAC), "3c-4a-92-30-ec-00"),
        ("3C-4A-92-30-EC-00", "3c-4a-92-30-ec-00"),
        ("3c4a9230ec00", "3c-4a-92-30-ec-00"),
        (b64(b"\x05\x01\x0a\x01\x01\x01"), "10.1.1.1"),
        (b64(b"\x07Switch 1"), "switch 1"),
        (b64(b"Switch"), "switch"),
        ("Stack-01", "stack-01"),
        ("ABCD", "abcd"),
    ],
    ids=[
        "tlv-mac",
        "bare-mac",
        "literal",
        "hex",
        "address",
        "tlv-text",
        "text",
        "word",
        "base64ish",
    ],
)
def test_chassis_id(text: str, expected: str) -> None:
    assert chassis_id(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b64(b"\x077"), (7, "7")),
        (b64(b"7"), (None, "7")),
        ("7", (None, "7")),
        ("4200", (None, "4200")),
        (b64(b"\x05Gi1/0/7"), (5, "gigabitethernet1/0/7")),
        (b64(b"Gi1/0/7"), (None, "gigabitethernet1/0/7")),
        ("Gi1/0/12", (None, "gigabitethernet1/0/12")),
        (b64(b"\x03" + MAC), (3, "3c-4a-92-30-ec-00")),
    ],
    ids=["tlv", "bare", "literal", "base64ish", "tlv-name", "name", "literal-name", "mac"],
)
def test_port_id(text: str, expected: tuple[int | None, str]) -> None:
    assert port_id(text) == expected


@pytest.mark.parametrize("read", [chassis_id, port_id])
def test_empty_id_is_refused(read: object) -> None:
    with pytest.raises(ValueError, match="empty"):
        read("")  # type: ignore[operator]
