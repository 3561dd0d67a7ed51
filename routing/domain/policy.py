"""Location policies: what one says, and which one applies to a call (Lync's CsLocationPolicy).

The policy of the network site a device is in beats the one granted to its user, so that a New York
user who calls from Los Angeles leaves by Los Angeles.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from routing.domain.numbers import EmergencyNumber

SUBNET_TAG = "subnet-tagid"
USER_TAG = "user-tagid"


class LocationRequired(StrEnum):
    """What a client asks of a user whom it cannot locate."""

    NO = "no"
    YES = "yes"
    DISCLAIMER = "disclaimer"


class ConferenceMode(StrEnum):
    """Whether the conferenced security desk only listens, or speaks too."""

    ONE_WAY = "oneway"
    TWO_WAY = "twoway"


class UnvalidatedAddresses(StrEnum):
    """What becomes of a location whose address has no valid verdict: kept back, or sent and
    marked.
    """

    WITHHOLD = "withhold"
    FLAG = "flag"


class Scope(StrEnum):
    """By which rule a policy was chosen, in order of precedence."""

    TAG = "tag"
    SITE = "site"
    USER = "user"
    HOME_SITE = "home_site"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class LocationPolicy:
    """Everything a client and the call path must know for emergency calls under one policy.

    Enhanced emergency services are on unless switched off: in Lync they were off, and calls went
    out without a location until somebody noticed.
    """

    name: str
    enhanced_emergency_services_enabled: bool = True
    location_required: LocationRequired = LocationRequired.NO
    disclaimer: str = ""
    use_location_for_e911_only: bool = True
    emergency_numbers: tuple[EmergencyNumber, ...] = ()
    pstn_usage: str = ""
    notification_uris: tuple[str, ...] = ()
    conference_uri: str = ""
    conference_mode: ConferenceMode = ConferenceMode.TWO_WAY
    location_refresh_interval_hours: int = 4
    unvalidated_addresses: UnvalidatedAddresses = UnvalidatedAddresses.WITHHOLD

    def to_record(self) -> dict[str, Any]:
        """Return the policy as JSON-ready values, the form kept in a publication."""
        record = asdict(self)
        record["emergency_numbers"] = [
            {"dial_string": n.dial_string, "masks": list(n.masks)} for n in self.emergency_numbers
        ]
        record["notification_uris"] = list(self.notification_uris)
        return {key: str(v) if isinstance(v, StrEnum) else v for key, v in record.items()}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "LocationPolicy":
        """Return the policy of a record; missing entries take the defaults, unknown ones are
        ignored.

        Raises KeyError without a name and ValueError for a word that is none of the choices.
        """
        default = cls(str(record["name"]))
        return cls(
            name=default.name,
            enhanced_emergency_services_enabled=bool(
                record.get("enhanced_emergency_services_enabled", True)
            ),
            location_required=LocationRequired(record.get("location_required") or "no"),
            disclaimer=str(record.get("disclaimer") or ""),
            use_location_for_e911_only=bool(record.get("use_location_for_e911_only", True)),
            emergency_numbers=tuple(
                EmergencyNumber.from_record(n) for n in record.get("emergency_numbers") or ()
            ),
            pstn_usage=str(record.get("pstn_usage") or ""),
            notification_uris=tuple(str(u) for u in record.get("notification_uris") or ()),
            conference_uri=str(record.get("conference_uri") or ""),
            conference_mode=ConferenceMode(record.get("conference_mode") or "twoway"),
            location_refresh_interval_hours=int(
                record.get("location_refresh_interval_hours")
                or default.location_refresh_interval_hours
            ),
            unvalidated_addresses=UnvalidatedAddresses(
                record.get("unvalidated_addresses") or "withhold"
            ),
        )


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """The policy that applies, by which rule, the tag a client returns in its call, and the
    reasons.
    """

    policy: LocationPolicy
    scope: Scope
    tag: str
    reasons: tuple[str, ...]


#: What applies when a publication holds no policy at all; a call must not wait for paperwork.
BUILT_IN = LocationPolicy("built-in", emergency_numbers=(EmergencyNumber("911", ("9911",)),))


def make_tag(kind: str, name: str) -> str:
    """Return the LocationPolicyTagID of a policy, ``subnet-tagid:New York``."""
    return f"{kind}:{name}"


def policy_of_tag(tag: str) -> str:
    """Return the policy name in a LocationPolicyTagID; empty if it has none, like ``user-tagid``.

    A text without one of the two prefixes is taken as the name itself.
    """
    kind, _, name = tag.strip().partition(":")
    if kind.lower() in (SUBNET_TAG, USER_TAG):
        return name.strip()
    return tag.strip()


def choose(
    policies: Mapping[str, LocationPolicy],
    *,
    tag: str = "",
    site_policy: str | None = None,
    user_policy: str | None = None,
    home_site_policy: str | None = None,
    global_policy: str | None = None,
) -> PolicyChoice:
    """Return the policy that applies: the call's own tag, then network site, user, home site,
    Global.

    The arguments name policies; a name that ``policies`` does not hold is passed over with a
    reason. There is always an answer: in the end the built-in policy.
    """
    reasons: list[str] = []
    ladder = (
        (Scope.TAG, policy_of_tag(tag), "the call's tag"),
        (Scope.SITE, site_policy, "the network site"),
        (Scope.USER, user_policy, "the user"),
        (Scope.HOME_SITE, home_site_policy, "the user's home site"),
        (Scope.GLOBAL, global_policy, "Global"),
    )
    for scope, name, whose in ladder:
        if not name:
            reasons.append(f"policy: none for {whose}")
            continue
        policy = policies.get(name)
        if policy is None:
            reasons.append(f"policy: {whose} names “{name}”, which is not published")
            continue
        reasons.append(f"policy: “{name}” of {whose}")
        kind = SUBNET_TAG if scope is Scope.SITE else USER_TAG
        own_tag = tag.strip() if scope is Scope.TAG else make_tag(kind, name)
        return PolicyChoice(policy, scope, own_tag, tuple(reasons))
    reasons.append("policy: none is published, the built-in one applies")
    return PolicyChoice(BUILT_IN, Scope.GLOBAL, make_tag(USER_TAG, BUILT_IN.name), tuple(reasons))
