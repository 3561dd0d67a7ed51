"""Civic addresses and ERLs of an import: the same place is found again, a new one is added once.

A civic address is the same when all of its elements are, case and blanks folded.  An ERL of a file
that knows addresses only (Lync, Teams) is the same when address, location and company name are: the
identity of a location in Lync's own LIS.
"""

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from locations.domain.addresses import StreetAddress, missing_elements
from locations.importers.draft import Draft
from locations.importers.held import Entry
from locations.importers.tables import Column, Values, as_text, cleaned
from locations.importers.troubles import Mistake, harmless, neutral
from locations.models import CivicAddress

ELEMENTS = tuple(StreetAddress.__dataclass_fields__)
#: Elements that Lync's address has, in its order of columns; the others are ours.
LYNC_ELEMENTS = ("hno", "hns", "prd", "rd", "sts", "pod", "a3", "a1", "pc", "country")


@dataclass(frozen=True, slots=True)
class Place:
    """A place as a file that knows addresses only writes it; ``name`` is for a new ERL."""

    address: StreetAddress
    location: str = ""
    company: str = ""
    name: str = ""
    latitude: str = ""
    longitude: str = ""


@functools.lru_cache(maxsize=20_000)
def digest(address: StreetAddress) -> str:
    """Return the identity of an address as the database keeps it."""
    return hashlib.sha256(address.normal_form().encode()).hexdigest()


@functools.lru_cache(maxsize=20_000)
def _ten(address: StreetAddress) -> str:
    return "|".join(" ".join(getattr(address, name).upper().split()) for name in LYNC_ELEMENTS)


def street_address(values: Values) -> StreetAddress:
    """Return the address in the values of a row of civic addresses."""
    return StreetAddress(**{name: values[name] for name in ELEMENTS})


@functools.lru_cache(maxsize=20_000)
def checked(address: StreetAddress) -> StreetAddress:
    """Return the address with its elements cleaned. Raises ``Mistake`` naming the bad element."""
    texts = [_element(name, getattr(address, name)) for name in ELEMENTS]
    clean = StreetAddress(*texts)
    missing = missing_elements(clean)
    if missing:
        raise Mistake(
            f"The address lacks {', '.join(missing).lower()}.",
            value=address.one_line(),
            remedy="Fill it in, or leave all address columns empty.",
        )
    return clean


@functools.lru_cache(maxsize=20_000)
def _element(name: str, text: str) -> str:
    """Return one element cleaned: a city has thousands of addresses."""
    given = harmless(text.strip(), name)
    # What lacks altogether is told of the address as a whole.
    return str(cleaned(CivicAddress._meta.get_field(name), given, name)) if given else ""


def civic_address(draft: Draft, address: StreetAddress, *, loosely: bool = False) -> Entry:
    """Return the row of ``address``, added when there is none.

    ``loosely`` compares the ten elements that Lync knows, so that an address that has more here (a
    county, an MSAG community) is found; of several, the one without more.
    """
    address = checked(address)
    key = digest(address)
    found = draft.find("civic_addresses", key)
    if found is None and loosely:
        index = _by_ten(draft)
        keys = index.get(_ten(address), ())
        found = next((entry for key in keys if (entry := draft.find("civic_addresses", key))), None)
    if found is not None:
        return found
    elements = {name: getattr(address, name) for name in ELEMENTS}
    return draft.put("civic_addresses", key, {}, birth=elements)


def _by_ten(draft: Draft) -> dict[str, list[str]]:
    """Return the keys of stored addresses by the elements that Lync knows."""
    index: dict[str, list[str]] | None = draft.shelf.get("addresses by ten")
    if index is None:
        index = draft.shelf["addresses by ten"] = {}
        held = draft.whole("civic_addresses")
        for key, row in held.stored.items():
            values = dict(zip(held.names, row[1:], strict=True))
            index.setdefault(_ten(street_address(values)), []).append(key)
    return index


@dataclass(slots=True)
class ERLIndex:
    """ERLs of the draft by what files call them."""

    by_place: dict[tuple[Any, ...], list[tuple[int, str]]]
    sites_by_address: dict[int, set[int]]
    sites_by_city: dict[tuple[str, str], set[int]]

    def add(self, draft: Draft, ref: int, values: Values) -> None:
        """Take note of an ERL."""
        address = values["civic_address_id"]
        site = values["site_id"]
        self.by_place.setdefault((address, values["loc"], values["company"]), []).append(
            (ref, values["name"])
        )
        self.sites_by_address.setdefault(address, set()).add(site)
        parts = draft.values("civic_addresses", address)
        city = (parts["a3"].upper(), parts["a1"].upper())
        self.sites_by_city.setdefault(city, set()).add(site)


def erl_index(draft: Draft) -> ERLIndex:
    """Return the index of all ERLs, built on first use and kept up to date by ``erl``."""
    index = draft.shelf.get("erls")
    if index is None:
        index = draft.shelf["erls"] = ERLIndex({}, {}, {})
        held = draft.whole("erls")
        for key, row in held.stored.items():
            entry = held.entries.get(key)
            index.add(draft, row[0], entry.values if entry else held.as_values(row))
        for entry in held.entries.values():
            if entry.ref < 0:
                index.add(draft, entry.ref, entry.values)
    return index


def erl(draft: Draft, place: Place, site: int) -> Entry:
    """Return the ERL of ``place``, of several the one at ``site``, added when there is none."""
    known: dict[tuple[Place, int], Entry] = draft.shelf.setdefault("erls by place", {})
    found = known.get((place, site))
    if found is None or draft.find("erls", found.key) is not found:
        found = known[place, site] = _erl(draft, place, site)
    return found


def _erl(draft: Draft, place: Place, site: int) -> Entry:
    address = civic_address(draft, place.address, loosely=True)
    position = {
        name: text
        for name, text in (("latitude", place.latitude), ("longitude", place.longitude))
        if text
    }
    if len(position) == 2 and address.values["latitude"] is None:
        model = address.table.model_class._meta
        said = {name: cleaned(model.get_field(name), text, name) for name, text in position.items()}
        draft.put("civic_addresses", address.key, said)
    index = erl_index(draft)
    loc = harmless(place.location, "loc")
    company = harmless(place.company, "company")
    candidates = index.by_place.get((address.ref, loc, company), [])
    alive = []
    for ref, name in candidates:
        found = draft.find("erls", name)
        if found is not None and found.ref == ref:
            alive.append(found)
    for found in alive:
        if found.values["site_id"] == site:
            return found
    if alive:
        return alive[0]
    meta = draft.tables["erls"].model_class._meta
    values = {
        "site_id": site,
        "civic_address_id": address.ref,
        "loc": cleaned(meta.get_field("loc"), loc, "loc"),
        "company": cleaned(meta.get_field("company"), company, "company"),
    }
    added = draft.put("erls", _free_name(draft, place, site), {}, birth=values)
    index.add(draft, added.ref, added.values)
    return added


def _free_name(draft: Draft, place: Place, site: int) -> str:
    """Return a name that people recognise and no other ERL has."""
    wanted = place.name or place.location or place.address.street_line()
    names = [wanted, f"{wanted} ({draft.label('sites', site)})"]
    for name in names:
        if len(name) <= 80 and draft.find("erls", name) is None:
            return name
    stem = names[1][:74]
    taken: dict[str, int] = draft.shelf.setdefault("numbers of ERL names", {})
    number = taken.get(stem, 1) + 1
    while draft.find("erls", f"{stem} {number}") is not None:
        number += 1
    taken[stem] = number
    return f"{stem} {number}"


class Street(Column):
    """The civic address of an ERL: one cell per element."""

    headings = ELEMENTS

    def read(self, draft: Draft, cells: Sequence[str]) -> Values:
        address = StreetAddress(**dict(zip(ELEMENTS, cells, strict=True)))
        return {"civic_address_id": civic_address(draft, address).ref}

    def write(self, draft: Draft, ref: int, values: Values) -> tuple[str, ...]:
        parts = draft.values("civic_addresses", values["civic_address_id"])
        return tuple(neutral(as_text(parts[name])) for name in ELEMENTS)
