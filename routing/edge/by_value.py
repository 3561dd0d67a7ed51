"""A location that a phone sends along by value (RFC 6442 §3.1): typed as civic elements, or a file.

The document is a body part of the INVITE, beside the session description, and ``Geolocation`` names
it by its Content-ID.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aiosipua.message import SipRequest, SipResponse

from locations.domain import pidflo
from locations.domain.addresses import CIVIC_ORDER
from locations.domain.pidflo import Location, Method
from locations.domain.profiles import EXTENSIONS
from locations.simulator.transports import UDP

#: A datagram holds 65,507 bytes; the rest of the INVITE is far below the difference.
MOST_BYTES = 60_000
#: How long who is called may keep it; RFC 4119 §2.2.2 has a day for what does not say.
RETENTION = timedelta(hours=24)
_NAMES = {name.upper(): name for name in (*CIVIC_ORDER, *EXTENSIONS)}
_EXAMPLE = "country=US;A1=NY;A3=Albany;RD=State;STS=St;HNO=1"
_SDP = "application/sdp"


def civic_of(text: str) -> dict[str, str]:
    """Return the civic elements of ``country=US;A1=NY;A3=Albany;RD=State;HNO=1``, by the names of
    RFC 5139 in any case.  Raises ValueError, which names the element, its value and the remedy."""
    civic: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        known = _NAMES.get(name.upper())
        if not equals or not value:
            raise ValueError(f"--civic: “{part}” is not NAME=TEXT, for example {_EXAMPLE}.")
        if known is None:
            names = ", ".join(_NAMES.values())
            raise ValueError(
                f"--civic: “{name}” (“{value}”) is no civic element. "
                f"Use those of RFC 5139: {names}."
            )
        if known in civic:
            raise ValueError(
                f"--civic: {known} is there twice, “{civic[known]}” and “{value}”. Leave one out."
            )
        civic[known] = value
    country = civic.get("country", "")
    if not re.fullmatch("[A-Za-z]{2}", country):
        raise ValueError(
            f"--civic: country is “{country}”. Write two letters (ISO 3166-1), as in country=US."
        )
    if len(civic) < 2:
        raise ValueError(f"--civic: only the country is given. Say more, for example {_EXAMPLE}.")
    return civic


def typed(civic: Mapping[str, str], *, caller: str, now: datetime) -> bytes:
    """Return the PIDF-LO of a place that its caller typed: method ``Manual``."""
    document = pidflo.for_sip(
        Location(civic, method=Method.MANUAL),
        entity=caller,
        device_id=caller,
        now=now,
        expires=now + RETENTION,
    )
    return document.encode()


def of_file(path: Path) -> bytes:
    """Return the document of a file as it is there.

    Raises ValueError when it cannot be read, is too long, or no PIDF-LO that says where."""
    try:
        document = path.read_bytes()
    except OSError as error:
        raise ValueError(
            f"--pidf-lo: {path}: {error.strerror}. Name a file that can be read."
        ) from error
    if len(document) > MOST_BYTES:
        raise ValueError(
            f"--pidf-lo: {path} has {len(document)} bytes, an INVITE over UDP takes {MOST_BYTES}. "
            "Leave out what is no location."
        )
    try:
        found = pidflo.read(document).location
    except pidflo.PIDFError as error:
        raise ValueError(f"--pidf-lo: {path}: {error} Give a PIDF-LO (RFC 4119).") from error
    if not found:
        raise ValueError(
            f"--pidf-lo: {path} says no place. Give a geopriv with a civicAddress or a shape."
        )
    return document


@dataclass
class Carrying(UDP):
    """A phone's transport whose INVITEs carry ``document``, if there is one."""

    document: bytes = b""

    def send(self, message: SipRequest | SipResponse, addr: tuple[str, int]) -> None:
        if self.document and isinstance(message, SipRequest) and message.method == "INVITE":
            attach(message, self.document)
        super().send(message, addr)


def attach(invite: SipRequest, document: bytes) -> None:
    """Put the document beside the session description; an INVITE that has it stays as it is."""
    if invite.content_type != _SDP:
        return
    token = secrets.token_hex(8)
    boundary, content_id = f"part-{token}", f"{token}@phone.invalid"
    parts = (
        (f"Content-Type: {_SDP}", invite.body),
        (
            f"Content-Type: {pidflo.MEDIA_TYPE}\r\nContent-ID: <{content_id}>\r\n"
            "Content-Disposition: by-reference;handling=optional",
            document,
        ),
    )
    framed = b"".join(
        f"--{boundary}\r\n{head}\r\n\r\n".encode() + body + b"\r\n" for head, body in parts
    )
    invite.body = framed + f"--{boundary}--\r\n".encode()
    invite.content_type = f'multipart/mixed;boundary="{boundary}"'
    headers = (
        ("MIME-Version", "1.0"),
        ("Geolocation", f"<cid:{content_id}>"),
        ("Geolocation-Routing", "yes"),
    )
    for name, value in headers:
        invite.headers.set_single(name, value)
    invite.headers.append("Supported", "geolocation")
