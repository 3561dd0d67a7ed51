"""What the SIP edge tells about a call: the request of ``POST /v1/sip/route``, and who and where
the caller is by it.

A field that cannot be read is left out with a reason. The call was made by somebody in need; it is
not refused because a phone wrote its port in an odd way.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from html import unescape
from typing import Any

from locations.domain import identifiers
from locations.domain.resolution import Clue
from routing.domain.numbers import NormalizationRule, dialled_digits, normalize

MAX_TEXT = 65536

# These read what a caller wrote: none may take longer than in proportion to the length.
_PAI_URI = re.compile(r"<([^<>]+)>|([a-z]{1,5}:[^\s<>\",]+)", re.IGNORECASE)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_WLAN_NODE = re.compile(r'i-wlan-node-id\s*=\s*"?([0-9a-f:.-]+)"?', re.IGNORECASE)
_TAG = re.compile(r"<(?:\w+:)?LocationPolicyTagID\b[^<>]*>([^<]*)</", re.IGNORECASE)
_HOST = re.compile(r"@(\[[0-9a-f:.]+\]|[a-z0-9.-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RouteRequest:
    """The facts of one INVITE, as text, and clues that a caller of the API may give explicitly.

    ``x_location`` is the header X-E911-Location of phones and PBXs that know more than their
    address: ``bssid=…;chassis=…;port=…;ip=…;mac=…``.
    """

    ruri: str = ""
    call_ref: str = ""
    call_id: str = ""
    from_tag: str = ""
    from_uri: str = ""
    from_display: str = ""
    to_uri: str = ""
    src_ip: str = ""
    src_port: str = ""
    proto: str = ""
    user_agent: str = ""
    contact: str = ""
    p_asserted_identity: str = ""
    geolocation: str = ""
    access_network_info: str = ""
    edge: str = ""
    x_location: str = ""
    content_type: str = ""
    pidf_lo: str = ""
    tag: str = ""
    bssid: str = ""
    chassis: str = ""
    port: str = ""
    ip: str = ""
    mac: str = ""

    @classmethod
    def from_json(cls, document: Any) -> "RouteRequest":
        """Return the request of a JSON object; unknown members are ignored, numbers become text.

        Raises ValueError if it is no object or does not say what was dialled (``ruri``,
        ``to_uri``).
        """
        if not isinstance(document, Mapping):
            raise ValueError("A route request is a JSON object with at least “ruri”.")
        values = {field.name: _text(document.get(field.name)) for field in fields(cls)}
        values["ruri"] = values["ruri"] or values["to_uri"]
        if not values["ruri"]:
            raise ValueError(
                "The route request has no “ruri”, so it does not say what was dialled."
            )
        return cls(**values)

    @property
    def policy_tag(self) -> str:
        """The LocationPolicyTagID: given, else the one in the client's PIDF-LO (MS-SIPRE
        3.17.5.2).
        """
        found = _TAG.findall(self.pidf_lo)
        return self.tag or (unescape(found[-1]).strip() if found else "")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: SIP and tel URIs and E.164 numbers, best evidence first, name and domain."""

    uris: tuple[str, ...]
    numbers: tuple[str, ...]
    name: str
    domain: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What ``caller`` and ``clue`` read of a request: who, from where, and what made no sense."""

    who: Caller
    said: Clue
    unread: tuple[str, ...]


def hear(request: RouteRequest, rules: Iterable[NormalizationRule] = ()) -> Heard:
    """Return who calls and what the phone says of its surroundings."""
    return Heard(caller(request, rules), *clue(request))


def caller(request: RouteRequest, rules: Iterable[NormalizationRule] = ()) -> Caller:
    """Return who calls.  P-Asserted-Identity (RFC 3325) is a proxy's word and comes before From.

    A short number becomes a global one by the dial-plan ``rules``, or is left out.
    """
    rules = tuple(rules)
    uris: list[str] = []
    numbers: list[str] = []
    asserted = [a or b for a, b in _PAI_URI.findall(request.p_asserted_identity)]
    for text in (*asserted, request.from_uri):
        number, _ = normalize(dialled_digits(text), rules)
        for found, read in ((number, identifiers.phone_number), (text, identifiers.uri)):
            try:
                canonical = read(found)
            except ValueError:
                continue
            if canonical.startswith("+"):
                numbers.append(canonical)
            else:
                uris.append(canonical)
    domain = _HOST.search(request.from_uri)
    return Caller(
        tuple(dict.fromkeys(uris)),
        tuple(dict.fromkeys(numbers)),
        _display_name(request.from_display),
        domain.group(1).lower() if domain else "",
    )


def clue(request: RouteRequest) -> tuple[Clue, tuple[str, ...]]:
    """Return the evidence of where the caller is, without an endpoint, and what could not be read.

    The address is the one given explicitly, else in X-E911-Location, else that of the SIP source.
    """
    header = _header_clues(request.x_location)
    wlan = _WLAN_NODE.search(request.access_network_info)
    reasons: list[str] = []

    def first(name: str, read: Callable[[str], str], *given: str) -> str | None:
        for text in given:
            try:
                return read(text)
            except ValueError:
                if text:
                    reasons.append(f"{name}: “{text[:64]}” cannot be read, ignored")
        return None

    bssids = [
        found
        for text in (request.bssid, header.get("bssid", ""), wlan.group(1) if wlan else "")
        for part in text.split(",")
        if (found := first("bssid", identifiers.mac, part))
    ]
    ip = first("ip", identifiers.ip, request.ip, header.get("ip", ""), request.src_ip)
    read = Clue(
        bssids=tuple(dict.fromkeys(bssids)),
        chassis=first(
            "chassis", identifiers.chassis_id, request.chassis, header.get("chassis", "")
        ),
        port=first("port", identifiers.port_id, request.port, header.get("port", "")),
        ip=ip,
        mac=first("mac", identifiers.mac, request.mac, header.get("mac", "")),
    )
    return read, tuple(reasons)


def _display_name(text: str) -> str:
    """Return a display name without its quotes and backslashes (RFC 3261 §25.1)."""
    name = text.strip()
    if name.startswith('"') and name.endswith('"'):
        name = name[1:-1]
    return _QUOTED_PAIR.sub(r"\1", name).strip()


def _header_clues(header: str) -> dict[str, str]:
    """Return the parameters of X-E911-Location by lower-case name."""
    pairs = (part.partition("=") for part in header.split(";"))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _text(value: Any) -> str:
    """Return a JSON scalar as text that any encoder accepts; all else is no text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)[:MAX_TEXT].encode("utf-8", "replace").decode()
