"""What is wrong with places and the wire map, as findings (codes ``LOC…``, see
``docs/findings.md``)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from e911portal.core.findings import Finding, Severity, Subject
from e911portal.core.wording import how_many
from locations.domain import display
from locations.domain.addresses import StreetAddress, missing_elements

#: Square feet that one ERL may cover where a site names no law of its own.
DEFAULT_MAX_AREA = 5000


def address_status(verdict: str | None, judged_form: str | None, current_form: str) -> str:
    """Return the standing of an address: its newest verdict, ``stale`` once edited, ``none``
    without.

    The two forms are digests of the normal form, when judged and now.
    """
    if not verdict:
        return "none"
    return verdict if judged_form == current_form else "stale"


_STATUS = {
    "none": (
        Severity.WARNING,
        "LOC001",
        "has not been validated; {locations} withheld.",
        "Validate it with the provider of record.",
    ),
    "stale": (
        Severity.WARNING,
        "LOC002",
        "was edited after it was validated; {locations} withheld.",
        "Validate it again.",
    ),
    "invalid": (
        Severity.WARNING,
        "LOC003",
        "was refused by the provider; {locations} never answered.",
        "Correct the address and validate it again.",
    ),
    "adjusted": (
        Severity.WARNING,
        "LOC004",
        "is known to the provider in another form (spelling, or MSAG community); {locations} "
        "withheld.",
        "Look at what differs and accept it on the page of the address.",
    ),
    "candidates": (
        Severity.WARNING,
        "LOC005",
        "fits several addresses of the provider; {locations} withheld.",
        "Choose one of them on the page of the address.",
    ),
    "csz_only": (
        Severity.WARNING,
        "LOC006",
        "is known by city and postal code only; {locations} withheld.",
        "Correct the street or house number.",
    ),
}


def check_address(
    address: StreetAddress, status: str, used: int, subject: Subject
) -> Iterator[Finding]:
    """Yield what is wrong with an address that ``used`` ERLs refer to."""
    missing = missing_elements(address)
    if missing and used:
        yield Finding(
            Severity.ERROR,
            "LOC007",
            f"The address lacks {', '.join(missing).lower()}.",
            subject,
            "Complete it; without these nobody can be sent there.",
        )
    if not used:
        yield Finding(
            Severity.INFO,
            "LOC010",
            "No location uses this address.",
            subject,
            "Delete it if it is not needed.",
        )
    elif status in _STATUS:
        severity, code, message, remedy = _STATUS[status]
        locations = how_many(used, "location is", "locations are")
        message = message.format(locations=locations)
        yield Finding(severity, code, f"The address {message}", subject, remedy)


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """What the checks need to know of an ERL.

    ``civic`` are its elements beyond the address (RFC 5139); ``used`` counts what is mapped to it.
    """

    area_sq_ft: int | None
    max_area: int | None
    psap_text: str
    civic: Mapping[str, str]
    used: int


def check_place(place: PlaceFacts, subject: Subject) -> Iterator[Finding]:
    """Yield what is wrong with one ERL."""
    limit = place.max_area or DEFAULT_MAX_AREA
    if place.area_sq_ft and place.area_sq_ft > limit:
        yield Finding(
            Severity.WARNING,
            "LOC011",
            f"The location covers {place.area_sq_ft:,} sq ft; {limit:,} are allowed here.",
            subject,
            "Split it, or state the site's own limit.",
        )
    text = display.dispatcher_text(place.psap_text, place.civic)
    shown = display.line("", text, display.NARROW)
    if shown.cut:
        yield Finding(
            Severity.INFO,
            "LOC012",
            f"Many dispatchers would read only “{shown.shown}” of “{text}”.",
            subject,
            f"Give it a PSAP display text within {display.NARROW} characters.",
        )
    if not display.location_text(place.civic):
        yield Finding(
            Severity.INFO,
            "LOC013",
            "The location names no floor, room or other part of the building.",
            subject,
            "Add one, unless the street address alone is dispatchable.",
        )
    if not place.used:
        yield Finding(
            Severity.INFO,
            "LOC014",
            "Nothing is mapped to this location.",
            subject,
            "Map a port, access point, subnet or phone to it, or delete it.",
        )
