"""What a location policy may say, and what only Lync would refuse."""

from dataclasses import replace

import pytest

from e911portal.core.findings import Severity, Subject
from routing.domain.limits import check_emergency_numbers, check_policy, check_uri
from routing.domain.numbers import EmergencyNumber
from routing.domain.policy import LocationPolicy, LocationRequired

SUBJECT = Subject("routing.locationpolicy", 1, "New York")
GOOD = LocationPolicy(
    "New York",
    emergency_numbers=(EmergencyNumber("911", ("9911", "112")), EmergencyNumber("933")),
    notification_uris=("sip:security@litwareinc.com", "sip:kmyer@litwareinc.com"),
    conference_uri="sip:+12125550199@example.com;user=phone",
)


def codes(findings: object) -> list[tuple[str, Severity]]:
    return [(finding.code, finding.severity) for finding in findings]  # type: ignore[attr-defined]


def test_check_policy_good() -> None:
    assert list(check_policy(GOOD, SUBJECT)) == []


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((EmergencyNumber("911", ("9a11",)),), [("ROU001", Severity.ERROR)]),
        ((EmergencyNumber("+911"),), [("ROU001", Severity.ERROR)]),
        ((EmergencyNumber(""),), [("ROU001", Severity.ERROR)]),
        ((EmergencyNumber("12345678901"),), [("ROU002", Severity.WARNING)]),
        (
            (EmergencyNumber("911", tuple(f"90000{n:04}" for n in range(10))),),
            [],
        ),
        (
            (EmergencyNumber("911", (*(f"90000{n:04}" for n in range(10)), "9")),),
            [("ROU003", Severity.WARNING)],
        ),
        (
            (EmergencyNumber("911", ("9911",)), EmergencyNumber("9911")),
            [("ROU004", Severity.ERROR)],
        ),
        ((EmergencyNumber("911", ("933",)),), [("ROU005", Severity.ERROR)]),
        (tuple(EmergencyNumber(str(n)) for n in range(1000, 1100)), []),
        (
            tuple(EmergencyNumber(str(n)) for n in range(1000, 1101)),
            [("ROU003", Severity.WARNING)],
        ),
    ],
    ids=[
        "R7 letters",
        "a plus",
        "empty",
        "R7 11 digits",
        "masks of 99 characters",
        "R7 masks of 101 characters",
        "twice",
        "test number as mask",
        "100 numbers",
        "101 numbers",
    ],
)
def test_check_emergency_numbers(
    numbers: tuple[EmergencyNumber, ...], expected: list[tuple[str, Severity]]
) -> None:
    assert codes(check_emergency_numbers(numbers)) == expected


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:security@litwareinc.com", []),
        ("sips:security@litwareinc.com", []),
        ("security@litwareinc.com", [("ROU006", Severity.ERROR)]),
        ("sip:security", [("ROU006", Severity.ERROR)]),
        ('sip:"x"@example.com', [("ROU006", Severity.ERROR)]),
        ("sip:a@b.com,sip:c@d.com", [("ROU006", Severity.ERROR)]),
        ("sip:" + "a" * 246 + "@b.com", []),
        ("sip:" + "a" * 247 + "@b.com", [("ROU006", Severity.WARNING)]),
    ],
    ids=["sip", "sips", "R20 no scheme", "no user", "quotes", "a list", "256", "R20 257"],
)
def test_check_uri(uri: str, expected: list[tuple[str, Severity]]) -> None:
    assert codes(check_uri("notification URI", uri)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"conference_uri": "tel:+12125550199"}, [("ROU006", Severity.ERROR)]),
        ({"conference_uri": ""}, []),
        ({"notification_uris": ("nobody",)}, [("ROU006", Severity.ERROR)]),
        ({"location_refresh_interval_hours": 0}, [("ROU007", Severity.WARNING)]),
        ({"location_refresh_interval_hours": 13}, [("ROU007", Severity.WARNING)]),
        ({"location_refresh_interval_hours": 12}, []),
        ({"location_required": LocationRequired.DISCLAIMER}, [("ROU008", Severity.WARNING)]),
        (
            {"location_required": LocationRequired.DISCLAIMER, "disclaimer": "Use your mobile."},
            [],
        ),
        ({"enhanced_emergency_services_enabled": False}, [("ROU009", Severity.WARNING)]),
    ],
)
def test_check_policy(change: dict[str, object], expected: list[tuple[str, Severity]]) -> None:
    findings = list(check_policy(replace(GOOD, **change), SUBJECT))

    assert codes(findings) == expected
    assert all(finding.subject == SUBJECT and finding.remedy for finding in findings)
