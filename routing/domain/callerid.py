"""The number an emergency call shows: the PSAP calls it back, and a legacy ALI database is keyed
by it.
"""

from dataclasses import dataclass
from enum import StrEnum

from routing.domain.selection import Attempt, TrunkKind


class CallerIDSource(StrEnum):
    """Where a presented number comes from."""

    ALTERNATE = "alternate"
    ELIN = "elin"
    CALLER = "caller"
    SITE = "site"
    TRUNK = "trunk"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class CallerID:
    """The number (or SIP URI) to present on one attempt, the name with it, its source and the
    reason.
    """

    number: str
    display: str
    source: CallerIDSource
    reasons: tuple[str, ...]


def present(
    attempt: Attempt,
    *,
    caller_number: str = "",
    caller_name: str = "",
    elin: str | None = None,
    location_text: str = "",
    site_number: str = "",
) -> CallerID:
    """Return what one attempt presents.

    A route that suppresses shows its alternate number; an ELIN gateway shows the leased ELIN;
    otherwise the caller's own number; a caller without one is shown by a number of the site or of
    the trunk. A number that is not the caller's goes with the text of the location in place of the
    caller's name.
    """
    trunk, route = attempt.trunk, attempt.route
    reasons: list[str] = []

    def chosen(number: str, display: str, source: CallerIDSource, why: str) -> CallerID:
        reasons.append(f"caller id: {trunk.name}: {why}")
        return CallerID(number, display, source, tuple(reasons))

    if route and route.suppress_caller_id:
        if route.alternate_caller_id:
            why = f"suppressed by “{route.name}”, {route.alternate_caller_id} in its place"
            return chosen(route.alternate_caller_id, location_text, CallerIDSource.ALTERNATE, why)
        reasons.append(f"caller id: {trunk.name}: “{route.name}” suppresses without an alternate")
    if trunk.kind is TrunkKind.ELIN_GATEWAY:
        if elin:
            return chosen(elin, location_text, CallerIDSource.ELIN, f"ELIN {elin}")
        reasons.append(f"caller id: {trunk.name}: no ELIN for this location")
    if caller_number:
        return chosen(
            caller_number, caller_name, CallerIDSource.CALLER, f"the caller's {caller_number}"
        )
    if site_number:
        return chosen(site_number, location_text, CallerIDSource.SITE, f"the site's {site_number}")
    alternate = trunk.caller_id or (route.alternate_caller_id if route else "")
    if alternate:
        return chosen(alternate, location_text, CallerIDSource.TRUNK, f"the trunk's {alternate}")
    return chosen("", caller_name, CallerIDSource.NONE, "no number is known, From is left as it is")
