"""Which number an emergency call shows on each attempt."""

from typing import Any

import pytest

from routing.domain.callerid import CallerIDSource, present
from routing.domain.selection import Attempt, Trunk, TrunkKind, VoiceRoute

PROVIDER = Trunk("Provider", "sip.provider.example", TrunkKind.PROVIDER)
ELIN_GATEWAY = Trunk("ELIN gateway", "10.0.0.9", TrunkKind.ELIN_GATEWAY)
WITH_NUMBER = Trunk("SBA", "10.3.0.9", caller_id="+13105550001")
PLAIN = VoiceRoute("Plain", "^9$")
SUPPRESS = VoiceRoute(
    "E911(NY)", "^9$", suppress_caller_id=True, alternate_caller_id="+12125550199"
)
ALTERNATE_ONLY = VoiceRoute("Alternate", "^9$", alternate_caller_id="+12125550199")
TRAP = VoiceRoute("Trap", "^9$", suppress_caller_id=True)
ANNA = {"caller_number": "+12125550100", "caller_name": "Anna", "location_text": "NY 3rd floor"}


@pytest.mark.parametrize(
    ("attempt", "facts", "number", "display", "source", "reason"),
    [
        (
            Attempt(PROVIDER, SUPPRESS),
            ANNA,
            "+12125550199",
            "NY 3rd floor",
            CallerIDSource.ALTERNATE,
            "caller id: Provider: suppressed by “E911(NY)”, +12125550199 in its place",
        ),
        (
            Attempt(ELIN_GATEWAY, SUPPRESS),
            {**ANNA, "elin": "+12125550670"},
            "+12125550199",
            "NY 3rd floor",
            CallerIDSource.ALTERNATE,
            "caller id: ELIN gateway: suppressed by “E911(NY)”, +12125550199 in its place",
        ),
        (
            Attempt(ELIN_GATEWAY, PLAIN),
            {**ANNA, "elin": "+12125550670"},
            "+12125550670",
            "NY 3rd floor",
            CallerIDSource.ELIN,
            "caller id: ELIN gateway: ELIN +12125550670",
        ),
        (
            Attempt(PROVIDER, PLAIN),
            {**ANNA, "elin": "+12125550670"},
            "+12125550100",
            "Anna",
            CallerIDSource.CALLER,
            "caller id: Provider: the caller's +12125550100",
        ),
        (
            Attempt(ELIN_GATEWAY),
            {"elin": "+12125550670"},
            "+12125550670",
            "",
            CallerIDSource.ELIN,
            "caller id: ELIN gateway: ELIN +12125550670",
        ),
        (
            Attempt(WITH_NUMBER),
            {"location_text": "LA", "site_number": "+13105550002"},
            "+13105550002",
            "LA",
            CallerIDSource.SITE,
            "caller id: SBA: the site's +13105550002",
        ),
        (
            Attempt(WITH_NUMBER, ALTERNATE_ONLY),
            {},
            "+13105550001",
            "",
            CallerIDSource.TRUNK,
            "caller id: SBA: the trunk's +13105550001",
        ),
        (
            Attempt(PROVIDER, ALTERNATE_ONLY),
            {},
            "+12125550199",
            "",
            CallerIDSource.TRUNK,
            "caller id: Provider: the trunk's +12125550199",
        ),
        (
            Attempt(PROVIDER),
            {"caller_name": "Anna"},
            "",
            "Anna",
            CallerIDSource.NONE,
            "caller id: Provider: no number is known, From is left as it is",
        ),
    ],
    ids=[
        "suppressed",
        "suppressed on an ELIN gateway",
        "ELIN gateway",
        "caller",
        "ELIN in last resort",
        "site",
        "trunk",
        "alternate of a route that does not suppress",
        "nothing known",
    ],
)
def test_present(
    attempt: Attempt,
    facts: dict[str, Any],
    number: str,
    display: str,
    source: CallerIDSource,
    reason: str,
) -> None:
    shown = present(attempt, **facts)

    assert (shown.number, shown.display, shown.source) == (number, display, source)
    assert shown.reasons == (reason,)


@pytest.mark.parametrize(
    ("attempt", "first_reason"),
    [
        (
            Attempt(PROVIDER, TRAP),
            "caller id: Provider: “Trap” suppresses without an alternate",
        ),
        (
            Attempt(ELIN_GATEWAY, PLAIN),
            "caller id: ELIN gateway: no ELIN for this location",
        ),
    ],
)
def test_present_falls_through_to_the_caller_and_says_so(
    attempt: Attempt, first_reason: str
) -> None:
    shown = present(attempt, **ANNA)

    assert shown.number == "+12125550100"
    assert shown.reasons[0] == first_reason
