"""An estate in memory to search in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from locations.domain.addresses import civic_normal_form
from locations.domain.resolution import (
    Clue,
    ERLRecord,
    Resolution,
    Row,
    SiteRow,
)

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
BSSID, OTHER_BSSID = "00-19-5b-7f-77-0d", "00-19-5b-7f-77-0e"
CHASSIS = "3c-4a-92-30-ec-00"
MAC = "a0-12-34-56-78-90"
CEDAR = {"country": "US", "A1": "NY", "A3": "New York", "RD": "Cedar", "HNO": "12345"}

ERLS = {
    erl.id: erl
    for erl in (
        ERLRecord(1, "New York Wireless", "NY1", "valid"),
        ERLRecord(2, "New York Wired", "NY1", "valid", {"civic": CEDAR}),
        ERLRecord(3, "New York 1st Floor", "NY1", "valid"),
        ERLRecord(4, "Refused", "NY1", "invalid"),
        ERLRecord(5, "Unchecked", "NY1", "none"),
        ERLRecord(6, "Los Angeles", "LA1", "valid"),
        ERLRecord(7, "NY lobby", "NY1", "valid"),
    )
}


@dataclass
class Estate:
    """An index in memory, by the definitions: the oracle that the snapshot is compared with too."""

    bssids: Mapping[str, Row] = field(default_factory=dict)
    ports: Mapping[tuple[str, str], Row] = field(default_factory=dict)
    switches: Mapping[str, Row] = field(default_factory=dict)
    networks: Mapping[str, Row] = field(default_factory=dict)
    macs: Mapping[str, Row] = field(default_factory=dict)
    uris: Mapping[str, Row] = field(default_factory=dict)
    sites: Mapping[int, SiteRow] = field(default_factory=dict)

    def bssid(self, bssid: str) -> Sequence[Row]:
        patterns = (bssid, f"{bssid[:-1]}*", f"{bssid[:-2]}*")
        return [self.bssids[pattern] for pattern in patterns if pattern in self.bssids]

    def port(self, chassis: str, port: str, subtype: int | None) -> Sequence[Row]:
        return [self.ports[chassis, port]] if (chassis, port) in self.ports else []

    def chassis(self, chassis: str) -> Sequence[Row]:
        return [self.switches[chassis]] if chassis in self.switches else []

    def subnets(self, ip: str) -> Sequence[Row]:
        around = [cidr for cidr in self.networks if ip_address(ip) in ip_network(cidr)]
        around.sort(key=lambda cidr: -ip_network(cidr).prefixlen)
        return [self.networks[cidr] for cidr in around]

    def mac(self, mac: str) -> Sequence[Row]:
        return [self.macs[mac]] if mac in self.macs else []

    def endpoint(self, uri: str) -> Sequence[Row]:
        return [self.uris[uri]] if uri in self.uris else []

    def erl(self, erl_id: int) -> ERLRecord | None:
        return ERLS.get(erl_id)

    def site(self, site_id: int) -> SiteRow | None:
        return self.sites.get(site_id)

    def erl_at(self, normal_form: str) -> ERLRecord | None:
        forms = {civic_normal_form(erl.record.get("civic", {})): erl for erl in ERLS.values()}
        return forms.get(normal_form) if normal_form else None


SITES = {1: SiteRow(1, "NY1", 7), 2: SiteRow(2, "LA1", None)}
FULL = Estate(
    bssids={BSSID: Row(BSSID, 1, 1)},
    ports={(CHASSIS, "7"): Row(f"{CHASSIS} / 7", 2, 1)},
    switches={CHASSIS: Row(CHASSIS, 7, 1)},
    networks={"10.1.1.0/24": Row("10.1.1.0/24", 3, 1)},
    macs={MAC: Row(MAC, 2, 1)},
    uris={"sip:lobby@example.com": Row("sip:lobby@example.com", 7, 1)},
    sites=SITES,
)
EVERYTHING = Clue(
    bssids=(BSSID,),
    chassis=CHASSIS,
    port="7",
    ip="10.1.1.20",
    mac=MAC,
    uri="sip:lobby@example.com",
)


def summary(found: Resolution) -> tuple[str | None, str | None, str | None]:
    return found.tier, found.matched, found.erl.name if found.erl else None


def subnet(cidr: str, erl_id: int | None, site_id: int | None = 1, excluded: bool = False) -> Row:
    return Row(cidr, erl_id, site_id, excluded)
