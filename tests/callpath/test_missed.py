"""Elements that devices report and nobody has mapped are counted and told."""

import json
from typing import Any

import pytest

from e911portal.callpath import whereabouts
from e911portal.callpath.app import CallPath
from e911portal.callpath.missed import ITEMS_PER_EVENT, MOST_ITEMS, Batch, Missed
from e911portal.core.spool import SpoolState
from locations.domain.resolution import Clue, Resolution
from tests.callpath import sample
from tests.callpath.client import call
from tests.callpath.conftest import eventually
from tests.callpath.portal import Portal, takes_all
from tests.callpath.test_held_door import lldp, request, wifi


class Told:
    """Collects what is told."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __call__(self, batch: Batch) -> None:
        self.events.extend(batch)


def told_by(app: CallPath) -> list[dict[str, Any]]:
    told = Told()
    app.node.missed._tell = told
    app.node.missed.flush()
    return [item for event in told.events for item in event["items"]]


def test_misses_are_counted_by_element_and_site(app: CallPath) -> None:
    for peer in ("10.1.1.20", "10.1.1.20", "10.9.9.9"):
        call(app, "POST", "/held", request(measured=lldp("99")), peer=peer)

    moment = "2026-11-21T10:30:00Z"
    port, chassis = f"{sample.CHASSIS}/99", sample.CHASSIS
    expected = [
        ("port", port, "NY1", 2),
        ("chassis", chassis, "NY1", 2),
        ("port", port, "", 1),
        ("chassis", chassis, "", 1),
        ("subnet", "10.9.9.0/24", "", 1),
    ]
    assert told_by(app) == [
        {"kind": kind, "key": key, "site": site, "count": count, "first_at": moment,
         "last_at": moment}
        for kind, key, site, count in expected
    ]  # fmt: skip


def test_names_that_nobody_has_are_not_told(app: CallPath) -> None:
    fitting = Clue(chassis="c" * 255, port="p" * 255)
    endless = Clue(chassis="c" * 512, port="p")
    for clue in (fitting, endless):
        found = whereabouts.find(app.node.store.current(), clue, sample.AT)  # type: ignore[arg-type]
        app.node.missed.count(found.resolution)
    call(app, "POST", "/held", request(measured=lldp("7" * 2000)), peer="10.9.9.9")

    assert [len(item["key"]) for item in told_by(app)] == [511, 255, 17, 11]


def test_what_is_mapped_or_somebody_elses_is_not_told(app: CallPath) -> None:
    heard = "".join(wifi(f"02-00-00-00-00-0{n}") for n in range(3))
    call(app, "POST", "/held", request(measured=lldp("7")), peer="10.1.1.20")
    call(app, "POST", "/held", request(measured=heard), peer="10.1.1.20")

    assert [(item["kind"], item["key"]) for item in told_by(app)] == [
        ("bssid", "02-00-00-00-00-00")
    ]


def test_counts_are_bounded_and_told_in_portions() -> None:
    told = Told()
    missed = Missed(clock=lambda: sample.AT, tell=told)

    for number in range(MOST_ITEMS + 5):
        found = Resolution(
            False, None, None, None, None, "none", 0, (), missed=(("chassis", str(number)),)
        )
        missed.count(found)
    missed.flush()
    missed.flush()

    assert [len(event["items"]) for event in told.events] == [ITEMS_PER_EVENT] * (
        MOST_ITEMS // ITEMS_PER_EVENT
    )
    assert len({event["id"] for event in told.events}) == len(told.events)


def test_misses_reach_the_portal(state: Any, make_app: Any) -> None:
    with Portal(takes_all).listening() as portal:
        app = make_app(state, portal_url=portal.url)
        app.node.start()
        call(app, "POST", "/held", request(measured=lldp("99")), peer="10.1.1.20")
        app.node.missed.flush()
        arrived = eventually(lambda: len(portal.ids) == 1)
        app.node.stop()

    assert arrived
    (event,) = portal.batches[0]
    assert (event["event"], [item["kind"] for item in event["items"]]) == (
        "lookup_missed",
        ["port", "chassis"],
    )


@pytest.mark.parametrize(
    ("address", "subnets"),
    [
        ("127.0.0.1", []),
        ("::1", []),
        ("169.254.7.9", []),
        ("fe80::1%eth0", []),
        ("2001:db8::1%eth0", ["2001:db8::/64"]),
        ("10.9.9.9", ["10.9.9.0/24"]),
    ],
)
def test_addresses_that_are_the_same_everywhere_are_no_subnet_to_map(
    app: CallPath, address: str, subnets: list[str]
) -> None:
    body = json.dumps({"ruri": "sip:911@x", "src_ip": address}).encode()

    routed = call(app, "POST", "/v1/sip/route", body, peer="192.0.2.50").json()

    assert [item["key"] for item in told_by(app)] == subnets
    assert [reason for reason in routed["reasons"] if "failed inside" in reason] == []


def test_reports_do_not_push_calls_out_of_the_spool(app: CallPath) -> None:
    told = Told()
    node = app.node
    node.missed._tell = told
    quarter = node.spool.limit_bytes // 4
    call(app, "GET", "/v1/location?ip=10.9.9.9")

    node.delivery.spooled = SpoolState(1000, quarter, 0)
    node.missed.flush()
    full = list(told.events)
    call(app, "GET", "/v1/location?ip=10.9.9.9")
    node.delivery.spooled = SpoolState(999, quarter - 1, 0)
    node.missed.flush()

    assert full == []
    assert [item["count"] for event in told.events for item in event["items"]] == [2]
