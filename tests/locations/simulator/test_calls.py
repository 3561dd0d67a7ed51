"""Who answers a call, by the location that came with it."""

from datetime import UTC, datetime, timedelta

import pytest

from locations.domain import pidflo
from locations.domain.msag import MSAG
from locations.domain.pidflo import Location, MicrosoftExtension
from locations.domain.profiles import Profile
from locations.simulator.calls import ECRC, PSAP, read_call
from locations.simulator.geocoding import EXAMPLE_GUIDE, read_guide

GUIDE = MSAG(read_guide(EXAMPLE_GUIDE))
NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
CEDAR = {"country": "US", "A1": "NY", "A3": "New York", "PRD": "N", "RD": "Cedar", "STS": "Dr",
         "HNO": "12345", "LOC": "2nd floor"}  # fmt: skip
CONFERENCE = "sip:+12125550199@unplugthepbx.com;user=phone"
SDP = b"Content-Type: application/sdp\r\n\r\nv=0\r\n"


def document(civic: dict[str, str], method: str) -> bytes:
    return pidflo.for_sip(
        Location(civic, method=method),
        entity="sip:anna@example.com",
        device_id="sip:anna@example.com",
        now=NOW,
        expires=NOW + timedelta(hours=1),
        profile=Profile.MICROSOFT,
        extension=MicrosoftExtension(CONFERENCE, "oneway", "user-tagid:x"),
    ).encode()


def body(pidf: bytes, content_id: str = "a@x") -> bytes:
    part = f"Content-Type: application/pidf+xml\r\nContent-ID: <{content_id}>\r\n\r\n".encode()
    return b"--b\r\n" + SDP + b"\r\n--b\r\n" + part + pidf + b"\r\n--b--\r\n"


HEADERS = {"Content-Type": "multipart/mixed;boundary=b", "Geolocation": "<cid:a@x>"}


@pytest.mark.parametrize(
    ("headers", "content", "desk", "why"),
    [
        (HEADERS, body(document(CEDAR, "Wiremap")), PSAP, "in the guide"),
        (HEADERS, body(document(CEDAR, "Manual")), ECRC, "nobody has verified"),
        (HEADERS, body(document(CEDAR, "")), ECRC, "nobody has verified"),
        (HEADERS, body(document(CEDAR | {"RD": "Nowhere"}, "Wiremap")), ECRC, "not in the guide"),
        (HEADERS, body(document(CEDAR | {"HNO": ""}, "Wiremap")), ECRC, "not in the guide"),
        (HEADERS, body(b"<presence"), ECRC, "cannot be read"),
        (HEADERS, body(document(CEDAR, "Wiremap"), "other@x"), ECRC, "no part of the body"),
        (HEADERS, b"\x00\xff", ECRC, "no part of the body"),
        ({"Content-Type": "application/sdp"}, b"v=0\r\n", ECRC, "no location"),
        ({}, b"", ECRC, "no location"),
    ],
    ids=["verified", "typed", "no-method", "unknown-street", "no-number", "broken", "other-part",
         "garbage", "none", "empty"],
)  # fmt: skip
def test_who_answers(headers: dict[str, str], content: bytes, desk: str, why: str) -> None:
    reading = read_call(headers, content, GUIDE)

    assert reading.desk == desk
    assert why in reading.why


def test_operator_reads_place_and_conference() -> None:
    reading = read_call(HEADERS, body(document(CEDAR, "Wiremap")), GUIDE)

    assert "HNO 12345" in reading.place
    assert "LOC 2nd floor" in reading.place
    assert (reading.conference_uri, reading.conference_mode) == (CONFERENCE, "oneway")
