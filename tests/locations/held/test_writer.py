"""HELD answers and errors: valid by the schemas, and no more and no less than asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from locations.domain import pidflo
from locations.domain.pidflo import Location, Point
from locations.held import writer
from locations.held.messages import Device, HELDError, LocationRequest, LocationURIs, Route
from tests.locations.held.devices import device, identifier
from tests.schemas import schema_errors

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
CIVIC = {"country": "US", "A1": "NY", "A3": "New York", "RD": "Cedar", "HNO": "12345"}
WIRED = Location(CIVIC, Point(40.7128, -74.006, 25), "Wiremap")
REFERENCES = LocationURIs(("https://lis.example.com/l/0kX4",), NOW + timedelta(hours=1))


def answer(request: LocationRequest, location: Location = WIRED, **more: Any) -> bytes:
    return writer.answer(
        request,
        pidflo.forms(location),
        location.method,
        entity="pres:0kX4@lis.example.com",
        at=NOW,
        expires=NOW + timedelta(hours=24),
        **more,
    )


def carried(document: bytes) -> set[str]:
    names = {pidflo.local_name(element) for element in etree.fromstring(document).iter()}
    return names & {"civicAddress", "Circle", "locationURI", "presence"}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param(LocationRequest(), {"presence", "civicAddress", "Circle"}, id="any"),
        pytest.param(
            LocationRequest(types=("civic",)),
            {"presence", "civicAddress", "Circle"},
            id="more-than-asked-is-allowed",
        ),
        pytest.param(
            LocationRequest(types=("civic",), exact=True),
            {"presence", "civicAddress"},
            id="exactly-civic",
        ),
        pytest.param(
            LocationRequest(types=("geodetic",), exact=True),
            {"presence", "Circle"},
            id="exactly-geodetic",
        ),
    ],
)
def test_answer_carries_the_forms_asked_for(request_: LocationRequest, expected: set[str]) -> None:
    document = answer(request_)

    assert schema_errors(document) == []
    assert carried(document) == expected


def test_answer_with_references_lists_them_first() -> None:
    document = answer(LocationRequest(), uris=REFERENCES)

    assert schema_errors(document) == []
    children = [pidflo.local_name(child) for child in etree.fromstring(document)]
    assert children == ["locationUriSet", "presence"]


@pytest.mark.parametrize(
    ("types", "exact", "expected"),
    [
        ((), False, ["Circle", "civicAddress"]),
        (("civic", "geodetic"), False, ["civicAddress", "Circle"]),
        (("geodetic", "civic"), True, ["Circle", "civicAddress"]),
        (("civic",), False, ["civicAddress", "Circle"]),
        (("locationURI", "geodetic"), False, ["Circle", "civicAddress"]),
    ],
)
def test_forms_come_in_the_order_asked(
    types: tuple[str, ...], exact: bool, expected: list[str]
) -> None:
    document = answer(LocationRequest(types=types, exact=exact))

    assert schema_errors(document) == []
    (where,) = etree.fromstring(document).iter("{*}location-info")
    assert [pidflo.local_name(form) for form in where] == expected


def test_routing_information_is_given_with_the_location() -> None:
    route = Route("urn:service:sos", ("tel:911;phone-context=+1",))

    document = answer(LocationRequest(), route=route)

    assert schema_errors(document) == []
    (service,) = etree.fromstring(document).iter("{*}service")
    assert (service.get("serviceUri"), service[0].text) == (
        "urn:service:sos",
        "tel:911;phone-context=+1",
    )


def test_exactly_a_reference_carries_no_presence() -> None:
    document = answer(LocationRequest(types=("locationURI",), exact=True), uris=REFERENCES)

    assert schema_errors(document) == []
    assert carried(document) == {"locationURI"}


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        pytest.param(
            device(ip="192.0.2.5", mac="a0-12-34-56-78-90", uri="sip:a&b@example.com"),
            [("ip", "192.0.2.5"), ("mac", "A0-12-34-56-78-90"), ("uri", "sip:a&b@example.com")],
            id="all",
        ),
        pytest.param(device(ip="2001:db8::1"), [("ip", "2001:db8::1")], id="ipv6"),
        pytest.param(
            device(
                identifier("duid", "00-04-13-aa-bb-cc", "0003 0001 000413AABBCC"),
                identifier("msisdn", "tel:+12125550100", "+12125550100"),
            ),
            [("duid", "00030001000413AABBCC"), ("msisdn", "12125550100")],
            id="in-the-form-they-were-given",
        ),
    ],
)
def test_answer_echoes_the_identifiers_used(used: Device, expected: list[tuple[str, str]]) -> None:
    document = answer(LocationRequest(device=used), device=used)

    assert schema_errors(document) == []
    echoed = etree.fromstring(document)[-1]
    assert [(pidflo.local_name(child), child.text) for child in echoed] == expected


def test_answer_to_a_device_about_itself_echoes_nothing() -> None:
    assert answer(LocationRequest()).count(b"<device") == 0


@pytest.mark.parametrize(
    ("request_", "location", "code"),
    [
        pytest.param(LocationRequest(), Location(), "locationUnknown", id="nothing-known"),
        pytest.param(
            LocationRequest(types=("geodetic",), exact=True),
            Location(CIVIC),
            "cannotProvideLiType",
            id="exactly-what-is-missing",
        ),
        pytest.param(
            LocationRequest(types=("civic", "locationURI"), exact=True),
            WIRED,
            "cannotProvideLiType",
            id="exactly-a-reference",
        ),
    ],
)
def test_answer_that_is_not_possible(
    request_: LocationRequest, location: Location, code: str
) -> None:
    with pytest.raises(HELDError) as refused:
        answer(request_, location)

    assert refused.value.code == code


def test_error_is_valid_and_says_what_is_required() -> None:
    document = writer.error(HELDError("badIdentifier", "Give <one>", ("ip", "mac")))

    assert schema_errors(document) == []
    root = etree.fromstring(document)
    assert [root.get("code"), *(child.text for child in root)] == [
        "badIdentifier",
        "Give <one>",
        "ip mac",
    ]


def test_error_may_ask_for_measurements() -> None:
    document = writer.error(HELDError("locationUnknown", "Unknown", measure=True))

    assert schema_errors(document) == []
    wanted = etree.fromstring(document).iter("{*}measurement")
    assert [element.get("type") for element in wanted] == ["lldp:lldp", "wifi:wifi"]


def test_plain_error_is_valid() -> None:
    document = writer.error(HELDError("locationUnknown", "Unable to determine location"))

    assert schema_errors(document) == []
    assert len(etree.fromstring(document)) == 1
