"""A SOAP client that zeep generates from our own WSDL asks the running call path."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from zeep import Client
from zeep.exceptions import Fault

from e911portal.callpath.doors.e911ws import PATH
from tests.callpath import sample
from tests.callpath.server import serving


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    state: Path = tmp_path_factory.mktemp("lis")
    sample.publish(state / "publications", 42)
    with serving(state) as server:
        yield Client(f"http://127.0.0.1:{server.port}{PATH}?wsdl")


def place(answer: object) -> list[tuple[str, str]]:
    """Return tuple id and LOC of each place."""
    return [
        (entry.id, entry.status.geopriv["location-info"].civicAddress.LOC)
        for presence in answer.presenceList.presence  # type: ignore[attr-defined]
        for entry in presence.tuple
    ]


@pytest.mark.parametrize(
    ("clue", "expected"),
    [
        ({"WAPBSSID": "00-19-5B-7F-77-0D", "RSSI": 40}, "New York 3rd Floor Wireless"),
        ({"ChassisID": bytes.fromhex("043c4a9230ec00"), "PortID": b"\x077"}, "New York Wired"),
        ({"SubnetID": "10.2.1.0", "IP": "10.2.1.9"}, "Los Angeles 1st Floor"),
        ({"MAC": "00-04-13-AA-BB-CC"}, "New York Wired"),
    ],
    ids=["access-point", "port", "subnet", "mac"],
)
def test_client_is_told_where_it_is(client: Client, clue: dict[str, object], expected: str) -> None:
    answer = client.service.GetLocations(Entity="sip:anna.rossi@unplugthepbx.com", **clue)

    assert (answer.ReturnCode, place(answer)) == (200, [("_LIS:0", expected)])
    assert answer.presenceList.presence[0].entity == "sip:anna.rossi@unplugthepbx.com"


def test_unknown_place_has_a_code_and_no_list(client: Client) -> None:
    answer = client.service.GetLocations(Entity="sip:nobody@example.com", IP="203.0.113.9")

    assert (answer.ReturnCode, answer.presenceList) == (404, None)


def test_locations_of_a_city(client: Client) -> None:
    answer = client.service.GetLocationsInCity(
        Entity="sip:anna.rossi@unplugthepbx.com", Country="US", State="CA", City="Los Angeles"
    )

    assert place(answer) == [("_LIS:0", "Los Angeles Wired"), ("_LIS:1", "Los Angeles 1st Floor")]


def test_fault_is_understood(client: Client) -> None:
    binding = client.service._binding
    message = client.create_message(client.service, "GetLocations", Entity="x")
    message[0][0].tag = "GetStates"
    reply = client.transport.post_xml(client.service._binding_options["address"], message, {})

    with pytest.raises(Fault) as fault:
        binding.process_reply(client, binding.get("GetLocations"), reply)

    assert fault.value.code == "s:Client"
