"""The answer to the SIP edge: the reply of ``POST /v1/sip/route``, and what else was found on the
way.

Strings of the reply end up in SIP headers, so none of them may bring a quote or a line break
along.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.domain.callerid import CallerID
from routing.domain.location import CallLocation
from routing.domain.numbers import EmergencyMatch
from routing.domain.policy import PolicyChoice
from routing.domain.selection import Trunk

#: Version of the reply; an edge that does not know it uses its own last resort.
REPLY_VERSION = 1

_UNSAFE = re.compile(r'["\x00-\x1f\x7f\u2028\u2029]')
_UNSAFE_IN_URI = re.compile(r"[<>\s]")


@dataclass(frozen=True, slots=True)
class Target:
    """One trunk to try, ready for the edge; ``pidf_lo`` is the document for its civic profile.

    ``service_info`` is the document of RFC 7852 §4.2, empty where the trunk does not ask for it.
    """

    trunk: Trunk
    dial_string: str
    caller_id: CallerID
    domain: str
    caller_uri: str = ""
    pidf_lo: str = ""
    service_info: str = ""

    def to_json(self, common_pidf_lo: str) -> dict[str, Any]:
        """Return the member of ``targets``; the document is repeated only where it differs."""
        shown = self.caller_id.number
        from_uri = uri(shown if ":" in shown else f"sip:{shown}@{self.domain}") if shown else ""
        target = {
            "id": clean(self.trunk.name),
            "uri": uri(f"sip:{self.dial_string}@{self.trunk.address}"),
            "dst": uri(self.trunk.dst),
            "no_reply_ms": self.trunk.no_reply_ms,
            "no_answer_ms": self.trunk.no_answer_ms,
            "send_pidf": int(bool(self.pidf_lo)),
            "from_uri": from_uri,
            "from_display": clean(self.caller_id.display),
            "pai": from_uri or uri(self.caller_uri),
            "civic_profile": str(self.trunk.civic_profile),
        }
        if self.pidf_lo and self.pidf_lo != common_pidf_lo:
            target["pidf_lo"] = self.pidf_lo
        if self.service_info:
            target["service_info"] = self.service_info
        return target


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """How a call leaves. An ordinary call has no targets.

    ``caller_*`` and ``dialled`` are for the record of the call, ``leased_elin`` is the ELIN that
    now belongs to this caller; none of them is part of the reply.
    """

    match: EmergencyMatch
    choice: PolicyChoice
    publication: int
    call_ref: str = ""
    location: CallLocation = field(default_factory=CallLocation)
    targets: tuple[Target, ...] = ()
    callback_number: str = ""
    content_id: str = ""
    notify: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    caller_uri: str = ""
    caller_name: str = ""
    caller_number: str = ""
    leased_elin: str = ""

    @property
    def emergency(self) -> bool:
        """Whether the call is an emergency call, test calls included."""
        return self.match.emergency

    @property
    def test_call(self) -> bool:
        """Whether the call goes to the provider's test service."""
        return self.match.test_call

    @property
    def dialled(self) -> str:
        """What the caller dialled: digits or a service URN."""
        return self.match.service or self.match.dialled

    @property
    def pidf_lo(self) -> str:
        """The document of the first target that is sent one; empty when none is."""
        return next((target.pidf_lo for target in self.targets if target.pidf_lo), "")

    def to_json(self) -> dict[str, Any]:
        """Return the reply; all its strings but the PIDF-LO are fit for a SIP header."""
        policy = self.choice.policy
        conference = None
        if self.emergency and policy.conference_uri:
            conference = {"uri": uri(policy.conference_uri), "mode": str(policy.conference_mode)}
        reply = {
            "v": REPLY_VERSION,
            "emergency": self.emergency,
            "test_call": self.test_call,
            "call_ref": self.call_ref,
            "policy": policy.name,
            "tag": self.choice.tag,
            "scope": str(self.choice.scope),
            "location": self.location.to_json(),
            "confidence": self.location.confidence,
            "caller_name": self.caller_name,
            "callback_number": self.callback_number,
            "content_id": self.content_id,
            "notify": [uri(target) for target in self.notify],
            "conference": conference,
            "publication": self.publication,
            "reasons": list(self.reasons),
        }
        cleaned: dict[str, Any] = clean_json(reply)
        document = self.pidf_lo
        cleaned["pidf_lo"] = document
        cleaned["targets"] = [target.to_json(document) for target in self.targets]
        return cleaned


def policy_json(
    choice: PolicyChoice, *, publication: int, held_uri: str = "", lis_uri: str = ""
) -> dict[str, Any]:
    """Return the answer of ``/v1/policy``: what a client must know before somebody dials."""
    record = choice.policy.to_record()
    asked = (
        "enhanced_emergency_services_enabled",
        "location_required",
        "use_location_for_e911_only",
        "emergency_numbers",
        "notification_uris",
        "conference_uri",
        "conference_mode",
        "location_refresh_interval_hours",
        "disclaimer",
    )
    return {
        "publication": publication,
        "policy": choice.policy.name,
        "scope": str(choice.scope),
        "tag": choice.tag,
        **{name: record[name] for name in asked},
        "held_uri": held_uri,
        "lis_uri": lis_uri,
        "reasons": list(choice.reasons),
    }


def clean(text: str) -> str:
    """Return ``text`` without quotes, line breaks and other control characters."""
    if text.isprintable() and '"' not in text:  # nearly always, and quickly told
        return text
    return _UNSAFE.sub("", text)


def uri(text: str) -> str:
    """Return a URI that can stand between angle brackets: ``clean``, and without ``<``, ``>``,
    blanks.
    """
    return _UNSAFE_IN_URI.sub("", clean(text))


def clean_json(value: Any) -> Any:
    """Return a JSON value with every string in it cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): clean_json(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(member) for member in value]
    return value
