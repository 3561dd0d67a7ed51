"""Intrado Emergency Gateway (EGW): its CSV files of ERLs, switches and ports, subnets, endpoints.

``operation`` 1 adds or updates, 2 deletes; deletions are not imported row by row.  The SNMP
community of a switch is a secret of the gateway: it is not kept.
"""

from collections.abc import Iterator, Mapping, Sequence

from locations.domain.addresses import StreetAddress
from locations.importers.places import Place
from locations.importers.rows import (
    EndpointRow,
    ERLRow,
    NamedERL,
    PortRow,
    Row,
    Source,
    SubnetRow,
    SwitchRow,
    TroubleRow,
)
from locations.importers.sources import Sheet

_KINDS = {
    "erl": {"erl_id", "hno", "rd", "a3", "a1"},
    "switch": {"switch_ip", "erl_id", "port_name"},
    "subnet": {"operation", "erl_id", "subnet"},
    "endpoint": {"operation", "endpoint", "erl_id"},
}
_COLUMNS = {
    "hno": "HNO", "rd": "RD", "loc": "LOC", "a3": "A3", "a1": "A1", "country": "country",
    "pc": "PC", "company": "NAM", "chassis": "switch_ip", "port": "port_name",
    "port_id": "port_name", "network": "subnet", "location": "erl_id", "name": "erl_id",
}  # fmt: skip
#: The port that stands for the whole switch.
DEFAULT_PORT = "*"


def kind_of(header: Sequence[str]) -> str:
    """Return what rows an EGW file with this header has; an empty text when it is none."""
    names = {name.strip().lower() for name in header}
    return next((kind for kind, needed in _KINDS.items() if needed <= names), "")


def rows(sheet: Sheet) -> Iterator[Row]:
    """Yield the rows of one of the gateway's files."""
    kind = kind_of(sheet.header)
    header = tuple(name.strip().lower() for name in sheet.header)
    columns = _COLUMNS | ({"name": "endpoint"} if kind == "endpoint" else {})
    for line, values in sheet.rows:
        source = Source(sheet.file, line, columns)
        # Endpoint files end their lines with a semicolon, which makes one empty cell more.
        cells = dict(zip(header, (*values, *[""] * len(header)), strict=False))
        if cells.get("operation", "1").strip() not in ("", "1"):
            yield TroubleRow(
                source,
                "Only operation 1 (add or update) is imported.",
                "Delete the row on its page.",
                "operation",
                cells["operation"],
            )
            continue
        yield from _READERS[kind](source, cells)


def _erl(source: Source, cells: Mapping[str, str]) -> Iterator[Row]:
    address = StreetAddress(
        country=cells.get("country", ""),
        a1=cells["a1"],
        a3=cells["a3"],
        hno=cells["hno"],
        hns=cells.get("hns", ""),
        prd=cells.get("prd", ""),
        rd=cells["rd"],
        sts=cells.get("sts", ""),
        pod=cells.get("pod", ""),
        pc=cells.get("pc", ""),
    )
    place = Place(address, cells.get("loc", ""), cells.get("nam", ""))
    yield ERLRow(source, cells["erl_id"], place)


def _mapped(cells: Mapping[str, str]) -> NamedERL | None:
    name = cells["erl_id"].strip()
    return NamedERL(name) if name else None


def _switch(source: Source, cells: Mapping[str, str]) -> Iterator[Row]:
    chassis, port = cells["switch_ip"], cells["port_name"].strip()
    description = cells.get("description", "")
    if port in ("", DEFAULT_PORT):
        yield SwitchRow(source, chassis, _mapped(cells), description)
    else:
        # The gateway does not know how the switch announces the port; the LIS has a default.
        yield PortRow(source, chassis, port, "", _mapped(cells), description, any_subtype=True)


def _subnets(source: Source, cells: Mapping[str, str]) -> Iterator[Row]:
    for network in cells["subnet"].split(",") or [""]:
        yield SubnetRow(source, network.strip(), _mapped(cells))


def _endpoint(source: Source, cells: Mapping[str, str]) -> Iterator[Row]:
    endpoint = cells["endpoint"].strip()
    yield EndpointRow(
        source,
        endpoint.lstrip("+"),  # a name that begins with + would run as a formula in spreadsheets
        _mapped(cells),
        cells.get("description", ""),
        number=endpoint if endpoint.startswith("+") else "",
        mac=cells.get("mac", "").strip(),
        uri=endpoint if "@" in endpoint else "",
    )


_READERS = {"erl": _erl, "switch": _switch, "subnet": _subnets, "endpoint": _endpoint}
