"""The rows that decide how an emergency call leaves."""

from routing.models.calls import CallEvent, EmergencyCall
from routing.models.numbers import ELIN, CallParkOrbit, ELINLease, NormalizationRule
from routing.models.policy import EmergencyNumber, LocationPolicy, SitePolicy
from routing.models.voice import (
    PSTNUsage,
    RouteTrunk,
    RouteUsage,
    Trunk,
    VoicePolicy,
    VoicePolicyUsage,
    VoiceRoute,
    VoiceUser,
)

__all__ = [
    "ELIN",
    "CallEvent",
    "CallParkOrbit",
    "ELINLease",
    "EmergencyCall",
    "EmergencyNumber",
    "LocationPolicy",
    "NormalizationRule",
    "PSTNUsage",
    "RouteTrunk",
    "RouteUsage",
    "SitePolicy",
    "Trunk",
    "VoicePolicy",
    "VoicePolicyUsage",
    "VoiceRoute",
    "VoiceUser",
]
