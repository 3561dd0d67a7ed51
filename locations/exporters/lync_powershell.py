"""Lync PowerShell that makes the network configuration and the LIS of the estate."""

from collections.abc import Iterator

from e911portal.core.findings import Finding
from locations.exporters import elements, lync
from locations.exporters.files import cmdlet


def network_lines() -> Iterator[str]:
    """Yield the commands that make regions, sites and subnets: for policy, not for location."""
    for name, central_site, description in elements.regions():
        yield cmdlet(
            "New-CsNetworkRegion",
            {"Identity": name, "CentralSite": central_site, "Description": description},
        )
    for name, region, description in elements.sites():
        yield cmdlet(
            "New-CsNetworkSite",
            {"NetworkSiteID": name, "NetworkRegionID": region, "Description": description},
        )
    for network in elements.networks():
        if network.version == 4:
            yield cmdlet(
                "New-CsNetworkSubnet",
                {
                    "SubnetID": network.network_id,
                    "MaskBits": network.prefix_length,
                    "NetworkSiteID": network.site,
                },
            )


def lis_lines(findings: list[Finding]) -> Iterator[str]:
    """Yield the commands that make the LIS, switches before their ports; ends by publishing it.

    Each replaces its element as a whole, so the script may be run again.
    """
    estate = lync.Estate()
    for name, rows in (
        ("Set-CsLisSwitch", estate.switches()),
        ("Set-CsLisPort", estate.ports()),
        ("Set-CsLisWirelessAccessPoint", estate.access_points()),
        ("Set-CsLisSubnet", estate.subnets()),
    ):
        for row in rows:
            yield cmdlet(name, row)
    yield "Publish-CsLisConfiguration\r\n"
    estate.conclude()
    findings += estate.findings
