"""NetBox: sites, prefixes, devices, interfaces and access points by its REST API, read only.

Only what NetBox is the source of is taken: names, sites, networks, chassis ids, ports and BSSIDs.
Where a thing is stays as it is here; nothing is removed; a second run finds nothing to change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from locations.importers.rows import (
    KEEP,
    BSSIDRow,
    NetworkSubnetRow,
    PortRow,
    RegionRow,
    Row,
    SiteRow,
    Source,
    SwitchRow,
    Text,
)
from locations.importers.troubles import Unreadable

if TYPE_CHECKING:
    import requests  # whoever reads from NetBox brings a session; every process imports this module

#: Where new sites go that NetBox has in no region; every site here is in one.
NO_REGION = "NetBox"
PAGE = 500
TIMEOUT = (5, 30)
#: Pages of one list; more than a million objects is a loop.
MAX_PAGES = 2_000


@dataclass(frozen=True, slots=True)
class NetBox:
    """A NetBox server: its URL, an API token, and the roles of devices that are switches and access
    points there (slugs)."""

    url: str
    token: str
    session: "requests.Session"
    switch_roles: tuple[str, ...] = ("switch", "access-switch")
    access_point_roles: tuple[str, ...] = ("access-point", "wireless-ap", "ap")

    def rows(self) -> Iterator[Row]:
        """Yield what NetBox knows. Raises ``Unreadable`` naming the request that failed."""
        sites = {site["id"]: site for site in self._list("dcim/sites")}
        for name in sorted({_region(site) for site in sites.values()} - {""}):
            yield RegionRow(self._source("dcim/sites", 0), name)
        for site in sites.values():
            yield self._site(site)
        for prefix in self._list("ipam/prefixes"):
            where = _site_of(prefix)
            if where:
                source = self._source("ipam/prefixes", prefix["id"])
                yield NetworkSubnetRow(source, prefix["prefix"], "", where)
        for device in self._list("dcim/devices", role=self.switch_roles):
            yield from self._switch(device)
        for device in self._list("dcim/devices", role=self.access_point_roles):
            yield from self._access_point(device)

    def _site(self, site: Mapping[str, Any]) -> Row:
        north, east = site.get("latitude"), site.get("longitude")
        latitude: Text = KEEP
        longitude: Text = KEEP
        if north is not None and east is not None:
            latitude, longitude = f"{float(north):.6f}", f"{float(east):.6f}"
        zone = site.get("time_zone") or KEEP
        source = self._source("dcim/sites", site["id"])
        region = _region(site) or KEEP
        return SiteRow(
            source, site["name"], region, KEEP, latitude, longitude, zone,
            new_region="" if region is not KEEP else NO_REGION,
        )  # fmt: skip

    def _switch(self, device: Mapping[str, Any]) -> Iterator[Row]:
        source = self._source("dcim/devices", device["id"])
        interfaces = list(self._list("dcim/interfaces", device_id=(str(device["id"]),)))
        base = next((entry["mac_address"] for entry in interfaces if entry.get("mgmt_only")
                     and entry.get("mac_address")), "")  # fmt: skip
        chassis = (device.get("custom_fields") or {}).get("chassis_id") or base or ""
        name = device.get("name") or f"device {device['id']}"
        site = device["site"]["name"]
        yield SwitchRow(source, chassis, KEEP, KEEP, name, site)
        for entry in interfaces:
            if _is_outlet(entry):
                source = self._source("dcim/interfaces", entry["id"])
                yield PortRow(source, "", entry["name"], "5", KEEP, KEEP, name, any_subtype=True)

    def _access_point(self, device: Mapping[str, Any]) -> Iterator[Row]:
        name, site = device.get("name") or f"device {device['id']}", device["site"]["name"]
        source = self._source("dcim/devices", device["id"])
        radios = [
            entry
            for entry in self._list("dcim/interfaces", device_id=(str(device["id"]),))
            if entry.get("mac_address")
            and str((entry.get("type") or {}).get("value", "")).startswith("ieee802.11")
        ]
        for entry in radios:
            radio = self._source("dcim/interfaces", entry["id"])
            yield BSSIDRow(radio, entry["mac_address"], KEEP, KEEP, name, site)
        if not radios:
            yield BSSIDRow(source, "", KEEP, KEEP, name, site)

    def _source(self, path: str, key: int) -> Source:
        return Source(f"{self.url.rstrip('/')}/{path}", key)

    def _list(self, path: str, **filters: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        base = f"{self.url.rstrip('/')}/api/{path}/"
        url, parameters = base, {"limit": PAGE, **{key: list(v) for key, v in filters.items()}}
        for _ in range(MAX_PAGES):
            page = self._get(url, parameters)
            yield from page["results"]
            following = page.get("next")
            if not following:
                return
            # The next page is asked of the server that was configured, whatever the answer says.
            url, parameters = f"{base}?{urlsplit(following).query}", {}
        raise Unreadable(f"{base} has no last page.")

    def _get(self, url: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Token {self.token}", "Accept": "application/json"}
        try:
            response = self.session.get(
                url, params=parameters, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
            if response.status_code != 200:
                raise Unreadable(f"{url} answered {response.status_code}.")
            page = response.json()
        except (OSError, ValueError) as error:
            raise Unreadable(f"{url}: {error}") from error
        if not isinstance(page, dict) or not isinstance(page.get("results"), list):
            raise Unreadable(f"{url} did not answer with a list of NetBox.")
        return page


def _region(site: Mapping[str, Any]) -> str:
    return str((site.get("region") or {}).get("name") or "")


def _site_of(prefix: Mapping[str, Any]) -> str:
    """Return the site of a prefix; since NetBox 4.2 it is its scope."""
    if prefix.get("scope_type") == "dcim.site":
        return str(prefix["scope"]["name"])
    return str((prefix.get("site") or {}).get("name") or "")


def _is_outlet(interface: Mapping[str, Any]) -> bool:
    kind = str((interface.get("type") or {}).get("value", ""))
    return not interface.get("mgmt_only") and kind not in ("virtual", "lag", "bridge")
