"""What a single location policy may say: digits and URIs that work, and the limits of Lync's own
fields.

A value that cannot work is an ERROR. A value that only Lync would refuse is a WARNING, because its
own guides break those limits and this program does not need them.
"""

import re
from collections.abc import Iterator

from e911portal.core.findings import Finding, Severity, Subject
from routing.domain.numbers import ALWAYS_TEST, EmergencyNumber
from routing.domain.policy import LocationPolicy, LocationRequired

MAX_DIGITS = 10
MAX_MASKS_LENGTH = 100
MAX_NUMBERS = 100
MAX_URI_LENGTH = 256
REFRESH_HOURS = range(1, 13)

_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_SIP_URI = re.compile(r"sips?:[^\s\"<>,]+@[^\s\"<>,]+", re.IGNORECASE)


def check_policy(policy: LocationPolicy, subject: Subject) -> Iterator[Finding]:
    """Yield what is wrong with the fields of one policy."""
    yield from check_emergency_numbers(policy.emergency_numbers, subject)
    for what, uri in (
        *(("notification URI", uri) for uri in policy.notification_uris),
        *((("conference URI", policy.conference_uri),) if policy.conference_uri else ()),
    ):
        yield from check_uri(what, uri, subject)
    if policy.location_refresh_interval_hours not in REFRESH_HOURS:
        yield Finding(
            Severity.WARNING,
            "ROU007",
            f"Clients would ask for their location every {policy.location_refresh_interval_hours} "
            "hours; Lync takes 1 to 12.",
            subject,
            "Set the location refresh interval to 4 hours.",
        )
    if policy.location_required is LocationRequired.DISCLAIMER and not policy.disclaimer.strip():
        yield Finding(
            Severity.WARNING,
            "ROU008",
            "The location is required with a disclaimer, and the disclaimer has no text.",
            subject,
            "Write the disclaimer, or require the location without one.",
        )
    if not policy.enhanced_emergency_services_enabled:
        yield Finding(
            Severity.WARNING,
            "ROU009",
            "Enhanced emergency services are off: calls under it leave without a location.",
            subject,
            "Switch enhanced emergency services on.",
        )


def check_emergency_numbers(
    numbers: tuple[EmergencyNumber, ...], subject: Subject | None = None
) -> Iterator[Finding]:
    """Yield what is wrong with dial strings and masks: 1 to 10 digits, unique, no test number."""
    seen: dict[str, str] = {}
    for number in numbers:
        for text in (number.dial_string, *number.masks):
            yield from _check_digits(text, subject)
            if text in seen:
                yield Finding(
                    Severity.ERROR,
                    "ROU004",
                    f"{text} is listed twice, for {seen[text]} and for {number.dial_string}.",
                    subject,
                    "List each dial string and each mask once in a policy.",
                )
            seen.setdefault(text, number.dial_string)
        for mask in number.masks:
            if mask in ALWAYS_TEST:
                yield Finding(
                    Severity.ERROR,
                    "ROU005",
                    f"{mask} reaches the test service and cannot mean {number.dial_string}.",
                    subject,
                    f"Remove {mask} from the masks.",
                )
        if len(";".join(number.masks)) > MAX_MASKS_LENGTH:
            yield Finding(
                Severity.WARNING,
                "ROU003",
                f"The masks of {number.dial_string} take more than {MAX_MASKS_LENGTH} characters, "
                "which Lync refuses.",
                subject,
                "Move some masks to an emergency number of their own.",
            )
    if len(numbers) > MAX_NUMBERS:
        yield Finding(
            Severity.WARNING,
            "ROU003",
            f"The policy lists {len(numbers)} emergency numbers, Lync takes {MAX_NUMBERS}.",
            subject,
            "Keep the numbers that people at these sites dial.",
        )


def check_uri(what: str, uri: str, subject: Subject | None = None) -> Iterator[Finding]:
    """Yield what is wrong with a notification or conference URI: ``sip:user@host``, 256
    characters.
    """
    if not _SIP_URI.fullmatch(uri):
        yield Finding(
            Severity.ERROR,
            "ROU006",
            f"The {what} “{uri}” is not a SIP URI.",
            subject,
            "Write sip:user@domain, for a telephone sip:+12125550100@domain;user=phone.",
        )
    elif len(uri) > MAX_URI_LENGTH:
        yield Finding(
            Severity.WARNING,
            "ROU006",
            f"The {what} has {len(uri)} characters, Lync takes {MAX_URI_LENGTH}.",
            subject,
            "Use a shorter address, for example one of a distribution list.",
        )


def _check_digits(text: str, subject: Subject | None) -> Iterator[Finding]:
    if not _DIGITS.fullmatch(text):
        yield Finding(
            Severity.ERROR,
            "ROU001",
            f"“{text}” cannot be dialled: a dial string or mask holds digits only.",
            subject,
            "Write the digits 0 to 9 without + and blanks, for example 9911.",
        )
    elif len(text) > MAX_DIGITS:
        yield Finding(
            Severity.WARNING,
            "ROU002",
            f"{text} has {len(text)} digits, Lync takes {MAX_DIGITS}.",
            subject,
            "Use a shorter mask, and a dial-plan rule for the long form.",
        )
