"""The search from clue to location: every rule of the order, of withholding and of freshness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain.addresses import civic_normal_form
from locations.domain.resolution import (
    Clue,
    ERLRecord,
    Evidence,
    Resolution,
    Row,
    SiteRow,
    judge,
    resolve,
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


@pytest.mark.parametrize(
    ("clue", "expected"),
    [
        pytest.param(EVERYTHING, ("bssid", BSSID, "New York Wireless"), id="bssid-first"),
        pytest.param(
            Clue(chassis=CHASSIS, port="7", ip="10.1.1.20", mac=MAC),
            ("port", f"{CHASSIS} / 7", "New York Wired"),
            id="port",
        ),
        pytest.param(
            Clue(chassis=CHASSIS, port="8", ip="10.1.1.20"),
            ("chassis", CHASSIS, "NY lobby"),
            id="unmapped-port-of-a-mapped-chassis",
        ),
        pytest.param(
            Clue(chassis="00-00-00-00-00-01", port="7", ip="10.1.1.20", mac=MAC),
            ("subnet", "10.1.1.0/24", "New York 1st Floor"),
            id="unknown-chassis-falls-through-to-subnet",
        ),
        pytest.param(Clue(ip="10.9.9.9", mac=MAC), ("mac", MAC, "New York Wired"), id="mac"),
        pytest.param(
            Clue(uri="sip:lobby@example.com"),
            ("endpoint", "sip:lobby@example.com", "NY lobby"),
            id="endpoint",
        ),
        pytest.param(Clue(ip="10.9.9.9"), (None, None, None), id="nothing-mapped"),
        pytest.param(Clue(), (None, None, None), id="empty-clue"),
        pytest.param(
            Clue(entity="sip:lobby@example.com"), (None, None, None), id="entity-is-no-evidence"
        ),
    ],
)
def test_first_tier_with_a_location_wins(
    clue: Clue, expected: tuple[str | None, str | None, str | None]
) -> None:
    assert summary(resolve(clue, FULL, now=NOW)) == expected


def test_runners_up_are_the_further_usable_matches_in_order() -> None:
    found = resolve(EVERYTHING, FULL, now=NOW)

    assert [(match.tier, match.matched, match.erl.name) for match in found.runners_up] == [
        ("port", f"{CHASSIS} / 7", "New York Wired"),
        ("chassis", CHASSIS, "NY lobby"),
        ("subnet", "10.1.1.0/24", "New York 1st Floor"),
        ("mac", MAC, "New York Wired"),
        ("endpoint", "sip:lobby@example.com", "NY lobby"),
        ("site_default", "NY1", "NY lobby"),
    ]


def test_reasons_name_every_step_up_to_the_winner() -> None:
    found = resolve(Clue(chassis=CHASSIS, port="7", ip="10.1.1.20"), FULL, now=NOW)

    assert found.reasons == (
        "bssid: none given",
        "port 3c-4a-92-30-ec-00/7: New York Wired",
    )


def test_reasons_name_every_step_when_nothing_is_found() -> None:
    clue = Clue((BSSID,), chassis="c", port="p", ip="10.9.9.9", mac=MAC, uri="sip:a@b")

    assert resolve(clue, Estate(), now=NOW).reasons == (
        f"bssid {BSSID}: not mapped",
        "port c/p: not mapped",
        "chassis c: not mapped",
        "subnet 10.9.9.9: not mapped",
        f"mac {MAC}: not mapped",
        "endpoint sip:a@b: not mapped",
        "last_known: none given",
        "site_default: no network site known",
    )


def test_port_that_was_not_given_is_said() -> None:
    reasons = resolve(Clue(chassis="c"), Estate(), now=NOW).reasons

    assert reasons[1:3] == ("port: none given", "chassis c: not mapped")


def test_reasons_name_what_was_not_given() -> None:
    assert resolve(Clue(port="7"), Estate(), now=NOW).reasons == (
        "bssid: none given",
        "port: given without a chassis",
        "chassis: none given",
        "subnet: no address given",
        "mac: none given",
        "endpoint: none given",
        "last_known: none given",
        "site_default: no network site known",
    )


@pytest.mark.parametrize(
    ("erl_id", "withhold", "located", "confidence", "reason"),
    [
        pytest.param(2, True, True, "validated", "port c/7: New York Wired", id="valid"),
        pytest.param(
            4,
            True,
            False,
            "none",
            "port c/7: mapped to Refused, whose address is not validated (invalid): withheld",
            id="invalid",
        ),
        pytest.param(
            4,
            False,
            False,
            "none",
            "port c/7: mapped to Refused, whose address is not validated (invalid): withheld",
            id="invalid-is-never-answered",
        ),
        pytest.param(
            5,
            True,
            False,
            "none",
            "port c/7: mapped to Unchecked, whose address is not validated (none): withheld",
            id="unchecked-withheld",
        ),
        pytest.param(
            5,
            False,
            True,
            "unvalidated",
            "port c/7: Unchecked, whose address is not validated (none)",
            id="unchecked-flagged",
        ),
        pytest.param(
            None, True, False, "none", "port c/7: known, but without a location", id="no-location"
        ),
        pytest.param(
            99, True, False, "none", "port c/7: known, but without a location", id="dangling"
        ),
    ],
)
def test_verdict_of_the_address_decides_whether_it_is_answered(
    erl_id: int | None, withhold: bool, located: bool, confidence: str, reason: str
) -> None:
    estate = Estate(ports={("c", "7"): Row("c / 7", erl_id, None)})

    found = resolve(Clue(chassis="c", port="7"), estate, now=NOW, withhold=withhold)

    assert (found.located, found.confidence, found.reasons[1]) == (located, confidence, reason)


def test_withheld_address_is_a_miss_and_the_search_goes_on() -> None:
    estate = Estate(
        ports={(CHASSIS, "7"): Row(f"{CHASSIS} / 7", 4, 1)}, networks=FULL.networks, sites=SITES
    )

    found = resolve(Clue(chassis=CHASSIS, port="7", ip="10.1.1.20"), estate, now=NOW)

    assert summary(found) == ("subnet", "10.1.1.0/24", "New York 1st Floor")


@pytest.mark.parametrize(
    ("bssids", "rows", "expected"),
    [
        pytest.param(
            (BSSID,),
            {"00-19-5b-7f-77-*": 1, "00-19-5b-7f-77-0*": 2, BSSID: 3},
            (BSSID, f"bssid {BSSID}: New York 1st Floor"),
            id="exact-beats-wildcards",
        ),
        pytest.param(
            (BSSID,),
            {"00-19-5b-7f-77-*": 1, "00-19-5b-7f-77-0*": 2},
            ("00-19-5b-7f-77-0*", f"bssid {BSSID} in 00-19-5b-7f-77-0*: New York Wired"),
            id="eleven-digits-beat-ten",
        ),
        pytest.param(
            (BSSID,),
            {"00-19-5b-7f-77-*": 1, BSSID: None},
            ("00-19-5b-7f-77-*", f"bssid {BSSID}: known, but without a location"),
            id="exact-without-location-falls-to-the-wildcard",
        ),
        pytest.param(
            (OTHER_BSSID, BSSID),
            {BSSID: 1, OTHER_BSSID: 2},
            (OTHER_BSSID, f"bssid {OTHER_BSSID}: New York Wired"),
            id="first-given-wins",
        ),
        pytest.param(
            (OTHER_BSSID, BSSID),
            {BSSID: 1, OTHER_BSSID: 4},
            (
                BSSID,
                f"bssid {OTHER_BSSID}: mapped to Refused, "
                "whose address is not validated (invalid): withheld",
            ),
            id="first-usable-wins",
        ),
    ],
)
def test_bssids(
    bssids: tuple[str, ...], rows: dict[str, int | None], expected: tuple[str, str]
) -> None:
    estate = Estate(bssids={key: Row(key, erl_id, None) for key, erl_id in rows.items()})

    found = resolve(Clue(bssids=bssids), estate, now=NOW)

    assert (found.matched, found.reasons[0]) == expected


def subnet(cidr: str, erl_id: int | None, site_id: int | None = 1, excluded: bool = False) -> Row:
    return Row(cidr, erl_id, site_id, excluded)


def test_nested_subnet_without_a_location_falls_to_the_enclosing_one() -> None:
    estate = Estate(
        networks={
            "10.1.0.0/16": subnet("10.1.0.0/16", 7),
            "10.1.1.0/24": subnet("10.1.1.0/24", None),
        }
    )

    found = resolve(Clue(ip="10.1.1.20"), estate, now=NOW)

    assert summary(found) == ("subnet", "10.1.0.0/16", "NY lobby")
    assert found.reasons[-2:] == (
        "subnet 10.1.1.20 in 10.1.1.0/24: known, but without a location",
        "subnet 10.1.1.20 in 10.1.0.0/16: NY lobby",
    )


def test_excluded_subnet_gives_its_site_but_neither_enclosing_subnet_nor_site_default() -> None:
    estate = Estate(
        networks={
            "10.1.0.0/16": subnet("10.1.0.0/16", 7),
            "10.1.9.0/24": subnet("10.1.9.0/24", None, excluded=True),
        },
        sites=SITES,
    )

    found = resolve(Clue(ip="10.1.9.20"), estate, now=NOW)

    assert (found.located, found.site) == (False, "NY1")
    assert (found.reasons[3], found.reasons[-1]) == (
        "subnet 10.1.9.20 in 10.1.9.0/24: excluded, gives a site but no location",
        "site_default: no network site known, 10.1.9.0/24 is excluded",
    )


def test_subnet_inside_an_excluded_one_is_answered() -> None:
    estate = Estate(
        networks={
            "10.1.0.0/16": subnet("10.1.0.0/16", None, excluded=True),
            "10.1.1.0/24": subnet("10.1.1.0/24", 3),
        }
    )

    assert resolve(Clue(ip="10.1.1.20"), estate, now=NOW).matched == "10.1.1.0/24"


def test_fixed_endpoint_is_found_from_an_excluded_subnet() -> None:
    estate = Estate(
        networks={"10.1.9.0/24": subnet("10.1.9.0/24", None, excluded=True)},
        macs={MAC: Row(MAC, 2, 1)},
    )

    assert resolve(Clue(ip="10.1.9.20", mac=MAC), estate, now=NOW).tier == "mac"


def test_site_default_answers_when_nothing_better_is_known() -> None:
    estate = Estate(networks={"10.1.1.0/24": subnet("10.1.1.0/24", None)}, sites=SITES)

    found = resolve(Clue(ip="10.1.1.20"), estate, now=NOW)

    assert summary(found) == ("site_default", "NY1", "NY lobby")
    assert found.reasons[-1] == "site_default NY1: NY lobby"


def test_site_without_a_default_is_said() -> None:
    estate = Estate(networks={"10.2.1.0/24": subnet("10.2.1.0/24", None, 2)}, sites=SITES)

    found = resolve(Clue(ip="10.2.1.20"), estate, now=NOW)

    assert (found.located, found.site, found.reasons[-1]) == (
        False,
        "LA1",
        "site_default LA1: has none",
    )


def test_site_comes_from_the_most_precise_element() -> None:
    estate = Estate(
        bssids={BSSID: Row(BSSID, None, 2)},
        networks={"10.1.1.0/24": subnet("10.1.1.0/24", None)},
        sites=SITES,
    )

    assert resolve(Clue((BSSID,), ip="10.1.1.20"), estate, now=NOW).site == "LA1"


WIRED = Evidence(Clue(chassis=CHASSIS, port="7"), NOW - timedelta(minutes=35))


def test_last_known_answers_with_its_age_and_the_tier_of_its_evidence() -> None:
    found = resolve(Clue(ip="192.168.0.9"), FULL, now=NOW, last_known=WIRED)

    assert summary(found) == ("last_known", f"{CHASSIS} / 7", "New York Wired")
    assert (found.age_s, found.via, found.site) == (2100, "port", "NY1")
    assert found.reasons[-1] == f"last_known, 35 min old, port {CHASSIS}/7: New York Wired"


def test_stale_precise_loses_to_fresh_coarse() -> None:
    found = resolve(Clue(ip="10.1.1.20"), FULL, now=NOW, last_known=WIRED)

    assert summary(found) == ("subnet", "10.1.1.0/24", "New York 1st Floor")
    assert (found.age_s, found.runners_up[0].tier, found.runners_up[0].age_s) == (
        0,
        "last_known",
        2100,
    )


@pytest.mark.parametrize(
    ("ip", "age", "tier", "reason"),
    [
        pytest.param(
            "192.168.0.9",
            timedelta(hours=5),
            None,
            f"last_known, 5 h old, port {CHASSIS}/7: New York Wired: older than 4 h, not used",
            id="older-than-the-limit",
        ),
        pytest.param(
            "10.9.0.1",
            timedelta(minutes=1),
            None,
            f"last_known, 1 min old, port {CHASSIS}/7: New York Wired: "
            "the device is now in excluded 10.9.0.0/16, not used",
            id="now-on-the-vpn",
        ),
        pytest.param(
            "10.2.1.1",
            timedelta(minutes=1),
            None,
            f"last_known, 1 min old, port {CHASSIS}/7: New York Wired: "
            "the device is now in site LA1, not used",
            id="now-in-another-site",
        ),
        pytest.param(
            "10.1.2.1",
            timedelta(hours=4),
            "last_known",
            f"last_known, 4 h old, port {CHASSIS}/7: New York Wired",
            id="same-site-at-the-limit",
        ),
        pytest.param(
            "10.1.2.1",
            timedelta(days=3),
            "site_default",
            f"last_known, 3 d old, port {CHASSIS}/7: New York Wired: older than 4 h, not used",
            id="old-loses-to-the-site-default",
        ),
        pytest.param(
            "10.1.2.1",
            timedelta(seconds=-9),
            "last_known",
            f"last_known, 0 min old, port {CHASSIS}/7: New York Wired",
            id="clock-ahead",
        ),
    ],
)
def test_last_known_is_used_only_while_nothing_contradicts_it(
    ip: str, age: timedelta, tier: str | None, reason: str
) -> None:
    estate = Estate(
        ports=FULL.ports,
        networks={
            "10.9.0.0/16": subnet("10.9.0.0/16", None, excluded=True),
            "10.2.1.0/24": subnet("10.2.1.0/24", None, 2),
            "10.1.2.0/24": subnet("10.1.2.0/24", None, 1),
        },
        sites=SITES,
    )
    evidence = Evidence(WIRED.clue, NOW - age)

    found = resolve(Clue(ip=ip), estate, now=NOW, last_known=evidence)

    assert found.tier == tier
    assert [line for line in found.reasons if line.startswith("last_known")] == [reason]


def test_last_known_that_leads_nowhere_is_said() -> None:
    evidence = Evidence(Clue(mac=MAC), NOW)

    found = resolve(Clue(), Estate(), now=NOW, last_known=evidence)

    assert found.reasons[-2] == "last_known, 0 min old: leads to no location"


@pytest.mark.parametrize(
    ("civic", "expected"),
    [
        pytest.param(CEDAR, "validated", id="equal"),
        pytest.param(
            {**CEDAR, "RD": " cedar ", "NAM": "1111-222-333"},
            "validated",
            id="spelling-and-company",
        ),
        pytest.param({**CEDAR, "HNO": "12346"}, "manual", id="another-house"),
        pytest.param({**CEDAR, "FLR": "3"}, "manual", id="more-than-published"),
        pytest.param({}, "manual", id="empty"),
    ],
)
def test_judge_compares_with_what_is_published(civic: dict[str, str], expected: str) -> None:
    assert judge(civic, FULL) == expected


@pytest.mark.parametrize("verdict", ["invalid", "stale", "none", "adjusted"])
def test_judge_of_an_address_without_a_valid_verdict(
    verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ERLS, 2, ERLRecord(2, "x", "NY1", verdict, {"civic": CEDAR}))

    assert judge(CEDAR, FULL) == "unvalidated"


CIDRS = [f"10.1.{third}.{fourth}/{length}" for third in (0, 1) for fourth in (0, 128) for length in
         (25, 26)] + ["10.1.0.0/24", "10.1.1.0/24", "10.1.0.0/23", "10.0.0.0/8"]  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(CIDRS), st.sampled_from([None, 1, 2, 3, 4, 5]), max_size=8),
    st.integers(0, 511),
)
def test_most_specific_subnet_with_a_valid_address_wins(
    mapped: dict[str, int | None], host: int
) -> None:
    ip = ip_address("10.1.0.0") + host
    estate = Estate(networks={cidr: subnet(cidr, erl_id) for cidr, erl_id in mapped.items()})

    found = resolve(Clue(ip=str(ip)), estate, now=NOW)

    usable = [c for c, erl_id in mapped.items() if ip in ip_network(c) and erl_id in (1, 2, 3)]
    best = max(usable, key=lambda c: ip_network(c).prefixlen, default=None)
    assert found.matched == best
