"""NetBox over its REST API, played by a small HTTP server."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from e911portal import importing
from locations.models import (
    BSSID,
    ChassisID,
    NetworkRegion,
    NetworkSite,
    Subnet,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)
from tests import factories
from tests.locations.importers.estates import state

pytestmark = pytest.mark.django_db

NY = {"id": 1, "name": "NY1"}
DATA: dict[str, list[dict[str, Any]]] = {
    "dcim/sites": [
        {**NY, "region": {"name": "East"}, "latitude": "40.741200", "longitude": -73.9897,
         "time_zone": "America/New_York"},
        {"id": 2, "name": "LA1", "region": None, "latitude": None, "longitude": None},
    ],
    "ipam/prefixes": [
        {"id": 1, "prefix": "10.1.1.0/24", "scope_type": "dcim.site", "scope": NY},
        {"id": 2, "prefix": "10.2.0.0/16", "site": {"name": "LA1"}},
        {"id": 3, "prefix": "192.0.2.0/24", "site": None},
    ],
    "dcim/devices": [
        {"id": 1, "name": "sw-1", "role": "switch", "site": NY,
         "custom_fields": {"chassis_id": "3C-4A-92-30-EC-00"}},
        {"id": 2, "name": "ap-1", "role": "access-point", "site": NY, "custom_fields": {}},
    ],
    "dcim/interfaces": [
        {"id": 1, "device_id": 1, "name": "GigabitEthernet1/0/1", "type": {"value": "1000base-t"}},
        {"id": 2, "device_id": 1, "name": "Vlan1", "type": {"value": "virtual"}},
        {"id": 3, "device_id": 1, "name": "mgmt0", "type": {"value": "1000base-t"},
         "mgmt_only": True, "mac_address": "00-00-00-00-00-99"},
        {"id": 4, "device_id": 2, "name": "radio0", "type": {"value": "ieee802.11ac"},
         "mac_address": "00:19:5B:7F:77:0D"},
        {"id": 5, "device_id": 2, "name": "eth0", "type": {"value": "1000base-t"},
         "mac_address": "00:19:5B:7F:77:00"},
    ],
}  # fmt: skip


class NetBoxHandler(BaseHTTPRequestHandler):
    """Answers lists, two rows to a page."""

    requests: list[str]

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.server.asked.append(f"{self.command} {self.path}")  # type: ignore[attr-defined]
        if self.headers["Authorization"] != "Token secret":
            self.send_error(403)
            return
        query = parse_qs(url.query)
        rows = DATA[url.path.removeprefix("/api/").strip("/")]
        for name in ("role", "device_id"):
            if name in query:
                rows = [row for row in rows if str(row.get(name)) in query[name]]
        offset = int(query.get("offset", ["0"])[0])
        following = None
        if len(rows) > offset + 2:
            others = "&".join(
                f"{k}={v}" for k, values in query.items() if k != "offset" for v in values
            )
            # As behind a proxy that was not told its own name.
            following = f"http://wrong.example/api/x/?{others}&offset={offset + 2}"
        body = json.dumps(
            {"count": len(rows), "next": following, "results": rows[offset : offset + 2]}
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), NetBoxHandler) as running:
        running.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def netbox(server: ThreadingHTTPServer, token: str = "secret") -> importing.NetBox:
    session = requests.Session()
    session.trust_env = False
    return importing.NetBox(f"http://127.0.0.1:{server.server_port}/", token, session)


def take_over(server: ThreadingHTTPServer) -> importing.Plan:
    plan = importing.plan_netbox(netbox(server))
    assert plan.problems == []
    importing.apply(batch=importing.store(plan, by=None), by=None)
    return plan


def test_netbox_fills_an_empty_estate(server: ThreadingHTTPServer) -> None:
    take_over(server)

    assert sorted(NetworkSite.objects.values_list("name", "region__name")) == [
        ("LA1", "NetBox"), ("NY1", "East"),
    ]  # fmt: skip
    assert sorted(Subnet.objects.values_list("cidr", "site__name")) == [
        ("10.1.1.0/24", "NY1"), ("10.2.0.0/16", "LA1"),
    ]  # fmt: skip
    assert (Switch.objects.get().name, ChassisID.objects.get().value) == (
        "sw-1", "3c-4a-92-30-ec-00",
    )  # fmt: skip
    assert list(SwitchPort.objects.values_list("port_id", "subtype")) == [
        ("GigabitEthernet1/0/1", 5)
    ]
    assert (WirelessAccessPoint.objects.get().name, BSSID.objects.get().value) == (
        "ap-1", "00-19-5b-7f-77-0d",
    )  # fmt: skip


def test_second_run_changes_nothing(server: ThreadingHTTPServer) -> None:
    take_over(server)
    before = state()

    plan = take_over(server)

    assert ({row.verdict.value for row in plan.rows}, plan.operations, state()) == (
        {"unchanged"}, [], before,
    )  # fmt: skip


def test_what_netbox_does_not_own_is_kept(server: ThreadingHTTPServer, ny1: NetworkSite) -> None:
    erl = factories.make_erl(site=ny1)
    subnet = factories.make_subnet(site=ny1, cidr="10.1.1.0/24", erl=erl, description="First")
    other = factories.make_subnet(site=ny1, cidr="172.16.0.0/24")
    switch = factories.make_switch(
        name="sw-1", site=ny1, erl=erl, description="Core", chassis_ids=["3c-4a-92-30-ec-00"]
    )
    port = factories.make_port(switch=switch, port_id="Gi1/0/1", subtype=7, erl=erl)

    take_over(server)

    for row in (subnet, other, switch, port):
        row.refresh_from_db()
    assert (subnet.erl, subnet.description, other.cidr) == (erl, "First", "172.16.0.0/24")
    assert (switch.erl, switch.description, port.erl) == (erl, "Core", erl)
    assert (SwitchPort.objects.count(), NetworkRegion.objects.count()) == (1, 3)


def test_netbox_is_only_read_and_only_at_the_configured_address(
    server: ThreadingHTTPServer,
) -> None:
    take_over(server)

    asked = server.asked  # type: ignore[attr-defined]
    assert {line.partition(" ")[0] for line in asked} == {"GET"}
    assert any("offset=2" in line for line in asked)


def test_refusal_of_netbox_is_told(server: ThreadingHTTPServer) -> None:
    with pytest.raises(importing.Unreadable, match=r"/api/dcim/sites/ answered 403\."):
        importing.plan_netbox(netbox(server, token="wrong"))


def test_netbox_that_is_away_is_told(server: ThreadingHTTPServer) -> None:
    away = importing.NetBox("http://127.0.0.1:9", "secret", requests.Session())

    with pytest.raises(importing.Unreadable, match=r"http://127\.0\.0\.1:9/api/dcim/sites/"):
        importing.plan_netbox(away)


def test_device_that_has_another_name_here_is_the_same_device(
    server: ThreadingHTTPServer, ny1: NetworkSite
) -> None:
    switch = factories.make_switch(name="Core", site=ny1, chassis_ids=["3c-4a-92-30-ec-00"])
    point = factories.make_access_point(name="Lobby", site=ny1, bssids=["00-19-5b-7f-77-0d"])

    take_over(server)

    assert (Switch.objects.get(), SwitchPort.objects.get().switch) == (switch, switch)
    assert (WirelessAccessPoint.objects.get(), BSSID.objects.get().access_point) == (point, point)
