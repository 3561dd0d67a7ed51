"""Microsoft Teams PowerShell that makes the network topology and the LIS of the estate.

Teams names civic addresses and locations by keys of its own; the script keeps them in variables.
"""

from collections.abc import Iterator

from e911portal.core.findings import Finding, Severity, Subject
from e911portal.core.wording import how_many
from locations.domain.addresses import StreetAddress
from locations.exporters import elements
from locations.exporters.files import Code, cmdlet
from locations.exporters.places import Place, longer_than, places
from locations.models import FixedEndpoint

#: Lengths that Teams takes, by parameter.
LIMITS = {"CompanyName": 200, "Location": 60, "CountryOrRegion": 2, "Description": 512}


class Estate:
    """The draft in the words of Teams.  ``findings`` are complete once all lines have been read."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._places = places()
        self._addresses: dict[tuple[StreetAddress, str], str] = {}
        self._locations: dict[tuple[str, str], str] = {}
        self._of: dict[int, Code] = {}

    def places(self) -> Iterator[str]:
        """Yield the commands that make civic addresses and, in them, locations."""
        for place in self._places.values():
            key = (place.address, place.company)
            if key not in self._addresses:
                self._addresses[key] = f"$address_{len(self._addresses) + 1}"
                yield self._civic_address(place, self._addresses[key])
            address = self._addresses[key]
            if not place.location:
                self._of[place.erl] = Code(f"{address}.DefaultLocationId")
                continue
            where = (address, place.location)
            if where not in self._locations:
                self._locations[where] = f"$location_{len(self._locations) + 1}"
                made = cmdlet(
                    "New-CsOnlineLisLocation",
                    {
                        "CivicAddressId": Code(f"{address}.CivicAddressId"),
                        "Location": place.location,
                    },
                )
                yield f"{self._locations[where]} = {made}"
            self._of[place.erl] = Code(f"{self._locations[where]}.LocationId")

    def _civic_address(self, place: Place, variable: str) -> str:
        address = place.address
        values = {
            "CompanyName": place.company, "HouseNumber": address.hno,
            "HouseNumberSuffix": address.hns, "PreDirectional": address.prd,
            "StreetName": address.rd, "StreetSuffix": address.sts,
            "PostDirectional": address.pod, "City": address.a3, "StateOrProvince": address.a1,
            "PostalCode": address.pc, "CountryOrRegion": address.country,
            "Latitude": place.latitude, "Longitude": place.longitude,
        }  # fmt: skip
        self._check(place, values)
        return f"{variable} = {cmdlet('New-CsOnlineLisCivicAddress', values)}"

    def _check(self, place: Place, values: dict[str, str]) -> None:
        for field, text, limit in longer_than(LIMITS, {**values, "Location": place.location}):
            self._warn(
                "TMS001",
                f"{field} “{text}” has {len(text)} characters; Teams takes {limit}.",
                place.subject,
                "Shorten it.",
            )
        if not place.latitude and place.address.country not in ("AU", "JP"):
            self._warn(
                "TMS002",
                f"{place.address.one_line()} has no position; Teams wants latitude and longitude.",
                place.subject,
                "Set them on the page of the address.",
            )
        if not place.company:
            self._warn(
                "TMS007", "Teams wants a company name.", place.subject, "Fill in company (NAM)."
            )

    def _warn(self, code: str, message: str, subject: Subject | None, remedy: str) -> None:
        self.findings.append(Finding(Severity.WARNING, code, message, subject, remedy))

    def mappings(self) -> Iterator[str]:
        """Yield the commands that map elements; ``places`` must have been read before."""
        nowhere = dict.fromkeys(("switch", "port", "BSSID"), 0)
        for switch in elements.switches():
            if switch.erl is None:
                nowhere["switch"] += 1
                continue
            values = {"ChassisID": switch.chassis, "LocationId": self._of[switch.erl]}
            yield cmdlet("Set-CsOnlineLisSwitch", {**values, "Description": switch.description})
        for port in elements.ports():
            if port.erl is None:
                nowhere["port"] += 1
                continue
            values = {"ChassisID": port.chassis, "PortID": port.port}
            values |= {"LocationId": self._of[port.erl], "Description": port.description}
            yield cmdlet("Set-CsOnlineLisPort", values)
        points = list(elements.access_points())
        wild = {point.bssid.rstrip("*"): point for point in points if "*" in point.bssid}
        for point in points:
            if point.erl is None:
                nowhere["BSSID"] += 1
                continue
            if self._superfluous(point, wild):
                continue
            values = {"BSSID": point.bssid, "LocationId": self._of[point.erl]}
            name = "Set-CsOnlineLisWirelessAccessPoint"
            yield cmdlet(name, {**values, "Description": point.description})
        networks, findings = elements.located(elements.networks(), "Teams", "TMS005")
        self.findings += findings
        for network in networks:
            values = {"Subnet": network.network_id, "LocationId": self._of[network.erl or 0]}
            yield cmdlet("Set-CsOnlineLisSubnet", {**values, "Description": network.description})
        self._conclude(nowhere)

    def _superfluous(
        self, point: elements.AccessPoint, wild: dict[str, elements.AccessPoint]
    ) -> bool:
        """Tell whether a wildcard says the same; Teams refuses to be told twice."""
        text = point.bssid.rstrip("*")
        for prefix in {text[:16], text[:15]} - {text}:
            cover = wild.get(prefix)
            if cover and cover.erl and self._of[cover.erl] == self._of[point.erl or cover.erl]:
                self.findings.append(
                    Finding(
                        Severity.INFO,
                        "TMS006",
                        f"The BSSID lies inside {cover.bssid} with the same location: left out.",
                        Subject("locations.bssid", None, point.bssid),
                        "Nothing to do.",
                    )
                )
                return True
        return False

    def _conclude(self, nowhere: dict[str, int]) -> None:
        for kind, number in nowhere.items():
            if number:
                plural = "switches" if kind == "switch" else f"{kind}s"
                rows = how_many(
                    number, f"{kind} without a location is", f"{plural} without a location are"
                )
                self.findings.append(
                    Finding(Severity.INFO, "TMS003", f"{rows} left out: Teams knows none.")
                )
        phones = FixedEndpoint.objects.count()
        if phones:
            self.findings.append(
                Finding(
                    Severity.INFO,
                    "TMS004",
                    f"{how_many(phones, 'fixed endpoint is', 'fixed endpoints are')} left out: "
                    "the LIS of Teams knows none.",
                    None,
                    "Assign their numbers' emergency locations in the admin centre.",
                )
            )


def network_lines() -> Iterator[str]:
    """Yield the commands that make regions, sites and subnets of both IP versions."""
    for name, _, description in elements.regions():
        yield cmdlet(
            "New-CsTenantNetworkRegion", {"NetworkRegionID": name, "Description": description}
        )
    for name, region, description in elements.sites():
        yield cmdlet(
            "New-CsTenantNetworkSite",
            {"NetworkSiteID": name, "NetworkRegionID": region, "Description": description},
        )
    for network in elements.networks():
        yield cmdlet(
            "New-CsTenantNetworkSubnet",
            {
                "SubnetID": network.network_id,
                "MaskBits": network.prefix_length,
                "NetworkSiteID": network.site,
            },
        )


def lis_lines(findings: list[Finding]) -> Iterator[str]:
    """Yield the commands that make addresses, locations and the elements mapped to them."""
    estate = Estate()
    yield from estate.places()
    yield from estate.mappings()
    findings += estate.findings
