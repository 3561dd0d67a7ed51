"""The rows of the location information service."""

from locations.models.imports import ImportBatch, ImportPart
from locations.models.network import NetworkRegion, NetworkSite, Subnet
from locations.models.places import ERL, CivicAddress, FloorPlan, FloorPlanMark
from locations.models.seen import SeenElement, SeenReport
from locations.models.validation import AddressVerdict, MSAGRange, ServiceProvider, ValidationRun
from locations.models.wiremap import (
    BSSID,
    ChassisID,
    FixedEndpoint,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)

__all__ = [
    "BSSID",
    "ERL",
    "AddressVerdict",
    "ChassisID",
    "CivicAddress",
    "FixedEndpoint",
    "FloorPlan",
    "FloorPlanMark",
    "ImportBatch",
    "ImportPart",
    "MSAGRange",
    "NetworkRegion",
    "NetworkSite",
    "SeenElement",
    "SeenReport",
    "ServiceProvider",
    "Subnet",
    "Switch",
    "SwitchPort",
    "ValidationRun",
    "WirelessAccessPoint",
]
