"""ERLs as other products know places: an address, a location and a company name."""

from collections.abc import Iterator
from dataclasses import dataclass

from e911portal.core.findings import Subject
from locations.domain import display
from locations.domain.addresses import StreetAddress
from locations.models import ERL


@dataclass(frozen=True, slots=True)
class Place:
    """An ERL with its address; ``location`` is what its in-building parts come to in one text,
    ``dispatcher_text`` what goes to the PSAP's screen in its place."""

    erl: int
    name: str
    location: str
    dispatcher_text: str
    company: str
    address: StreetAddress
    latitude: str
    longitude: str
    #: In-building elements that are set beside the location text.
    parts: tuple[str, ...]

    @property
    def subject(self) -> Subject:
        """Return the ERL for a finding."""
        return Subject("locations.erl", self.erl, self.name)


def places() -> dict[int, Place]:
    """Return all ERLs by key."""
    erls = ERL.objects.select_related("civic_address").order_by("name")
    return {erl.pk: _place(erl) for erl in erls.iterator(chunk_size=2000)}


def _place(erl: ERL) -> Place:
    address, civic = erl.civic_address, erl.civic()
    return Place(
        erl=erl.pk,
        name=erl.name,
        location=display.location_text(civic),
        dispatcher_text=display.dispatcher_text(erl.psap_text, civic),
        company=erl.company,
        address=address.street_address(),
        latitude=f"{address.latitude:f}" if address.latitude is not None else "",
        longitude=f"{address.longitude:f}" if address.longitude is not None else "",
        parts=tuple(display.inside(civic)) if erl.loc else (),
    )


def longer_than(limits: dict[str, int], values: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    """Yield field, value and limit of each value that is longer than its field."""
    for field, limit in limits.items():
        if len(values.get(field, "")) > limit:
            yield field, values[field], limit
