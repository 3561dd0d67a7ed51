"""Lync Server: the CSV files that its guide pipes into ``Set-CsLis…``, and these cmdlets.

Semantics are those of the cmdlets' documentation: an element is replaced as a whole, so an omitted
address clears its location.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest

from locations.domain.addresses import StreetAddress
from locations.importers.places import Place
from locations.importers.powershell import Command
from locations.importers.rows import (
    KEEP,
    BSSIDRow,
    Location,
    NetworkSubnetRow,
    NoticeRow,
    PortRow,
    RegionRow,
    Row,
    SiteRow,
    Source,
    SubnetRow,
    SwitchRow,
    Text,
    TroubleRow,
)
from locations.importers.sources import Sheet

#: Our element behind each address parameter of Set-CsLis…
ADDRESS = {
    "housenumber": "hno", "housenumbersuffix": "hns", "predirectional": "prd", "streetname": "rd",
    "streetsuffix": "sts", "postdirectional": "pod", "city": "a3", "state": "a1",
    "postalcode": "pc", "country": "country",
}  # fmt: skip
#: Headings that make a CSV one of Lync's, and what its rows are.
HEADERS: dict[frozenset[str], str] = {
    frozenset({"bssid"}): "bssid",
    frozenset({"subnet"}): "subnet",
    frozenset({"chassisid", "portid"}): "port",
    frozenset({"chassisid"}): "switch",
}
_NETSUBNETS = ({"identity", "mask", "siteid"}, {"identity", "maskbits", "networksiteid"})

Cells = Mapping[str, str]
Cmdlet = Callable[[Command, Source], Iterator[Row]]


def kind_of(header: Sequence[str]) -> str:
    """Return what rows a Lync CSV with this header has; an empty text when it is none."""
    names = {name.strip().lower() for name in header}
    if any(wanted <= names for wanted in _NETSUBNETS):
        return "netsubnet"
    known = {*ADDRESS, "location", "companyname", "description", "portidsubtype"}
    for wanted in (
        {"chassisid", "portid"}, {"chassisid"}, {"bssid"}, {"subnet"}
    ):  # fmt: skip
        if wanted <= names and names - wanted <= known and "housenumber" in names:
            return HEADERS[frozenset(wanted)]
    return ""


_PLACE = ("location", "companyname", *ADDRESS)


def location(cells: Cells) -> Location:
    """Return the place in the twelve address fields; None when all of them are empty."""
    return _place(*[cells.get(name, "") for name in _PLACE])


@functools.lru_cache(maxsize=20_000)
def _place(loc: str, company: str, *address: str) -> Place | None:
    """Return the place; thousands of rows of a file share one."""
    texts = [text.strip() for text in (loc, company, *address)]
    if not any(texts):
        return None
    elements = dict(zip(ADDRESS.values(), texts[2:], strict=True))
    return Place(StreetAddress(**elements), texts[0], texts[1])


def rows(sheet: Sheet) -> Iterator[Row]:
    """Yield the rows of one of Lync's CSV files."""
    return rows_of(sheet, kind_of(sheet.header), _columns, element)


def rows_of(
    sheet: Sheet,
    kind: str,
    columns_of: Callable[[Mapping[str, str]], dict[str, str]],
    row_of: Callable[[str, Source, Cells], Row],
) -> Iterator[Row]:
    """Yield the rows of a CSV of Microsoft's: ``row_of`` makes them of cells by heading in lower
    case, ``columns_of`` gives the heading behind each field of ours."""
    header = tuple(name.strip().lower() for name in sheet.header)
    columns = columns_of(dict(zip(header, sheet.header, strict=True)))
    for line, values in sheet.rows:
        source = Source(sheet.file, line, columns)
        if len(values) > len(header):
            yield TroubleRow(
                source,
                f"The row has {len(values)} cells, the header {len(header)}.",
                "Put cells that contain the delimiter into quotes.",
            )
            continue
        # What a short row lacks is empty.
        yield row_of(kind, source, dict(zip_longest(header, values, fillvalue="")))


def _columns(shown: Mapping[str, str]) -> dict[str, str]:
    """Return the heading behind each field of ours, for messages."""
    ours = {ours: shown.get(theirs, theirs) for theirs, ours in ADDRESS.items()}
    return ours | {
        "loc": shown.get("location", "Location"),
        "company": shown.get("companyname", "CompanyName"),
        "description": shown.get("description", "Description"),
        "chassis": shown.get("chassisid", "ChassisID"),
        "port": shown.get("portid", "PortID"),
        "port_id": shown.get("portid", "PortID"),
        "subtype": shown.get("portidsubtype", "PortIDSubType"),
        "bssid": shown.get("bssid", "BSSID"),
        "network": shown.get("subnet", shown.get("identity", "Subnet")),
        "site": shown.get("siteid", shown.get("networksiteid", "Site")),
    }


def element(kind: str, source: Source, cells: Cells) -> Row:
    """Return the row that one line of a CSV or one cmdlet stands for."""
    if kind == "netsubnet":
        mask = cells.get("mask") or cells.get("maskbits") or ""
        site = cells.get("siteid") or cells.get("networksiteid") or ""
        return NetworkSubnetRow(source, cells.get("identity", ""), mask, site)
    place, description = location(cells), cells.get("description", "")
    if kind == "port":
        return PortRow(
            source,
            cells.get("chassisid", ""),
            cells.get("portid", ""),
            cells.get("portidsubtype", ""),
            place,
            description,
        )
    if kind == "switch":
        return SwitchRow(source, cells.get("chassisid", ""), place, description)
    if kind == "subnet":
        return SubnetRow(source, cells.get("subnet", ""), place, description)
    return BSSIDRow(source, cells.get("bssid", ""), place, description)


# ---------------------------------------------------------------- cmdlets


def _lis(kind: str) -> Cmdlet:
    def read(command: Command, source: Source) -> Iterator[Row]:
        columns = _columns({name: f"-{shown}" for name, shown in command.names.items()})
        cells = {name: command.text(name) for name in command.parameters}
        yield element(kind, Source(source.file, source.line, columns), cells)

    return read


def _region(command: Command, source: Source) -> Iterator[Row]:
    name = command.text("Identity") or command.text("NetworkRegionID")
    central = command.text("CentralSite") if command.has("CentralSite") else KEEP
    yield RegionRow(source, name, central, said(command, "Description"))


def site(command: Command, source: Source) -> Iterator[Row]:
    name = command.text("Identity") or command.text("NetworkSiteID") or command.text("SiteID")
    if command.has("SiteID"):
        yield NoticeRow(source, "-SiteID is not a parameter of New-CsNetworkSite.",
                        "Read as -NetworkSiteID.", name)  # fmt: skip
    region = said(command, "NetworkRegionID")
    yield SiteRow(source, name, region, said(command, "Description"))


def _subnet(command: Command, source: Source) -> Iterator[Row]:
    columns = {"network": "-SubnetID", "site": "-NetworkSiteID"}
    yield NetworkSubnetRow(
        Source(source.file, source.line, columns),
        command.text("Identity") or command.text("SubnetID"),
        command.text("MaskBits"),
        command.text("NetworkSiteID"),
        said(command, "Description"),
    )


def said(command: Command, name: str) -> Text:
    """Return the value of a parameter; one that is not given is not said."""
    return command.text(name) if command.has(name) else KEEP


def notice(message: str, remedy: str = "") -> Cmdlet:
    """Return the reader of a cmdlet that changes nothing here."""

    def read(command: Command, source: Source) -> Iterator[Row]:
        yield NoticeRow(source, message, remedy, command.name)

    return read


_PROVIDER = (
    "The provider's certificate and URL are secrets and addresses of another system: not imported.",
    "Add the E9-1-1 service provider on its page.",
)
_REMOVE = (
    "Remove the row on its page, or import the whole of its table in our own CSV with "
    "--delete-missing."
)


def _refused(message: str) -> Cmdlet:
    def read(command: Command, source: Source) -> Iterator[Row]:
        yield TroubleRow(source, f"{command.name} is not imported.", message, command=command.name)

    return read


#: Cmdlets in lower case, and what reads them.
CMDLETS: dict[str, Cmdlet] = {
    "set-cslisport": _lis("port"),
    "set-cslisswitch": _lis("switch"),
    "set-csliswirelessaccesspoint": _lis("bssid"),
    "set-cslissubnet": _lis("subnet"),
    "new-csnetworkregion": _region,
    "set-csnetworkregion": _region,
    "new-csnetworksite": site,
    "set-csnetworksite": site,
    "new-csnetworksubnet": _subnet,
    "set-csnetworksubnet": _subnet,
    "set-cslisserviceprovider": notice(*_PROVIDER),
    "set-cslisprovider": notice(
        f"Set-CsLisProvider is not a cmdlet; it is spelt Set-CsLisServiceProvider. {_PROVIDER[0]}",
        _PROVIDER[1],
    ),
    "publish-cslisconfiguration": notice(
        "Nothing is published by an import.", "Publish with manage.py publish, or on its page."
    ),
    "unpublish-cslisconfiguration": notice("Nothing is published by an import."),
    "test-csliscivicaddress": notice("Addresses are validated by manage.py validate_addresses."),
    **{
        f"remove-{noun}": _refused(_REMOVE)
        for noun in (
            "cslisport", "cslisswitch", "cslissubnet", "csliswirelessaccesspoint",
            "cslislocation", "csnetworksubnet", "csnetworksite", "csnetworkregion",
        )
    },
}  # fmt: skip
#: Verbs that only look; whatever follows them changes nothing.
LOOKING = ("get-", "import-module", "write-", "test-", "connect-", "disconnect-", "out-", "format-")


def read_commands(
    commands: list[Command], file: str, cmdlets: Mapping[str, Cmdlet]
) -> Iterator[Row]:
    """Yield the rows of a script's commands; what is not understood becomes a row that says so."""
    for command in commands:
        columns = {name: f"-{shown}" for name, shown in command.names.items()}
        source = Source(file, command.line, columns)
        reader = cmdlets.get(command.name.lower())
        if command.fault:
            yield TroubleRow(
                source,
                f"Not understood: {command.fault}.",
                "Write one cmdlet per line, with values in place.",
                command=command.name,
            )
        elif reader is not None:
            yield from reader(command, source)
        elif command.name.lower().startswith(LOOKING):
            yield NoticeRow(source, f"{command.name} changes nothing.", "", command.name)
        else:
            yield TroubleRow(
                source,
                f"{command.name} is not a cmdlet that this import knows.",
                "Remove the line, or import it by hand.",
                command=command.name,
            )
