"""Microsoft Teams: CSV files in use for its location information service, and its cmdlets.

Teams names locations by keys of its own.  Rows of the same import say what they are (the export of
``Get-CsOnlineLisLocation``, the CSV of civic addresses and locations); the name of an ERL does too.
"""

from collections.abc import Iterator, Mapping, Sequence

from locations.domain.addresses import StreetAddress
from locations.domain.streets import DIRECTIONALS, SUFFIXES, house_and_street
from locations.importers.lync import Cmdlet, notice, rows_of, said
from locations.importers.places import Place
from locations.importers.powershell import Command
from locations.importers.rows import (
    KEEP,
    BSSIDRow,
    LocationID,
    LocationRow,
    NetworkSubnetRow,
    PortRow,
    RegionRow,
    Row,
    SiteRow,
    Source,
    SubnetRow,
    SwitchRow,
    TroubleRow,
)
from locations.importers.sources import Sheet

AUTOMATION = {"networkobjecttype", "networkobjectidentifier", "address", "city"}
_CIVIC = {"housenumber", "streetname", "city", "stateorprovince", "countryorregion"}

Cells = Mapping[str, str]


def kind_of(header: Sequence[str]) -> str:
    """Return what rows a CSV for Teams with this header has; an empty text when it is none."""
    names = {name.strip().lower() for name in header}
    if names >= AUTOMATION:
        return "automation"
    if names >= _CIVIC:
        return "location" if "location" in names else "civic"
    if {"civicaddressid", "location"} <= names:
        return "location"
    if "locationid" in names:
        for key, kind in (("portid", "port"), ("chassisid", "switch"), ("bssid", "bssid")):
            if key in names:
                return kind
        return "subnet" if "subnet" in names else ""
    return ""


def street_elements(line: str) -> dict[str, str]:
    """Return the elements of an address line such as ``12345-A N Cedar Dr``, spelt as they are.

    A directional or a suffix is one only if a name remains beside it.
    """
    words = line.replace(",", " ").split()
    number, suffix, _ = house_and_street(line)
    found = {"hno": number, "hns": suffix, "prd": "", "rd": "", "sts": "", "pod": ""}
    if number:
        words = words[2:] if "/" in suffix else words[1:]
    if len(words) > 2 and words[0].upper().rstrip(".") in DIRECTIONALS:
        found["prd"] = words.pop(0)
    if len(words) > 2 and words[-1].upper().rstrip(".") in DIRECTIONALS:
        found["pod"] = words.pop()
    if len(words) > 1 and words[-1].upper().rstrip(".") in SUFFIXES:
        found["sts"] = words.pop()
    return found | {"rd": " ".join(words)}


def _place(cells: Cells) -> Place:
    if cells.get("address"):
        elements = street_elements(cells["address"])
    else:
        elements = {
            "hno": cells.get("housenumber", ""),
            "hns": cells.get("housenumbersuffix", ""),
            "prd": cells.get("predirectional", ""),
            "rd": cells.get("streetname", ""),
            "sts": cells.get("streetsuffix", ""),
            "pod": cells.get("postdirectional", ""),
        }
    address = StreetAddress(
        country=cells.get("countryorregion", ""),
        a1=cells.get("stateorprovince", ""),
        a3=cells.get("city", ""),
        pc=cells.get("postalcode", ""),
        **elements,
    )
    return Place(
        address,
        cells.get("location", ""),
        cells.get("companyname", ""),
        latitude=cells.get("latitude", ""),
        longitude=cells.get("longitude", ""),
    )


def rows(sheet: Sheet) -> Iterator[Row]:
    """Yield the rows of a CSV for Teams."""
    return rows_of(sheet, kind_of(sheet.header), _columns, _row)


def _columns(shown: Mapping[str, str]) -> dict[str, str]:
    street = shown.get("address", "")
    ours = {
        "hno": street or "HouseNumber", "rd": street or "StreetName", "a3": "City",
        "a1": "StateOrProvince", "pc": "PostalCode", "country": "CountryOrRegion",
        "company": "CompanyName", "loc": "Location", "chassis": "ChassisID", "port": "PortID",
        "port_id": "PortID", "bssid": "BSSID", "network": "Subnet", "description": "Description",
        "location": "LocationID", "civic_address": "CivicAddressID",
    }  # fmt: skip
    if "networkobjectidentifier" in shown:
        identifier = shown["networkobjectidentifier"]
        ours |= dict.fromkeys(("chassis", "port", "port_id", "bssid", "network"), identifier)
        ours["description"] = shown.get("networkdescription", "Description")
    return {name: shown.get(heading.lower(), heading) for name, heading in ours.items()}


def _row(kind: str, source: Source, cells: Cells) -> Row:
    if kind == "automation":
        return _automation(source, cells)
    if kind == "civic":
        key = cells.get("civicaddressid") or cells.get("description", "")
        return LocationRow(source, f"address {key}", _place(cells))
    if kind == "location":
        key = cells.get("locationid") or cells.get("location", "")
        whole = bool(cells.get("city"))
        return LocationRow(source, key, _place(cells), "" if whole else cells["civicaddressid"])
    return _element(kind, source, cells)


def _element(kind: str, source: Source, cells: Cells) -> Row:
    # No key, no location: Set-CsOnlineLis… replaces as its older sister does.
    key = cells.get("locationid", "").strip()
    location = LocationID(key) if key else None
    description = cells.get("description", "")
    if kind == "port":
        chassis, port = cells.get("chassisid", ""), cells.get("portid", "")
        return PortRow(source, chassis, port, "", location, description)
    if kind == "switch":
        return SwitchRow(source, cells.get("chassisid", ""), location, description)
    if kind == "bssid":
        return BSSIDRow(source, cells.get("bssid", ""), location, description)
    return SubnetRow(source, cells.get("subnet", ""), location, description)


def _automation(source: Source, cells: Cells) -> Row:
    place, description = _place(cells), cells.get("networkdescription", "")
    kind = cells["networkobjecttype"].strip().lower()
    identifier = cells["networkobjectidentifier"].strip()
    if kind == "switch":
        return SwitchRow(source, identifier, place, description)
    if kind == "port":
        chassis, _, port = identifier.partition(";")
        return PortRow(source, chassis, port, "", place, description)
    if kind == "subnet":
        return SubnetRow(source, identifier, place, description)
    if kind == "wirelessaccesspoint":
        return BSSIDRow(source, identifier, place, description)
    return TroubleRow(
        source,
        f"“{cells['networkobjecttype']}” is not a kind of network object.",
        "Write Switch, Port, Subnet or WirelessAccessPoint.",
        "NetworkObjectType",
        cells["networkobjecttype"],
    )


# ---------------------------------------------------------------- cmdlets


def _online(kind: str) -> Cmdlet:
    def read(command: Command, source: Source) -> Iterator[Row]:
        shown = {name: f"-{written}" for name, written in command.names.items()}
        cells = {name: command.text(name) for name in command.parameters}
        yield _row(kind, Source(source.file, source.line, _columns(shown)), cells)

    return read


def _location(command: Command, source: Source) -> Iterator[Row]:
    cells = {name: command.text(name) for name in command.parameters}
    cells.setdefault("civicaddressid", "")
    yield _row("location", source, cells)


def _region(command: Command, source: Source) -> Iterator[Row]:
    name = command.text("NetworkRegionID") or command.text("Identity")
    yield RegionRow(source, name, KEEP, said(command, "Description"))


def _site(command: Command, source: Source) -> Iterator[Row]:
    name = command.text("NetworkSiteID") or command.text("Identity")
    region = said(command, "NetworkRegionID")
    yield SiteRow(source, name, region, said(command, "Description"))


def _subnet(command: Command, source: Source) -> Iterator[Row]:
    yield NetworkSubnetRow(
        Source(source.file, source.line, {"network": "-SubnetID", "site": "-NetworkSiteID"}),
        command.text("SubnetID") or command.text("Identity"),
        command.text("MaskBits"),
        command.text("NetworkSiteID"),
        said(command, "Description"),
    )


CMDLETS: dict[str, Cmdlet] = {
    "new-csonlineliscivicaddress": _online("civic"),
    "new-csonlinelislocation": _location,
    "set-csonlinelisport": _online("port"),
    "set-csonlinelisswitch": _online("switch"),
    "set-csonlineliswirelessaccesspoint": _online("bssid"),
    "set-csonlinelissubnet": _online("subnet"),
    "new-cstenantnetworkregion": _region,
    "new-cstenantnetworksite": _site,
    "set-cstenantnetworksite": _site,
    "new-cstenantnetworksubnet": _subnet,
    "new-cstenanttrustedipaddress": notice(
        "Trusted public addresses have no counterpart here.",
        "Who may ask for locations is set under access networks.",
    ),
}
