"""The tables of our own CSV and XLSX files: one per model of locations that a network team keeps.

Files and sheets have the table's name; the tables stand in the order in which they depend on each
other.  Left out are what no spreadsheet can carry (floor plans), secrets (service providers) and
what nobody may write (verdicts).
"""

from locations.domain import identifiers
from locations.importers.places import ELEMENTS, Street, digest, street_address
from locations.importers.tables import Members, Reference, Rule, Scalar, Table, Values

PAIRED: Rule = (
    lambda _, row: (row.values["latitude"] is None) == (row.values["longitude"] is None),
    "longitude",
    "Give both latitude and longitude, or neither.",
)
MSAG = ("state", "community", "prd", "rd", "sts", "pod", "low", "high", "parity")


def _port_key(values: Values) -> tuple[int, str, int]:
    port = identifiers.port_id(values["port_id"])
    return (values["switch_id"], port, values["subtype"])


def _erl() -> Reference:
    return Reference("erl", "erl_id", "erls")


def _site() -> Reference:
    return Reference("site", "site_id", "sites")


REGIONS = Table(
    "regions",
    "locations.networkregion",
    key=("name",),
    columns=(Scalar("name"), Scalar("central_site"), Scalar("description")),
)
CIVIC_ADDRESSES = Table(
    "civic_addresses",
    "locations.civicaddress",
    key=("normal_form",),
    columns=(
        *(Scalar(name) for name in ELEMENTS),
        Scalar("latitude", numeric=True),
        Scalar("longitude", numeric=True),
    ),
    label=lambda values: street_address(values).one_line(),
    identify=lambda values: digest(street_address(values)),
    spelling=ELEMENTS,
    needs="hno rd a3 a1",
    rules=(PAIRED,),
)
SITES = Table(
    "sites",
    "locations.networksite",
    key=("name",),
    columns=(
        Scalar("name"),
        Reference("region", "region_id", "regions"),
        Scalar("description"),
        Scalar("latitude", numeric=True),
        Scalar("longitude", numeric=True),
        Scalar("time_zone"),
        Reference("default_erl", "default_erl_id", "erls", late=True),
        Scalar("max_erl_area"),
    ),
    rules=(
        PAIRED,
        (
            lambda draft, row: (
                row.values["default_erl_id"] is None
                or draft.values("erls", row.values["default_erl_id"])["site_id"] == row.ref
            ),
            "default_erl",
            "The default ERL belongs to another site. Choose an ERL of this site.",
        ),
    ),
)
ERLS = Table(
    "erls",
    "locations.erl",
    key=("name",),
    columns=(
        Scalar("name"),
        _site(),
        Street(),
        *(Scalar(name) for name in ("company", "loc", "bld", "flr", "unit", "room", "seat")),
        Scalar("area_sq_ft"),
        Scalar("psap_text"),
        Scalar("description"),
    ),
)
SUBNETS = Table(
    "subnets",
    "locations.subnet",
    key=("cidr",),
    columns=(Scalar("network", "cidr"), _site(), _erl(), Scalar("excluded"), Scalar("description")),
    label=("cidr",),
    rules=(
        (
            lambda _, row: not row.values["excluded"] or row.values["erl_id"] is None,
            "erl",
            "An excluded subnet never gives a location. Clear the ERL, or the exclusion.",
        ),
    ),
)
SWITCHES = Table(
    "switches",
    "locations.switch",
    key=("name",),
    columns=(
        Scalar("name"),
        _site(),
        Members("chassis_ids", "chassis_ids", "value"),
        _erl(),
        Scalar("description"),
    ),
)
CHASSIS_IDS = Table(
    "chassis_ids", "locations.chassisid", key=("value",), owner="switch_id", label=("value",)
)
SWITCH_PORTS = Table(
    "switch_ports",
    "locations.switchport",
    key=("switch_id", "port_key", "subtype"),
    columns=(
        Reference("switch", "switch_id", "switches"),
        Scalar("port_id"),
        Scalar("subtype"),
        _erl(),
        Scalar("description"),
    ),
    owner="switch_id",
    label=("switch_id", "port_id"),
    identify=_port_key,
    spelling=("switch_id", "port_id", "subtype"),
    needs="switch port_id",
)
ACCESS_POINTS = Table(
    "access_points",
    "locations.wirelessaccesspoint",
    key=("name",),
    columns=(
        Scalar("name"),
        _site(),
        Members("bssids", "bssids", "value"),
        _erl(),
        Scalar("description"),
    ),
)
BSSIDS = Table(
    "bssids", "locations.bssid", key=("value",), owner="access_point_id", label=("value",)
)
FIXED_ENDPOINTS = Table(
    "fixed_endpoints",
    "locations.fixedendpoint",
    key=("name",),
    columns=(
        Scalar("name"),
        Scalar("kind"),
        _site(),
        Scalar("number", numeric=True),
        Scalar("sip_uri"),
        Scalar("mac"),
        _erl(),
        Scalar("description"),
    ),
    unique=("number", "sip_uri", "mac"),
    rules=(
        (
            lambda _, row: any(row.values[name] for name in ("number", "sip_uri", "mac")),
            "number",
            "Give a number, a SIP URI or a MAC address to know it by.",
        ),
    ),
)
MSAG_RANGES = Table(
    "msag_ranges",
    "locations.msagrange",
    key=MSAG,
    columns=tuple(
        Scalar(name) for name in (*MSAG, "esn", "psap_id", "county_id", "exchange", "general")
    ),
    label=("low", "high", "rd", "community"),
    needs="state community rd low high",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        REGIONS, SITES, CIVIC_ADDRESSES, ERLS, SWITCHES, CHASSIS_IDS, SWITCH_PORTS, ACCESS_POINTS,
        BSSIDS, SUBNETS, FIXED_ENDPOINTS, MSAG_RANGES,
    )
}  # fmt: skip
