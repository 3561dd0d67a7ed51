"""``/locationinformation/lisservice.svc``: who is placed by what, and the service's description."""

import pytest
from lxml import etree

from e911portal.callpath.app import CallPath
from e911portal.callpath.doors import e911ws
from e911portal.callpath.doors.e911ws import PATH
from locations.e911ws import description
from locations.e911ws.messages import SOAP_1_2
from tests.callpath import sample
from tests.callpath.client import Answer, call

CIVIC = "{urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr}"
KEY = (b"authorization", f"Bearer {sample.LOCATION_KEY}".encode())
PORT = f"<ChassisID>{sample.CHASSIS}</ChassisID><PortID>Bzc=</PortID>"
MAPPED_MAC = "<MAC>00-04-13-AA-BB-CC</MAC>"


def ask(
    app: CallPath, elements: str, *, operation: str = "GetLocations", **options: object
) -> Answer:
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f"<{operation}Request><Entity>sip:anna.rossi@unplugthepbx.com</Entity>{elements}"
        f"</{operation}Request></s:Body></s:Envelope>"
    )
    return call(app, "POST", PATH, body.encode(), **options)  # type: ignore[arg-type]


def places(answer: Answer) -> list[str | None]:
    """Return the ReturnCode and LOC of each place in the answer."""
    root = etree.fromstring(answer.body)
    code = root.findtext(".//{*}ReturnCode")
    return [code, *(element.text for element in root.iter(f"{CIVIC}LOC"))]


@pytest.mark.parametrize(
    ("peer", "elements", "expected"),
    [
        ("10.1.1.20", "", ["200", "New York 1st Floor"]),
        ("10.1.1.20", PORT, ["200", "New York Wired"]),
        ("10.1.1.20", f"<IP>10.1.1.20</IP>{PORT}", ["200", "New York Wired"]),
        ("10.1.1.20", f"{PORT}<WAPBSSID>{sample.BSSID}</WAPBSSID>",
         ["200", "New York 3rd Floor Wireless"]),
        ("10.1.1.20", "<IP>10.2.1.9</IP>", ["200", "New York 1st Floor"]),
        ("10.9.9.9", "<SubnetID>10.2.1.0</SubnetID>", ["200", "Los Angeles 1st Floor"]),
        ("10.1.1.20", "<SubnetID>10.2.1.0</SubnetID>", ["200", "New York 1st Floor"]),
        ("10.1.250.9", "<SubnetID>10.2.1.0</SubnetID>", ["404"]),
        ("10.9.9.9", "", ["404"]),
        ("10.9.9.9", MAPPED_MAC, ["404"]),
        ("198.51.100.1", PORT, ["404"]),
    ],
    ids=[
        "own-address",
        "port",
        "port-beside-own-address",
        "access-point-before-port",
        "address-of-another",
        "reported-subnet",
        "own-address-before-reported-subnet",
        "excluded-subnet-before-reported",
        "unknown",
        "mac-is-not-proven",
        "stranger",
    ],
)  # fmt: skip
def test_client_is_placed(app: CallPath, peer: str, elements: str, expected: list[str]) -> None:
    answer = ask(app, elements, peer=peer)

    assert (answer.status, places(answer)) == (200, expected)


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ("<IP>10.2.1.9</IP>", ["200", "Los Angeles 1st Floor"]),
        ("<SubnetID>10.2.1.0</SubnetID>", ["200", "Los Angeles 1st Floor"]),
        ("<IP>10.9.9.9</IP><SubnetID>10.2.1.0</SubnetID>", ["200", "Los Angeles 1st Floor"]),
        (MAPPED_MAC, ["200", "New York Wired"]),
        (PORT.replace("Bzc=", "Bzg="), ["200", "New York Main Entrance"]),
    ],
    ids=[
        "address",
        "subnet-alone",
        "subnet-of-unmapped-address",
        "mac",
        "invalid-address-falls-to-the-site",
    ],
)
def test_key_holder_may_ask_about_anybody(
    app: CallPath, elements: str, expected: list[str]
) -> None:
    answer = ask(app, elements, peer="198.51.100.1", headers=[KEY])

    assert places(answer) == expected


@pytest.mark.parametrize(
    ("peer", "city", "expected"),
    [
        ("10.1.1.20", ("US", "CA", "los  angeles"),
         ["200", "Los Angeles Wired", "Los Angeles 1st Floor"]),
        ("10.1.1.20", ("US", "NY", "New York"),
         ["200", "New York Wired", "New York 3rd Floor Wireless", "New York 1st Floor",
          "New York Main Entrance"]),
        ("10.1.1.20", ("US", "WA", "Redmond"), ["404"]),
        ("10.1.1.20", ("US", "", "New York"), ["400"]),
        ("198.51.100.1", ("US", "CA", "Los Angeles"), ["404"]),
    ],
    ids=["folded", "invalid-address-is-left-out", "unknown", "incomplete", "stranger"],
)  # fmt: skip
def test_locations_in_a_city(
    app: CallPath, peer: str, city: tuple[str, str, str], expected: list[str]
) -> None:
    country, state, name = city
    elements = f"<Country>{country}</Country><State>{state}</State><City>{name}</City>"

    answer = ask(app, elements, operation="GetLocationsInCity", peer=peer)

    assert places(answer) == expected


def test_list_of_a_city_has_an_end(app: CallPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e911ws, "MOST_LOCATIONS", 2)
    elements = "<Country>US</Country><State>NY</State><City>New York</City>"

    answer = ask(app, elements, operation="GetLocationsInCity", peer="10.1.1.20")

    assert len(places(answer)) == 1 + 2


def test_wrong_request_in_soap_1_2_is_the_senders_fault(app: CallPath) -> None:
    body = f'<s:Envelope xmlns:s="{SOAP_1_2}"><s:Body><Nonsense/></s:Body></s:Envelope>'

    answer = call(app, "POST", PATH, body.encode())

    assert answer.status == 400
    assert answer.headers["content-type"] == "application/soap+xml;charset=utf-8"
    assert etree.fromstring(answer.body).findtext(".//{*}Value") == "s:Sender"


def test_garbage_is_a_fault_with_status_500(app: CallPath) -> None:
    answer = call(app, "POST", PATH, b"<a/>")

    assert answer.status == 500
    assert answer.headers["content-type"] == "text/xml;charset=utf-8"
    assert etree.fromstring(answer.body).findtext(".//faultcode") == "s:Client"


def test_soap_1_2_is_answered_in_its_own_type(app: CallPath) -> None:
    body = f'<s:Envelope xmlns:s="{SOAP_1_2}"><s:Body><GetLocationsRequest/></s:Body></s:Envelope>'

    answer = call(app, "POST", PATH, body.encode())

    assert answer.headers["content-type"] == "application/soap+xml;charset=utf-8"


def test_path_is_found_in_any_case(app: CallPath) -> None:
    target = "/LocationInformation/LisService.svc?wsdl"

    answer = call(app, "GET", target, headers=[(b"host", b"lis.example.com")])

    address = etree.fromstring(answer.body).find(
        ".//{http://schemas.xmlsoap.org/wsdl/soap/}address"
    )
    assert address is not None
    assert address.get("location") == f"http://lis.example.com{PATH}"


@pytest.mark.parametrize("name", sorted(description.SCHEMAS))
def test_schemas_are_served(app: CallPath, name: str) -> None:
    answer = call(app, "GET", f"{PATH}?xsd{'=' if name else ''}{name}")

    assert etree.fromstring(answer.body).tag == "{http://www.w3.org/2001/XMLSchema}schema"


def test_other_questions_of_get_are_told_what_there_is(app: CallPath) -> None:
    assert [call(app, "GET", f"{PATH}{query}").status for query in ("", "?xsd=x")] == [404, 404]
