"""The read path over a real snapshot file: the same answers as the definitions give."""

from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from e911portal.core.snapshot import Snapshot, SnapshotWriter
from locations import lookup
from locations.domain.pidflo import Profile
from locations.domain.profiles import civic_in_profile
from locations.domain.resolution import Clue, ERLRecord, SiteRow
from locations.lookup import SnapshotIndex

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
CHASSIS, SECOND_CHASSIS = "3c-4a-92-30-ec-00", "3c-4a-92-30-ed-00"
CEDAR = {
    "country": "US", "A1": "NY", "A3": "New York", "PRD": "N", "RD": "Cedar", "STS": "Dr",
    "HNO": "12345", "FLR": "3", "NAM": "UnplugThePBX", "PC": "98765",
}  # fmt: skip
OAK = {**CEDAR, "RD": "Oak"}
ELM = {**CEDAR, "RD": "Elm"}


def erl(erl_id: int, name: str, verdict: str, civic: dict[str, str]) -> ERLRecord:
    record = {"name": name, "site": "NY1", "civic": civic, "verdict": None}
    return ERLRecord(erl_id, name, "NY1", verdict, record)


ERLS = [
    erl(1, "New York Wired", "valid", CEDAR),
    erl(2, "New York 1st Floor", "valid", OAK),
    erl(3, "Refused", "invalid", ELM),
    erl(4, "Same street, refused", "invalid", {**OAK, "NAM": "Other"}),
]
SUBNETS = [
    (1, "10.1.0.0/16", 2, 1, False),
    (2, "10.1.1.0/24", None, 1, False),
    (3, "10.1.9.0/24", None, 1, True),
    (4, "2001:db8:1::/48", 2, 1, False),
    (5, "2001:db8:1:2::/64", 1, None, False),
]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    with SnapshotWriter(tmp_path_factory.mktemp("publications"), 42) as writer:
        for name, ddl in lookup.TABLES.items():
            writer.table(name, ddl)
        writer.rows("erl", (lookup.erl_row(e.id, e.name, 1, e.verdict, e.record) for e in ERLS))
        writer.rows("civic", lookup.civic_rows(ERLS))
        writer.rows(
            "bssid",
            [
                lookup.bssid_row("00-19-5b-7f-77-0d", 1, 1),
                lookup.bssid_row("00-19-5b-7f-77-0*", 2, 1),
                lookup.bssid_row("00-19-5b-7f-77-*", None, 1),
            ],
        )
        writer.rows(
            "port",
            [
                lookup.port_row(chassis, "gigabitethernet1/0/7", 5, "Gi1/0/7", 1, 1)
                for chassis in (CHASSIS, SECOND_CHASSIS)
            ]
            + [
                lookup.port_row(CHASSIS, "7", 7, "7", 1, 1),
                lookup.port_row(CHASSIS, "7", 1, "7", 2, 1),
            ],
        )
        writer.rows("chassis", [lookup.keyed_row(CHASSIS, 2, 1)])
        writer.rows("subnet", [lookup.subnet_row(*subnet) for subnet in SUBNETS])
        for table, rows in zip(
            ("ip4", "ip6"), lookup.range_rows((row[0], row[1]) for row in SUBNETS), strict=True
        ):
            writer.rows(table, rows)
        writer.rows("mac", [lookup.keyed_row("a0-12-34-56-78-90", 1, 1)])
        writer.rows("uri", [lookup.keyed_row("tel:+12125550100", 1, 1)])
        writer.rows("site", [lookup.site_row(1, "NY1", None, {"region": "NorthAmerica"})])
        writer.meta(created_at=NOW)
        path, _ = writer.finish()
    return Snapshot(path)


@pytest.mark.parametrize(
    ("bssid", "labels"),
    [
        ("00-19-5b-7f-77-0d", ["00-19-5b-7f-77-0d", "00-19-5b-7f-77-0*", "00-19-5b-7f-77-*"]),
        ("00-19-5b-7f-77-0e", ["00-19-5b-7f-77-0*", "00-19-5b-7f-77-*"]),
        ("00-19-5b-7f-77-1e", ["00-19-5b-7f-77-*"]),
        ("00-19-5b-7f-78-0d", []),
    ],
)
def test_bssid_rows_come_most_specific_first(
    snapshot: Snapshot, bssid: str, labels: list[str]
) -> None:
    assert [row.label for row in SnapshotIndex(snapshot).bssid(bssid)] == labels


@pytest.mark.parametrize(
    ("chassis", "port", "subtype", "erl_ids"),
    [
        pytest.param(CHASSIS, "gigabitethernet1/0/7", 5, [1], id="exact"),
        pytest.param(SECOND_CHASSIS, "gigabitethernet1/0/7", 5, [1], id="stack-member"),
        pytest.param(CHASSIS, "gigabitethernet1/0/7", 7, [1], id="only-port-of-that-name"),
        pytest.param(CHASSIS, "gigabitethernet1/0/7", None, [1], id="subtype-unknown"),
        pytest.param(CHASSIS, "7", 7, [1], id="subtype-tells-two-apart"),
        pytest.param(CHASSIS, "7", 1, [2], id="subtype-tells-two-apart-the-other"),
        pytest.param(CHASSIS, "7", 5, [], id="two-ports-of-that-name-decide-nothing"),
        pytest.param(CHASSIS, "8", 7, [], id="unmapped"),
    ],
)
def test_port(
    snapshot: Snapshot, chassis: str, port: str, subtype: int | None, erl_ids: list[int]
) -> None:
    rows = SnapshotIndex(snapshot).port(chassis, port, subtype)

    assert [row.erl_id for row in rows] == erl_ids


@pytest.mark.parametrize(
    ("ip", "labels"),
    [
        ("10.1.1.20", ["10.1.1.0/24", "10.1.0.0/16"]),
        ("10.1.255.255", ["10.1.0.0/16"]),
        ("10.2.0.0", []),
        ("0.0.0.0", []),
        ("255.255.255.255", []),
        ("2001:db8:1:2::7", ["2001:db8:1:2::/64", "2001:db8:1::/48"]),
        ("2001:db8:2::", []),
        ("::", []),
    ],
)
def test_subnets_come_most_specific_first(snapshot: Snapshot, ip: str, labels: list[str]) -> None:
    assert [row.label for row in SnapshotIndex(snapshot).subnets(ip)] == labels


@pytest.mark.parametrize(
    ("ip", "site"),
    [
        pytest.param("10.1.1.20", "NY1", id="subnet"),
        pytest.param("10.1.9.1", "NY1", id="excluded-subnet-has-a-site"),
        pytest.param("2001:db8:1:2::7", "NY1", id="enclosing-subnet-names-it"),
        pytest.param("192.0.2.1", None, id="unmapped"),
    ],
)
def test_site_of(snapshot: Snapshot, ip: str, site: str | None) -> None:
    found = lookup.site_of(snapshot, ip)

    assert (found and found.name) == site


def test_site_row_is_complete(snapshot: Snapshot) -> None:
    assert SnapshotIndex(snapshot).site(1) == SiteRow(1, "NY1", None, {"region": "NorthAmerica"})
    assert SnapshotIndex(snapshot).site(9) is None


def test_erl_is_complete_and_parsed_once(snapshot: Snapshot) -> None:
    first, second = SnapshotIndex(snapshot).erl(1), SnapshotIndex(snapshot).erl(1)

    assert first == ERLS[0]
    assert first is second
    assert SnapshotIndex(snapshot).erl(99) is None


@pytest.mark.parametrize(
    ("clue", "tier", "matched", "name"),
    [
        (Clue(("00-19-5b-7f-77-0d",)), "bssid", "00-19-5b-7f-77-0d", "New York Wired"),
        (Clue(("00-19-5b-7f-77-0e",)), "bssid", "00-19-5b-7f-77-0*", "New York 1st Floor"),
        (Clue(chassis=CHASSIS, port="7", port_subtype=7), "port", f"{CHASSIS} / 7",
         "New York Wired"),
        (Clue(chassis=SECOND_CHASSIS, port="gigabitethernet1/0/7", port_subtype=5), "port",
         f"{SECOND_CHASSIS} / Gi1/0/7", "New York Wired"),
        (Clue(chassis=CHASSIS, port="9"), "chassis", CHASSIS, "New York 1st Floor"),
        (Clue(ip="10.1.1.20"), "subnet", "10.1.0.0/16", "New York 1st Floor"),
        (Clue(ip="2001:db8:1:2::7"), "subnet", "2001:db8:1:2::/64", "New York Wired"),
        (Clue(mac="a0-12-34-56-78-90"), "mac", "a0-12-34-56-78-90", "New York Wired"),
        (Clue(uri="tel:+12125550100"), "endpoint", "tel:+12125550100", "New York Wired"),
        (Clue(ip="10.1.9.1"), None, None, None),
    ],
)  # fmt: skip
def test_resolve(
    snapshot: Snapshot, clue: Clue, tier: str | None, matched: str | None, name: str | None
) -> None:
    found = lookup.resolve(snapshot, clue, now=NOW)

    assert (found.tier, found.matched, found.erl and found.erl.name) == (tier, matched, name)


@pytest.mark.parametrize("profile", Profile)
def test_judge_knows_a_published_address_in_every_profile(
    snapshot: Snapshot, profile: Profile
) -> None:
    as_written = civic_in_profile(CEDAR, profile)

    assert lookup.judge(snapshot, as_written) == "validated"


@pytest.mark.parametrize(
    ("civic", "expected"),
    [
        pytest.param(ELM, "unvalidated", id="refused"),
        pytest.param(OAK, "unvalidated", id="one-of-two-equal-ones-refused"),
        pytest.param({**CEDAR, "HNO": "1"}, "manual", id="unknown"),
    ],
)
def test_judge(snapshot: Snapshot, civic: dict[str, str], expected: str) -> None:
    assert lookup.judge(snapshot, civic) == expected


def networks(base: str, low: int, high: int) -> st.SearchStrategy[str]:
    def network(pair: tuple[int, int]) -> str:
        address = ip_address(int(ip_address(base)) + pair[0])
        return str(ip_network((address, pair[1]), strict=False))

    return st.tuples(st.integers(0, 255), st.integers(low, high)).map(network)


@pytest.fixture
def new_directory(tmp_path: Path) -> Callable[[], Path]:
    taken = iter(range(1_000_000))
    return lambda: tmp_path / str(next(taken))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.one_of(networks("10.1.0.0", 24, 32), networks("2001:db8::", 120, 128)),
        unique=True,
        max_size=16,
    )
)
def test_most_specific_subnet_wins_in_the_file_as_by_definition(
    new_directory: Callable[[], Path], cidrs: list[str]
) -> None:
    with SnapshotWriter(new_directory(), 1) as writer:
        for name, ddl in lookup.TABLES.items():
            writer.table(name, ddl)
        writer.rows(
            "subnet",
            [lookup.subnet_row(key, cidr, None, None, False) for key, cidr in enumerate(cidrs)],
        )
        rows4, rows6 = lookup.range_rows(enumerate(cidrs))
        writer.rows("ip4", rows4)
        writer.rows("ip6", rows6)
        writer.meta(created_at=NOW)
        path, _ = writer.finish()
    published = Snapshot(path)
    index = SnapshotIndex(published)

    for base in ("10.1.0.0", "2001:db8::"):
        for offset in range(-1, 257):
            ip = ip_address(int(ip_address(base)) + offset)
            around = [cidr for cidr in cidrs if ip in ip_network(cidr)]
            around.sort(key=lambda cidr: -ip_network(cidr).prefixlen)
            assert [row.label for row in index.subnets(str(ip))] == around
