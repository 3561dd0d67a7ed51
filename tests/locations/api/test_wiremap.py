"""REST of the wire map: identifiers in any spelling, lists inside a row, filters."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from e911portal.core.models import AuditEvent
from locations.models import NetworkSite, Switch
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(ny_admin: User) -> APIClient:
    client = APIClient()
    client.force_login(ny_admin)
    return client


def test_switch_is_added_with_its_chassis_ids_in_one_spelling(
    client: APIClient, ny1: NetworkSite
) -> None:
    body = {"name": "sw1", "site": ny1.pk, "chassis_ids": ["3C4A.9230.EC00", "3c:4a:92:30:ec:01"]}

    answer = client.post("/api/v1/switches/", body)

    assert (answer.status_code, answer.json()) == (
        201,
        {
            "id": Switch.objects.get().pk,
            "name": "sw1",
            "site": ny1.pk,
            "site_name": "NY1",
            "erl": None,
            "erl_name": None,
            "chassis_ids": ["3c-4a-92-30-ec-00", "3c-4a-92-30-ec-01"],
            "description": "",
        },
    )


def test_chassis_ids_that_stay_are_left_alone(client: APIClient, ny1: NetworkSite) -> None:
    switch = factories.make_switch(site=ny1, chassis_ids=["00-00-00-00-00-01", "00-00-00-00-00-02"])
    kept = switch.chassis_ids.get(value="00-00-00-00-00-02").pk

    answer = client.patch(
        f"/api/v1/switches/{switch.pk}/",
        {"chassis_ids": ["000000000002", "00-00-00-00-00-03"]},
    )

    assert answer.json()["chassis_ids"] == ["00-00-00-00-00-02", "00-00-00-00-00-03"]
    assert switch.chassis_ids.get(value="00-00-00-00-00-02").pk == kept
    recorded = AuditEvent.objects.order_by("pk").values_list("action", "object_label")
    assert list(recorded) == [
        ("locations.chassisid.deleted", "00-00-00-00-00-01"),
        ("locations.chassisid.created", "00-00-00-00-00-03"),
    ]


def test_switch_changed_without_its_list_keeps_it(client: APIClient, ny1: NetworkSite) -> None:
    switch = factories.make_switch(site=ny1, chassis_ids=["00-00-00-00-00-01"])

    answer = client.patch(f"/api/v1/switches/{switch.pk}/", {"name": "renamed"})

    assert answer.json()["chassis_ids"] == ["00-00-00-00-00-01"]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        (["00-00-00-00-00-01", "00-00-00-00-00-09"], ["chassis_ids.1"]),
        (["00-00-00-00-00-01", "000000000001"], ["chassis_ids.1"]),
        (["", "00-00-00-00-00-01"], ["chassis_ids.0"]),
        ("00-00-00-00-00-01", ["chassis_ids"]),
    ],
    ids=["taken by another switch", "given twice", "empty", "not a list"],
)
def test_wrong_chassis_id_is_named_by_its_place(
    values: Any, wrong: list[str], client: APIClient, ny1: NetworkSite
) -> None:
    factories.make_switch(site=ny1, chassis_ids=["00-00-00-00-00-09"])

    answer = client.post(
        "/api/v1/switches/", {"name": "sw1", "site": ny1.pk, "chassis_ids": values}
    )

    assert (answer.status_code, [f["field"] for f in answer.json()["error"]["fields"]]) == (
        400,
        wrong,
    )
    assert not Switch.objects.filter(name="sw1").exists()


def test_bssids_of_an_access_point_are_replaced(client: APIClient, ny1: NetworkSite) -> None:
    point = factories.make_access_point(site=ny1, bssids=["00-19-5b-7f-77-0d"])

    answer = client.patch(
        f"/api/v1/wireless-access-points/{point.pk}/", {"bssids": ["00:19:5B:7F:77:0*"]}
    )

    assert answer.json()["bssids"] == ["00-19-5b-7f-77-0*"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("switches", {"chassis_id": "3C4A.9230.EC00"}),
        ("switches", {"name": "sw1"}),
        ("switches", {"site_name": "NY1", "q": "3c:4a:92:30"}),
        ("switch-ports", {"port_id": "GigabitEthernet1/0/1"}),
        ("switch-ports", {"chassis_id": "3c-4a-92-30-ec-00"}),
        ("switch-ports", {"switch_name": "sw1", "erl_name": "New York Wired"}),
        ("chassis-ids", {"value": "3C:4A:92:30:EC:00"}),
        ("wireless-access-points", {"bssid": "00195B7F770D"}),
        ("bssids", {"value": "0019.5b7f.770d", "access_point_name": "ap1"}),
        ("fixed-endpoints", {"number": "+1 (212) 555-0100"}),
        ("subnets", {"cidr": "10.1.1.0/255.255.255.0"}),
        ("subnets", {"q": "10.1.1.7"}),
        ("subnets", {"excluded": "false", "site_name": "NY1"}),
    ],
    ids=lambda value: str(value),
)
def test_row_is_found_by_its_natural_key(
    path: str, query: dict[str, str], client: APIClient, ny1: NetworkSite
) -> None:
    erl = factories.make_erl(site=ny1, name="New York Wired")
    for name, chassis, port, bssid, number, cidr in (
        ("1", "3c-4a-92-30-ec-00", "Gi1/0/1", "00-19-5b-7f-77-0d", "+12125550100", "10.1.1.0/24"),
        ("2", "3c-4a-91-30-ec-02", "Gi1/0/2", "00-19-5b-7f-77-0e", "+12125550101", "10.1.2.0/24"),
    ):
        mapped = erl if name == "1" else None
        switch = factories.make_switch(site=ny1, name=f"sw{name}", chassis_ids=[chassis])
        factories.make_port(switch=switch, port_id=port, erl=mapped)
        factories.make_access_point(site=ny1, name=f"ap{name}", bssids=[bssid])
        factories.make_fixed_endpoint(site=ny1, name=f"phone{name}", number=number)
        factories.make_subnet(site=ny1, cidr=cidr, excluded=name == "2")

    answer = client.get(f"/api/v1/{path}/", query)

    assert answer.json()["count"] == 1


def test_port_named_otherwise_is_the_same_port(client: APIClient, ny1: NetworkSite) -> None:
    switch = factories.make_switch(site=ny1)
    factories.make_port(switch=switch, port_id="Gi1/0/1")

    answer = client.post(
        "/api/v1/switch-ports/", {"switch": switch.pk, "port_id": "GigabitEthernet1/0/1"}
    )

    assert answer.status_code == 400
    assert "Gi1/0/1 and GigabitEthernet1/0/1 are the same" in answer.json()["error"]["message"]
