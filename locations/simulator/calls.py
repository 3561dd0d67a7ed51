"""What an E9-1-1 provider makes of a call that comes in by SIP: the location read, who answers."""

import email
import email.policy
import re
from collections.abc import Mapping
from dataclasses import dataclass

from locations.domain import pidflo
from locations.domain.addresses import StreetAddress
from locations.domain.msag import MSAG
from locations.domain.verdicts import Verdict

PSAP, ECRC = "PSAP", "ECRC"
_CID = re.compile(r"<cid:([^<>]+)>", re.IGNORECASE)
#: Methods of a location that nobody has verified (docs/glossary.md): the caller is asked.
_ASKED = frozenset({"", "manual"})


@dataclass(frozen=True, slots=True)
class Reading:
    """Who answers a call, and why; ``place`` is what the operator reads on the screen.

    ``ECRC`` is the provider's call centre, which asks the caller where the emergency is.
    """

    desk: str
    why: str
    place: str = ""
    conference_uri: str = ""
    conference_mode: str = ""


def read_call(headers: Mapping[str, str], body: bytes, guide: MSAG) -> Reading:
    """Return what is made of an INVITE; ``headers`` has Content-Type and Geolocation.

    The location is the part that Geolocation names (RFC 6442 §4.1).  It is trusted when somebody
    has verified it and its street is in the guide.  Never raises: every call is answered.
    """
    named = _CID.search(headers.get("Geolocation", ""))
    if not named:
        return Reading(ECRC, "no location came with the call")
    document = _part(headers.get("Content-Type", ""), body, named.group(1))
    if document is None:
        return Reading(ECRC, f"Geolocation names {named.group(1)}, which is no part of the body")
    try:
        read = pidflo.read(document)
    except ValueError as error:
        return Reading(ECRC, f"the PIDF-LO cannot be read: {error}")
    civic = read.location.civic
    place = ", ".join(f"{name} {text}" for name, text in civic.items() if text)
    conference = read.extension.conference_uri, read.extension.conference_mode
    if read.location.method.lower() in _ASKED:
        method = read.location.method or "none"
        why = f"nobody has verified the location (method {method})"
        return Reading(ECRC, why, place, *conference)
    answer = guide.check(_address(civic))
    if answer.verdict is Verdict.INVALID:
        return Reading(ECRC, f"not in the guide: {'; '.join(answer.reasons)}", place, *conference)
    return Reading(PSAP, f"method {read.location.method}, in the guide", place, *conference)


def _part(content_type: str, body: bytes, content_id: str) -> bytes | None:
    whole = b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    message = email.message_from_bytes(whole, policy=email.policy.HTTP)
    for part in message.walk():
        if str(part["Content-ID"] or "").strip().strip("<>") == content_id:
            content = part.get_payload(decode=True)
            return content if isinstance(content, bytes) else None
    return None


def _address(civic: Mapping[str, str]) -> StreetAddress:
    def of(name: str) -> str:
        return civic.get(name, "")

    return StreetAddress(
        country=of("country"), a1=of("A1"), a3=of("A3"), prd=of("PRD"), rd=of("RD"), sts=of("STS"),
        pod=of("POD"), hno=of("HNO"), hns=of("HNS"), pc=of("PC"),
    )  # fmt: skip
