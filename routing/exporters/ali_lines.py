"""Telephone numbers with their places, for the ALI database of the PSAP (PS-ALI).

Fixed endpoints stand at their ERL, ELINs at theirs; a user's number stands for the default ERL of
the home site, for that database cannot follow anybody.
"""

from collections.abc import Iterator
from datetime import date

from e911portal.core.findings import Finding, Severity, Subject
from locations.domain.msag import MSAG
from locations.exporters import ali
from locations.exporters.places import Place, places
from locations.models import FixedEndpoint, MSAGRange
from locations.queries import erl_keys
from routing.models import ELIN, VoiceUser

#: Number, name for the dispatcher's screen, key of its ERL, and what it is.
Number = tuple[str, str, int | None, Subject]


def file_lines(findings: list[Finding], sender: ali.Sender, day: date) -> Iterator[str]:
    """Yield the lines of the file; ``findings`` are added while they are read."""
    valid = set(erl_keys(valid=True))
    guide = MSAG(row.msag_range() for row in MSAGRange.objects.order_by("pk").iterator())
    known = places()

    def records() -> Iterator[dict[str, str]]:
        for number, name, erl, subject in _each_once(_numbers(), findings):
            if not ali.is_nanp(number):
                findings.append(_foreign(number, subject))
                continue
            if erl is None:
                findings.append(_nowhere(number, subject))
                continue
            if erl not in valid:
                findings.append(_unproven(known[erl], subject))
            content = ali.fields_of(_line(number, name, known[erl], guide), sender, day)
            for field, text, width in ali.too_long(content):
                findings.append(_cut(field, text, width, subject))
            yield content

    yield from ali.file_lines(records(), sender, day)


def _line(number: str, name: str, place: Place, guide: MSAG) -> ali.Line:
    return ali.Line(
        number=number,
        name=place.company or name,
        location=place.dispatcher_text,
        address=place.address,
        latitude=place.latitude,
        longitude=place.longitude,
        msag=guide.check(place.address).matched,
    )


def _numbers() -> Iterator[Number]:
    """Yield all numbers; of a number that is listed twice, the first is the better evidence."""
    for pk, number, name, erl in (
        FixedEndpoint.objects.filter(number__isnull=False)
        .order_by("number")
        .values_list("pk", "number", "name", "erl_id")
    ):
        yield str(number), name, erl, Subject("locations.fixedendpoint", pk, name)
    for pk, number, name, erl in ELIN.objects.order_by("number").values_list(
        "pk", "number", "erl__name", "erl_id"
    ):
        yield number, name, erl, Subject("routing.elin", pk, number)
    for pk, number, name, uri, erl in (
        VoiceUser.objects.filter(line_uri__isnull=False)
        .order_by("line_uri")
        .values_list("pk", "line_uri", "display_name", "sip_uri", "home_site__default_erl_id")
    ):
        yield str(number), name, erl, Subject("routing.voiceuser", pk, name or uri)


def _each_once(numbers: Iterator[Number], findings: list[Finding]) -> list[Number]:
    chosen: dict[str, Number] = {}
    for entry in numbers:
        earlier = chosen.setdefault(entry[0], entry)
        if earlier is not entry and earlier[2] != entry[2]:
            findings.append(
                Finding(
                    Severity.WARNING,
                    "NEN005",
                    f"{entry[0]} is also the number of {earlier[3].label}, at whose place it is "
                    "exported.",
                    entry[3],
                    "Give one of them another number.",
                )
            )
    return sorted(chosen.values(), key=lambda entry: entry[0])


def _foreign(number: str, subject: Subject) -> Finding:
    return Finding(
        Severity.WARNING,
        "NEN001",
        f"{number} is not a number of the North American plan: left out.",
        subject,
        "Tell the local authority by its own procedure.",
    )


def _nowhere(number: str, subject: Subject) -> Finding:
    return Finding(
        Severity.WARNING,
        "NEN002",
        f"{number} has no location: left out.",
        subject,
        "Map it to an ERL, or give its home site a default ERL.",
    )


def _unproven(place: Place, subject: Subject) -> Finding:
    return Finding(
        Severity.WARNING,
        "NEN004",
        f"The address {place.address.one_line()} is not validated; the database may refuse it.",
        subject,
        "Validate the address first.",
    )


def _cut(field: str, text: str, width: int, subject: Subject) -> Finding:
    return Finding(
        Severity.WARNING,
        "NEN003",
        f"The {field} “{text}” is cut: the record has {width} characters for it.",
        subject,
        "Shorten it.",
    )
