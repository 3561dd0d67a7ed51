"""Elements of the wire map as other products list them: a row each, by identifier."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from e911portal.core.findings import Finding, Severity, Subject
from locations.models import BSSID, ChassisID, NetworkRegion, NetworkSite, Subnet, SwitchPort


@dataclass(frozen=True, slots=True)
class Switch:
    """A chassis id: a stack is listed once per member."""

    chassis: str
    erl: int | None
    description: str


@dataclass(frozen=True, slots=True)
class Port:
    """A port under one chassis id of its switch."""

    chassis: str
    port: str
    subtype: int
    erl: int | None
    description: str


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """A BSSID or a wildcard for several."""

    bssid: str
    erl: int | None
    description: str


@dataclass(frozen=True, slots=True)
class Network:
    """A subnet; other products have it twice: with its mask for policy, without for location."""

    cidr: str
    site: str
    erl: int | None
    excluded: bool
    description: str

    @property
    def version(self) -> int:
        """Return 4 or 6."""
        return 6 if ":" in self.cidr else 4

    @property
    def network_id(self) -> str:
        """Return the first address, by which these products know a subnet."""
        return self.cidr.split("/")[0]

    @property
    def prefix_length(self) -> int:
        """Return the number of bits of the mask."""
        return int(self.cidr.split("/")[1])


def switches() -> Iterator[Switch]:
    """Yield all chassis ids."""
    rows = ChassisID.objects.order_by("value").values_list(
        "value", "switch__erl_id", "switch__description"
    )
    return (Switch(*row) for row in rows.iterator(chunk_size=5000))


def ports() -> Iterator[Port]:
    """Yield each port once per chassis of its stack: a phone names whichever is the master."""
    rows = (
        SwitchPort.objects.filter(switch__chassis_ids__isnull=False)
        .order_by("switch__chassis_ids__value", "port_key", "subtype")
        .values_list("switch__chassis_ids__value", "port_id", "subtype", "erl_id", "description")
    )
    return (Port(*row) for row in rows.iterator(chunk_size=5000))


def access_points() -> Iterator[AccessPoint]:
    """Yield all BSSIDs."""
    rows = BSSID.objects.order_by("value").values_list(
        "value", "access_point__erl_id", "access_point__description"
    )
    return (AccessPoint(*row) for row in rows.iterator(chunk_size=5000))


def networks() -> list[Network]:
    """Return all subnets in the order of their addresses."""
    rows = Subnet.objects.order_by("sort_key").values_list(
        "cidr", "site__name", "erl_id", "excluded", "description"
    )
    return [Network(*row) for row in rows]


def located(found: list[Network], product: str, code: str) -> tuple[list[Network], list[Finding]]:
    """Return the mapped subnets for a product that knows them by their first address alone.

    Of several that begin alike only the smallest can be told, for its first address is what devices
    in it say; if they lie in different places, that is a WARNING.
    """
    chosen: dict[str, Network] = {}
    findings = []
    for network in found:
        if network.erl is None:
            continue
        earlier = chosen.get(network.network_id)
        if earlier is not None and earlier.erl != network.erl:
            findings.append(
                Finding(
                    Severity.WARNING,
                    code,
                    f"{product} knows subnets by their first address: {earlier.cidr} and "
                    f"{network.cidr} are one to it. The location of {network.cidr} is exported.",
                    Subject("locations.subnet", None, earlier.cidr),
                    "Map the ports or access points of the larger one.",
                )
            )
        chosen[network.network_id] = network
    return list(chosen.values()), findings


def regions() -> list[tuple[str, str, str]]:
    """Return name, central site and description of the network regions."""
    return list(
        NetworkRegion.objects.order_by("name").values_list("name", "central_site", "description")
    )


def sites() -> list[tuple[str, str, str]]:
    """Return name, region and description of the network sites."""
    return list(
        NetworkSite.objects.order_by("name").values_list("name", "region__name", "description")
    )


def expanded(bssid: str) -> list[str]:
    """Return the BSSIDs that a wildcard stands for; of an exact one, that one."""
    stem = bssid.rstrip("*")
    missing = 17 - len(stem)
    return [f"{stem}{number:0{missing}x}" for number in range(16**missing)] if missing else [bssid]


def is_address(chassis: str) -> bool:
    """Tell whether a chassis id is a MAC or IP address, and not a name."""
    if len(chassis) == 17 and chassis.count("-") == 5:
        return True
    try:
        ipaddress.ip_address(chassis)
    except ValueError:
        return False
    return True
