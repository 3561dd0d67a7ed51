"""Lync and Skype for Business Server: the CSV files that ``Import-Csv | Set-CsLis…`` takes.

Headings are the parameters' names, in the order of Microsoft's own examples.  Values are written as
they are, also where Lync would refuse them: its own guide does so.  Each such value is a finding.
"""

from collections import Counter
from collections.abc import Iterator

from e911portal.core.findings import Finding, Severity, Subject
from e911portal.core.wording import how_many
from locations.exporters import elements
from locations.exporters.files import File, csv_lines
from locations.exporters.places import Place, longer_than, places
from locations.importers.troubles import neutral
from locations.models import FixedEndpoint

#: Address parameters of Set-CsLis… and the length that each takes.
LIMITS = {
    "Location": 20, "CompanyName": 60, "HouseNumber": 10, "HouseNumberSuffix": 5,
    "PreDirectional": 2, "StreetName": 60, "StreetSuffix": 10, "PostDirectional": 2, "City": 64,
    "State": 2, "PostalCode": 10, "Country": 2,
}  # fmt: skip
REQUIRED = ("Location", "HouseNumber", "StreetName", "City", "State", "Country")
NO_ADDRESS = dict.fromkeys(LIMITS, "")

Values = dict[str, str]


class Estate:
    """The draft in Lync's words.  ``findings`` are complete once all rows have been read."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._places = places()
        self._addresses: dict[int, Values] = {}
        self._lost: Counter[str] = Counter()

    def address(self, erl: int | None) -> Values:
        """Return the twelve address parameters of an ERL, all empty for none."""
        if erl is None:
            return NO_ADDRESS
        if erl not in self._addresses:
            place = self._places[erl]
            self._addresses[erl] = address_of(place)
            self._check(place, self._addresses[erl])
        return self._addresses[erl]

    def _check(self, place: Place, values: Values) -> None:
        for field, text, limit in longer_than(LIMITS, values):
            self._warn(
                "LYN001",
                f"{field} “{text}” has {len(text)} characters; Lync takes {limit}.",
                place.subject,
                "Shorten it.",
            )
        missing = [field for field in REQUIRED if not values[field]]
        if missing:
            self._warn(
                "LYN002",
                f"Lync calls a location without {' and '.join(missing)} invalid.",
                place.subject,
                "Fill it in.",
            )
        address = place.address
        beyond = {"A2": address.a2, "A6": address.a6, "PCN": address.pcn}
        self._lost.update([*place.parts, *(name for name, text in beyond.items() if text)])

    def _warn(self, code: str, message: str, subject: Subject | None, remedy: str) -> None:
        self.findings.append(Finding(Severity.WARNING, code, message, subject, remedy))

    def switches(self) -> Iterator[Values]:
        """Yield the parameters of Set-CsLisSwitch per chassis id."""
        for switch in elements.switches():
            if not elements.is_address(switch.chassis):
                self._warn(
                    "LYN008",
                    "Lync knows switches by MAC or IP address only.",
                    Subject("locations.chassisid", None, switch.chassis),
                    "Have the switch announce its MAC address.",
                )
            yield {
                "ChassisID": switch.chassis,
                "Description": switch.description,
                **self.address(switch.erl),
            }

    def ports(self) -> Iterator[Values]:
        """Yield the parameters of Set-CsLisPort per chassis id and port."""
        for port in elements.ports():
            yield {
                "ChassisID": port.chassis,
                "PortIDSubType": str(port.subtype),
                "PortID": port.port,
                "Description": port.description,
                **self.address(port.erl),
            }

    def subnets(self) -> Iterator[Values]:
        """Yield the parameters of Set-CsLisSubnet for mapped subnets, IPv4 only."""
        networks = elements.networks()
        six = sum(network.version == 6 and network.erl is not None for network in networks)
        if six:
            self._warn(
                "LYN003",
                f"{how_many(six, 'IPv6 subnet is', 'IPv6 subnets are')} left out: "
                "Lync's LIS knows IPv4 only.",
                None,
                "Map ports or access points for the devices there.",
            )
        four = [network for network in networks if network.version == 4]
        chosen, findings = elements.located(four, "Lync", "LYN004")
        self.findings += findings
        for network in chosen:
            yield {
                "Subnet": network.network_id,
                "Description": network.description,
                **self.address(network.erl),
            }

    def access_points(self) -> Iterator[Values]:
        """Yield the parameters of Set-CsLisWirelessAccessPoint; wildcards are written out."""
        points = list(elements.access_points())
        exact = {point.bssid for point in points if "*" not in point.bssid}
        narrow = [point for point in points if point.bssid[-2] != "-" and "*" in point.bssid]
        covered = exact | {one for point in narrow for one in elements.expanded(point.bssid)}
        rows = []
        for point in points:
            taken = exact if point in narrow else covered
            wild = "*" in point.bssid
            for bssid in elements.expanded(point.bssid):
                if not wild or bssid not in taken:
                    rows.append((bssid, point))
        if len(rows) != len(points):
            self.findings.append(
                Finding(
                    Severity.INFO,
                    "LYN005",
                    f"Lync knows no BSSID wildcards: {len(points):,} entries became {len(rows):,}.",
                )
            )
        for bssid, point in sorted(rows, key=lambda row: row[0]):
            yield {
                "BSSID": bssid,
                "Description": point.description,
                **self.address(point.erl),
            }

    def conclude(self) -> None:
        """Add the findings about the estate as a whole, once all rows have been read."""
        phones = FixedEndpoint.objects.count()
        if phones:
            self.findings.append(
                Finding(
                    Severity.INFO,
                    "LYN006",
                    f"{how_many(phones, 'fixed endpoint is', 'fixed endpoints are')} left out: "
                    "Lync's LIS knows none.",
                    None,
                    "Keep their numbers in the PS-ALI database (the NENA export).",
                )
            )
        for element, number in sorted(self._lost.items()):
            self.findings.append(
                Finding(
                    Severity.INFO,
                    "LYN007",
                    f"{how_many(number, 'location has', 'locations have')} {element}, for "
                    "which Lync has no field.",
                    None,
                    "Say it in LOC, if responders need it.",
                )
            )


def address_of(place: Place) -> Values:
    """Return the twelve address parameters of a place, in the order of Lync's CSV files."""
    address = place.address
    return {
        "Location": place.location, "CompanyName": place.company, "HouseNumber": address.hno,
        "HouseNumberSuffix": address.hns, "PreDirectional": address.prd, "StreetName": address.rd,
        "StreetSuffix": address.sts, "PostDirectional": address.pod, "City": address.a3,
        "State": address.a1, "PostalCode": address.pc, "Country": address.country,
    }  # fmt: skip


def csv_files(findings: list[Finding]) -> Iterator[File]:
    """Yield the five files; ``findings`` are added while they are written."""
    estate = Estate()
    for name, keys, rows in (
        ("waps", ("BSSID",), estate.access_points()),
        ("subnets", ("Subnet",), estate.subnets()),
        ("ports", ("ChassisID", "PortIDSubType", "PortID"), estate.ports()),
        ("switches", ("ChassisID",), estate.switches()),
    ):
        header = (*keys, "Description", *LIMITS)
        cells = ([neutral(text) for text in row.values()] for row in rows)
        yield File(f"{name}.csv", csv_lines(header, cells))
    # Microsoft's own header has the blanks.
    networks = (
        (network.network_id, f" {network.prefix_length}", f" {network.site}")
        for network in elements.networks()
        if network.version == 4
    )
    yield File("netsubnets.csv", csv_lines(("Identity", " Mask", " SiteID"), networks))
    estate.conclude()
    findings += estate.findings
