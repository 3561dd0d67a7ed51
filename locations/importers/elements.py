"""What neutral rows mean for the estate: the semantics of Lync's cmdlets on our tables.

A row that gives a location replaces the element's mapping as a whole; one that gives none, where
its dialect replaces (``None``), clears it.  An element that exists stays at its site.  A new one
goes to the site that the import names, else to the one whose ERLs use the address, or its city.
"""

import functools
from collections.abc import Callable, Iterable
from typing import Any

from locations.domain import identifiers
from locations.importers.draft import Draft
from locations.importers.held import Entry
from locations.importers.places import Place, civic_address, erl, erl_index
from locations.importers.rows import (
    KEEP,
    BSSIDRow,
    EndpointRow,
    ERLRow,
    Location,
    LocationID,
    LocationRow,
    NamedERL,
    OwnRow,
    PortRow,
    Row,
    SwitchRow,
)
from locations.importers.tables import Values, cleaned
from locations.importers.troubles import Conflict, Mistake, harmless

SUBTYPES = {
    "interfacealias": 1, "portcomponent": 2, "macaddress": 3, "networkaddress": 4,
    "interfacename": 5, "agentcircuitid": 6, "locallyassigned": 7,
}  # fmt: skip


@functools.lru_cache(maxsize=20_000)
def _normalised(normalise: Callable[[str], str], text: str) -> str:
    return normalise(text)


def canonical(normalise: Callable[[str], str], text: str, field: str) -> str:
    """Return the one spelling of an identifier. Raises ``Mistake`` naming the column."""
    try:
        return _normalised(normalise, text)
    except ValueError as error:
        message, _, remedy = str(error).partition(". ")
        raise Mistake(f"{message}.", field=field, value=text, remedy=remedy) from error


def words(draft: Draft, table: str, **said: Any) -> Values:
    """Return the fields that a row says something of, checked; ``KEEP`` ones are left out."""
    values = {}
    for name, text in said.items():
        if text is not KEEP:
            memo = (table, name, text)
            try:
                values[name] = draft.memo[memo]
            except KeyError:
                meta = draft.tables[table].model_class._meta
                guarded = text if name in ("latitude", "longitude") else harmless(text, name)
                values[name] = draft.memo[memo] = cleaned(meta.get_field(name), guarded, name)
    return values


def prepare(draft: Draft, rows: Iterable[Row]) -> None:
    """Read the ports of the switches that ``rows`` name, instead of all ports there are."""
    owners: set[int] = set()
    ports = False
    for row in rows:
        if isinstance(row, PortRow):
            ports = True
            owners |= _known_switch(draft, row)
        elif isinstance(row, OwnRow) and row.table.name == "switch_ports":
            ports = True
            stored = draft.whole("switches").stored.get(row.cells.get("switch", ""))
            owners |= {stored[0]} if stored else set()
    if ports:
        draft.held("switch_ports").load(owners)


def _known_switch(draft: Draft, row: PortRow) -> set[int]:
    if row.switch:
        stored = draft.whole("switches").stored.get(row.switch)
        return {stored[0]} if stored else set()
    try:
        key = identifiers.chassis_id(row.chassis)
    except ValueError:
        return set()
    held = draft.whole("chassis_ids")
    stored = held.stored.get(key)
    return {stored[held.names.index("switch_id") + 1]} if stored else set()


# ---------------------------------------------------------------- sites and locations


def site_named(draft: Draft, name: str) -> int:
    """Return the site of that name. Raises ``Mistake``."""
    return draft.named("sites", name, field="site").ref


def home(draft: Draft, location: Location, *, named: str = "") -> int:
    """Return the site of a new element. Raises ``Conflict`` with the remedy when it cannot tell."""
    named = named or draft.options.get("site", "")
    if named:
        return site_named(draft, named)
    place = _place(draft, location)
    if isinstance(place, NamedERL):
        return draft.named("erls", place.name, field="location").values["site_id"]
    if isinstance(place, Place):
        index = erl_index(draft)
        address = civic_address(draft, place.address, loosely=True)
        city = (place.address.a3.strip().upper(), place.address.a1.strip().upper())
        for sites in (index.sites_by_address.get(address.ref), index.sites_by_city.get(city)):
            if sites and len(sites) == 1:
                return next(iter(sites))
    raise Conflict(
        "The file does not say at which network site this is, and its address does not tell.",
        field="site",
        remedy="Say the site of new elements (--site NAME).",
    )


def _place(draft: Draft, location: Location) -> Location:
    if not isinstance(location, LocationID):
        return location
    known: dict[str, Place] = draft.shelf.setdefault("locations", {})
    place = known.get(location.value.lower())
    if place is not None:
        return place
    if draft.find("erls", location.value) is not None:
        return NamedERL(location.value)
    raise Mistake(
        f"Nothing says where location {location.value} is.",
        field="location",
        value=location.value,
        remedy="Import the locations in the same run (Get-CsOnlineLisLocation | Export-Csv), or "
        "write the name of an ERL.",
    )


def mapped(draft: Draft, location: Location, site: int) -> Values:
    """Return the ``erl_id`` that ``location`` says, if it says anything."""
    if location is KEEP:
        return {}
    place = _place(draft, location)
    if place is None:
        return {"erl_id": None}
    if isinstance(place, NamedERL):
        return {"erl_id": draft.named("erls", place.name, field="location").ref}
    assert isinstance(place, Place)
    return {"erl_id": erl(draft, place, site).ref}


# ---------------------------------------------------------------- interpreters


def erl_row(draft: Draft, row: ERLRow) -> Entry:
    """Say what an ERL by name says of its place."""
    found = draft.find("erls", row.name)
    address = civic_address(draft, row.place.address, loosely=True)
    said = {"civic_address_id": address.ref}
    said |= words(draft, "erls", loc=row.place.location, company=row.place.company, **row.values)
    name = words(draft, "erls", name=row.name)["name"]
    birth = {} if found else {"site_id": home(draft, row.place)}
    return draft.put("erls", name, said, birth=birth)


def location_row(draft: Draft, row: LocationRow) -> Entry | None:
    """Remember a location of Teams, so that rows that name its key find its place."""
    known = draft.shelf.setdefault("locations", {})
    place = row.place
    if row.civic_address:
        address = known.get(f"address {row.civic_address.lower()}")
        if address is None:
            raise Mistake(
                f"Nothing says what civic address {row.civic_address} is.",
                field="civic_address",
                value=row.civic_address,
                remedy="Import the civic addresses in the same run, before the locations.",
            )
        place = Place(address.address, place.location, place.company or address.company)
    known[row.key.lower()] = place
    return None


def switch_row(draft: Draft, row: SwitchRow) -> Entry:
    """Say what a switch has for a location, by chassis id or name."""
    chassis = canonical(identifiers.chassis_id, row.chassis, "chassis") if row.chassis else ""
    found = _switch_by(draft, chassis, row.name)
    site = found.values["site_id"] if found else home(draft, row.location, named=row.site)
    said = mapped(draft, row.location, site) | words(draft, "switches", description=row.description)
    if found and row.site:
        said["site_id"] = site_named(draft, row.site)
    return _switch(draft, found, chassis, row.name, site, said)


def _switch_by(draft: Draft, chassis: str, name: str) -> Entry | None:
    member = draft.find("chassis_ids", chassis) if chassis else None
    if member is not None:
        found = draft.by_ref("switches", member.values["switch_id"])
        if name and found:  # what the file calls it, whatever its name is here
            draft.shelf.setdefault("switch names", {})[name] = found.key
        return found
    return draft.find("switches", draft.shelf.get("switch names", {}).get(name, name))


def _switch(
    draft: Draft, found: Entry | None, chassis: str, name: str, site: int, said: Values
) -> Entry:
    key = found.key if found else free_name(draft, "switches", name or chassis)
    entry = draft.put("switches", key, said, birth={"site_id": site})
    if chassis and draft.find("chassis_ids", chassis) is None:
        draft.put("chassis_ids", chassis, {"switch_id": entry.ref})
    return entry


def free_name(draft: Draft, table: str, wanted: str) -> str:
    """Return ``wanted``, or with a number after it the first name that no row has."""
    name = harmless(wanted[:74], "name")
    number = 2
    while draft.find(table, name) is not None:
        name = f"{wanted[:74]} {number}"
        number += 1
    return name


def port_row(draft: Draft, row: PortRow) -> Entry:
    """Say what a port has for a location; a switch that is not known is added without one."""
    chassis = canonical(identifiers.chassis_id, row.chassis, "chassis") if row.chassis else ""
    if not chassis and not row.switch:
        raise Mistake("The chassis id is empty.", field="chassis", remedy="Write the switch's.")
    key = canonical(identifiers.port_id, row.port, "port")
    switch = _switch_by(draft, chassis, row.switch)
    if switch is None:
        switch = _switch(draft, None, chassis, row.switch, home(draft, row.location), {})
    subtype = _subtype(row.subtype)
    draft.held("switch_ports").load((switch.ref,))
    if row.any_subtype:
        for other in (subtype, *SUBTYPES.values()):
            if draft.find("switch_ports", (switch.ref, key, other)) is not None:
                subtype = other
                break
    said = mapped(draft, row.location, switch.values["site_id"])
    said |= words(draft, "switch_ports", description=row.description)
    birth = words(draft, "switch_ports", port_id=row.port)
    return draft.put("switch_ports", (switch.ref, key, subtype), said, birth=birth)


def _subtype(text: str) -> int:
    word = text.strip().lower()
    number = int(word) if word.isdecimal() and len(word) == 1 else SUBTYPES.get(word, 0)
    if not word:
        return 7
    if not 1 <= number <= 7:
        raise Mistake(
            f"“{text}” is not a port id subtype.",
            field="subtype",
            value=text,
            remedy="Write 1 or InterfaceAlias, 5 or InterfaceName, 7 or LocallyAssigned.",
        )
    return number


def bssid_row(draft: Draft, row: BSSIDRow) -> Entry:
    """Say what the access point of a BSSID has for a location; one that is not known is added."""
    value = canonical(identifiers.bssid, row.bssid, "bssid") if row.bssid else ""
    if not value and not row.access_point:
        raise Mistake(
            "The BSSID is empty.", field="bssid", remedy="Write for example 00-19-5B-7F-77-0D."
        )
    known = draft.find("bssids", value) if value else None
    if known is not None:  # where it hangs is known here, whatever the file calls it
        found = draft.by_ref("access_points", known.values["access_point_id"])
    else:
        found = draft.find("access_points", row.access_point) if row.access_point else None
    site = found.values["site_id"] if found else home(draft, row.location, named=row.site)
    said = mapped(draft, row.location, site)
    said |= words(draft, "access_points", description=row.description)
    if found and row.site:
        said["site_id"] = site_named(draft, row.site)
    key = found.key if found else free_name(draft, "access_points", row.access_point or value)
    mapping = found.values["erl_id"] if found else None
    entry = draft.put("access_points", key, said, birth={"site_id": site})
    if found and mapping != entry.values["erl_id"]:
        others = [other.key for other in draft.owned("bssids", entry.ref) if other.key != value]
        if others:
            draft.remarks.append(f"its other BSSIDs go with it: {', '.join(sorted(others)[:5])}")
    if value and known is None:
        draft.put("bssids", value, {"access_point_id": entry.ref})
    return entry


def endpoint_row(draft: Draft, row: EndpointRow) -> Entry:
    """Say where a phone stands that does not move."""
    said: Values = {}
    if row.mac:
        said["mac"] = canonical(identifiers.mac, row.mac, "mac")
    if row.number:
        said["number"] = canonical(identifiers.phone_number, row.number, "number")
    if row.uri:
        said["sip_uri"] = canonical(identifiers.uri, row.uri, "uri")
    name = words(draft, "fixed_endpoints", name=row.name)["name"]
    found = draft.find("fixed_endpoints", name)
    site = found.values["site_id"] if found else home(draft, row.location)
    said |= mapped(draft, row.location, site)
    said |= words(draft, "fixed_endpoints", description=row.description)
    kind = "fixed_desk" if row.mac or row.uri else "analog"
    return draft.put("fixed_endpoints", name, said, birth={"site_id": site, "kind": kind})
