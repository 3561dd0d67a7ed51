"""MS-E911WS messages: what is read, and answers in the order of the published examples."""

import pytest
from lxml import etree

from locations.e911ws import reader, writer
from locations.e911ws.messages import (
    NAMESPACE,
    SOAP_1_1,
    SOAP_1_2,
    GetLocations,
    GetLocationsInCity,
    ReturnCode,
    SOAPFault,
)

ENTITY = "sip:voip_911_user1@contosovdomain.com"
#: The published request, its elements in order and in the order that Lync 2010 makes of it.
ORDERED = (
    "<RSSI>0</RSSI><MAC>12-22-22-22-22-22</MAC><SubnetID>192.168.0.0</SubnetID>"
    "<IP>192.168.0.244</IP>"
)
SWAPPED = (
    "<IP>192.168.0.244</IP><MAC>12-22-22-22-22-22</MAC><RSSI>0</RSSI>"
    "<SubnetID>192.168.0.0</SubnetID>"
)
ASKED = GetLocations(ENTITY, subnet="192.168.0.0", ip="192.168.0.244", mac="12-22-22-22-22-22")


def envelope(content: str, soap: str = SOAP_1_1) -> bytes:
    return f'<e:Envelope xmlns:e="{soap}"><e:Body>{content}</e:Body></e:Envelope>'.encode()


def request(elements: str, namespace: str = f' xmlns="{NAMESPACE}"') -> str:
    entity = f"<Entity>{ENTITY}</Entity>"
    return f"<GetLocationsRequest{namespace}>{entity}{elements}</GetLocationsRequest>"


@pytest.mark.parametrize(
    "data",
    [
        envelope(request(ORDERED)),
        envelope(request(SWAPPED)),
        envelope(request(ORDERED, "")),
        envelope(request(ORDERED), SOAP_1_2),
        request(SWAPPED, "").encode(),
    ],
    ids=["published", "lync-2010", "unqualified", "soap-1.2", "no-envelope"],
)
def test_every_form_of_the_request_is_the_same_question(data: bytes) -> None:
    assert reader.parse(data).request == ASKED


def test_lldp_and_wifi_facts_are_read() -> None:
    facts = (
        "<WAPBSSID>00-19-5B-7F-77-0D</WAPBSSID><ChassisID>BDxKkjDsAA==</ChassisID>"
        "<PortID>Bzc=</PortID>"
    )

    found = reader.parse(envelope(request(facts))).request

    assert found == GetLocations(
        ENTITY, "00-19-5b-7f-77-0d", "3c-4a-92-30-ec-00", port="7", port_subtype=7
    )


def test_what_cannot_be_understood_is_left_out() -> None:
    facts = "<MAC>x</MAC><IP>300.1.1.1</IP><WAPBSSID/><SubnetID>10.1.1.0</SubnetID>"

    found = reader.parse(envelope(request(facts))).request

    assert found == GetLocations(ENTITY, subnet="10.1.1.0")


def test_request_for_a_city() -> None:
    data = (
        "<GetLocationsInCityRequest><Entity>sip:a@b</Entity><Country>US</Country><State>WA</State>"
        "<City> San\n Francisco</City></GetLocationsInCityRequest>"
    )

    found = reader.parse(envelope(data)).request

    assert found == GetLocationsInCity("sip:a@b", "US", "WA", "San Francisco")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "Client"),
        (b"<!DOCTYPE a><a/>", "Client"),
        (b"<a/>", "Client"),
        (envelope(""), "Client"),
        (envelope("<GetCities/>"), "Client"),
        (envelope(request(ORDERED), "urn:other"), "VersionMismatch"),
    ],
    ids=["empty", "doctype", "other", "empty-body", "operation", "version"],
)
def test_what_is_no_request_is_a_fault(data: bytes, code: str) -> None:
    with pytest.raises(SOAPFault) as fault:
        reader.parse(data)

    assert fault.value.code == code


def test_answer_is_the_published_one() -> None:
    civic = {
        "country": "US", "A1": "WA", "A3": "Redmond", "RD": "163rd", "STS": "Ave", "POD": "NE",
        "HNO": "3910", "LOC": "30/3351", "NAM": "Microsoft", "PC": "98052",
    }  # fmt: skip

    body = writer.answer("GetLocations", ReturnCode.OK, ENTITY, [civic])

    assert etree.canonicalize(body.decode()) == etree.canonicalize(
        f'<s:Envelope xmlns:s="{SOAP_1_1}"><s:Body><GetLocationsResponse xmlns="{NAMESPACE}">'
        "<ReturnCode>200</ReturnCode><presenceList>"
        f'<presence entity="{ENTITY}" xmlns="urn:ietf:params:xml:ns:pidf"><tuple id="_LIS:0">'
        '<status><geopriv xmlns="urn:ietf:params:xml:ns:pidf:geopriv10"><location-info>'
        '<civicAddress xmlns="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr">'
        "<country>US</country><A1>WA</A1><A3>Redmond</A3><PRD/><RD>163rd</RD><STS>Ave</STS>"
        "<POD>NE</POD><HNO>3910</HNO><HNS/><LOC>30/3351</LOC><NAM>Microsoft</NAM><PC>98052</PC>"
        "</civicAddress></location-info></geopriv></status></tuple></presence></presenceList>"
        "</GetLocationsResponse></s:Body></s:Envelope>"
    )


def test_in_building_parts_reach_a_client_that_knows_only_loc() -> None:
    body = writer.answer("GetLocations", ReturnCode.OK, ENTITY, [{"FLR": "3", "ROOM": "312"}])

    assert b"<LOC>Floor 3/Room 312</LOC>" in body


def test_several_places_are_numbered() -> None:
    body = writer.answer("GetLocationsInCity", ReturnCode.OK, ENTITY, [{"A1": "WA"}] * 3)

    ids = etree.fromstring(body).xpath("//@id")
    assert ids == ["_LIS:0", "_LIS:1", "_LIS:2"]


def test_without_a_place_there_is_a_code_and_no_list() -> None:
    body = writer.answer("GetLocations", ReturnCode.NOT_FOUND, ENTITY)

    (response,) = etree.fromstring(body)[0]
    assert [(etree.QName(child).localname, child.text) for child in response] == [
        ("ReturnCode", "404")
    ]


@pytest.mark.parametrize(
    ("soap", "path", "code"),
    [(SOAP_1_1, "faultcode", "s:Client"), (SOAP_1_2, f"{{{SOAP_1_2}}}Code/*", "s:Sender")],
    ids=["1.1", "1.2"],
)
def test_fault_is_of_the_version_that_was_asked_in(soap: str, path: str, code: str) -> None:
    body = writer.fault(SOAPFault("Client", "No <operation>.", soap))

    fault = etree.fromstring(body)[0][0]
    assert (fault.tag, fault.findtext(path)) == (f"{{{soap}}}Fault", code)
