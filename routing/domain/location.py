"""Which location leaves with the call: what the network says now, or what the client sent along.

A client got its location from us earlier, or a person typed it.  The network's evidence is of this
moment.  So a precise network answer wins, a precise client answer may refine a coarse one of the
same site, and what contradicts the network loses.
"""

from dataclasses import dataclass, replace
from typing import Any

from locations.domain.pidflo import Location, Method, located
from locations.domain.resolution import Confidence, ERLRecord, Resolution

#: The tier under which a location sent by the client is reported.
CLIENT = "client"
_PRECISE = ("bssid", "port", "chassis")
#: No location at all; it is false.
NOWHERE = Location()
_GUESSED = ("last_known", "site_default")


@dataclass(frozen=True, slots=True)
class CallLocation:
    """The location that leaves with a call; ``tier`` is None when nothing is known."""

    tier: str | None = None
    matched: str | None = None
    erl: ERLRecord | None = None
    site: str | None = None
    place: Location = NOWHERE
    confidence: Confidence = "none"
    age_s: int = 0
    resolution: Resolution | None = None
    reasons: tuple[str, ...] = ()

    @property
    def located(self) -> bool:
        """Whether there is a place to tell."""
        return bool(self.place)

    def to_json(self) -> dict[str, Any]:
        """Return the ``location`` member of the route reply, in the shape of ``/v1/location``."""
        record = self.erl.record if self.erl else {}
        runners_up = self.resolution.runners_up if self.resolution else ()
        return {
            "located": self.located,
            "tier": self.tier,
            "matched": self.matched,
            "erl": {
                "name": self.erl.name,
                "location": record.get("location") or "",
                "company": record.get("company") or "",
                "site": self.erl.site,
            }
            if self.erl
            else None,
            "civic": dict(self.place.civic) or None,
            "verdict": record.get("verdict"),
            "confidence": self.confidence,
            "age_s": self.age_s,
            "site": self.site,
            "runners_up": [
                {"tier": match.tier, "matched": match.matched, "erl": match.erl.name}
                for match in runners_up
            ],
            "precision": {
                "area_sq_ft": record.get("area_sq_ft"),
                "radius_m": self.place.point.radius_m if self.place.point else None,
            }
            if self.located
            else None,
        }


def of_network(resolution: Resolution) -> CallLocation:
    """Return what the network says as the location of the call."""
    return CallLocation(
        tier=resolution.tier,
        matched=resolution.matched,
        erl=resolution.erl,
        site=resolution.site,
        place=located(resolution),
        confidence=resolution.confidence,
        age_s=resolution.age_s,
        resolution=resolution,
    )


def weigh(
    resolution: Resolution,
    given: Location,
    published: ERLRecord | None = None,
    *,
    excluded: bool = False,
) -> CallLocation:
    """Return the location to send, when the client sent ``given``, which may be empty.

    ``published`` is the ERL that ``given`` is equal to, if any. ``excluded`` says that the device
    is in a subnet that is on no premises (VPN), where a published place cannot be true any more.
    """
    network = of_network(resolution)
    if not given:
        return network
    if network.tier in _PRECISE:
        return _network(network, "the network's answer is as precise, and newer")
    elsewhere = published is not None and bool(network.site) and published.site != network.site
    if published and published.verdict == "valid" and not excluded and not elsewhere:
        return _client(network, given, published, "validated", "equals a validated location")
    if network.located and (published or network.tier not in _GUESSED):
        where = "in another site" if elsewhere else "not validated"
        return _network(network, f"it is {where}, the network's answer is used")
    if published is None:
        doubt = "typed, or from elsewhere"
    elif excluded:
        doubt = f"equals {published.name}, but the device is off the premises"
    elif elsewhere:
        doubt = f"equals {published.name}, but the device is in site {network.site}"
    else:
        doubt = f"equals {published.name}, whose address is {published.verdict}"
    return _client(network, given, published, "manual", f"{doubt}; to be verified by voice")


def _network(network: CallLocation, why: str) -> CallLocation:
    return replace(network, reasons=(f"client location: {why}",))


def _client(
    network: CallLocation,
    given: Location,
    published: ERLRecord | None,
    confidence: Confidence,
    why: str,
) -> CallLocation:
    return CallLocation(
        tier=CLIENT,
        matched=published.name if published else None,
        erl=published,
        site=network.site or (published.site if published else None),
        place=given if confidence == "validated" else replace(given, method=Method.MANUAL),
        confidence=confidence,
        resolution=network.resolution,
        reasons=(f"client location: {why}",),
    )
