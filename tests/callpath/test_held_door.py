"""``POST /held``: every answer in HTTP 200 and valid by the schemas."""

from collections.abc import Callable

import pytest
from lxml import etree

from e911portal.callpath.app import CallPath
from e911portal.callpath.exchange import MAX_BODY
from tests.callpath import sample
from tests.callpath.client import Answer, call
from tests.schemas import schema_errors

HELD = "urn:ietf:params:xml:ns:geopriv:held"
CIVIC = "{urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr}"
KEY = (b"authorization", f"Bearer {sample.LOCATION_KEY}".encode())


def request(device: str = "", measured: str = "") -> bytes:
    identity = f'<device xmlns="{HELD}:id">{device}</device>' if device else ""
    facts = f'<measurements xmlns="urn:ietf:params:xml:ns:geopriv:lm">{measured}</measurements>'
    return f'<locationRequest xmlns="{HELD}">{identity}{facts}</locationRequest>'.encode()


def lldp(port: str) -> str:
    return (
        '<lldp xmlns="urn:ietf:params:xml:ns:geopriv:lm:lldp"><chassis type="4">3C4A9230EC00'
        f'</chassis><port type="7">{port.encode().hex()}</port></lldp>'
    )


def wifi(bssid: str) -> str:
    return (
        '<wifi xmlns="urn:ietf:params:xml:ns:geopriv:lm:wifi"><ap serving="true">'
        f"<bssid>{bssid}</bssid></ap></wifi>"
    )


def place(answer: Answer) -> str:
    """Return LOC of the answer, or the code of the error."""
    root = etree.fromstring(answer.body)
    found = root.findtext(f".//{CIVIC}LOC")
    return found if found is not None else str(root.get("code"))


@pytest.mark.parametrize(
    ("peer", "body", "expected"),
    [
        ("10.1.1.20", request(), "New York 1st Floor"),
        ("::ffff:10.1.1.20", request(), "New York 1st Floor"),
        ("2001:db8:1::9", request(), "locationUnknown"),
        ("10.1.1.20", request(measured=lldp("7")), "New York Wired"),
        ("10.1.1.20", request(measured=lldp("99")), "New York 1st Floor"),
        ("10.1.1.20", request(measured=lldp("8")), "New York 1st Floor"),
        ("10.9.9.9", request(measured=lldp("8")), "New York Main Entrance"),
        ("10.9.9.9", request(measured=wifi("00:19:5B:7F:77:0D")), "New York 3rd Floor Wireless"),
        ("10.1.1.20", request("<ip>10.1.1.20</ip>"), "New York 1st Floor"),
        ("10.9.9.9", request(), "locationUnknown"),
        ("10.1.250.4", request(), "notLocatable"),
        ("198.51.100.1", request(measured=lldp("7")), "locationUnknown"),
        ("10.1.1.20", request("<mac>00-04-13-AA-BB-CC</mac>"), "badIdentifier"),
        ("10.1.1.20", request("<ip>10.2.1.5</ip>"), "badIdentifier"),
        ("10.1.1.20", request("<uri>tel:+12125550150</uri>"), "badIdentifier"),
        ("10.1.1.20", request("<ip>10.1.1.20</ip><uri>tel:+12125550150</uri>"), "badIdentifier"),
    ],
    ids=[
        "own-address",
        "own-address-mapped",
        "v6-without-rights",
        "chassis-and-port",
        "unmapped-port-falls-to-the-subnet",
        "refused-address-falls-to-the-subnet",
        "refused-address-falls-to-the-site",
        "bssid",
        "own-address-as-device",
        "unknown-address",
        "excluded-subnet",
        "stranger",
        "third-party-mac",
        "third-party-ip",
        "third-party-uri",
        "third-party-beside-own-address",
    ],
)
def test_device_learns_where_it_is_and_nothing_else(
    app: CallPath, peer: str, body: bytes, expected: str
) -> None:
    answer = call(app, "POST", "/held", body, peer=peer)

    assert (answer.status, place(answer)) == (200, expected)
    assert schema_errors(answer.body) == []


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("<ip>10.2.1.5</ip>", "Los Angeles 1st Floor"),
        ("<mac>00-04-13-AA-BB-CC</mac>", "New York Wired"),
        ("<uri>tel:+12125550150</uri>", "New York Main Entrance"),
        ("<duid>00</duid>", "badIdentifier"),
    ],
    ids=["ip", "mac", "uri", "duid"],
)
def test_key_holder_may_ask_about_others(app: CallPath, device: str, expected: str) -> None:
    answer = call(app, "POST", "/held", request(device), peer="198.51.100.1", headers=[KEY])

    assert (answer.status, place(answer)) == (200, expected)
    assert schema_errors(answer.body) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "xmlError"),
        (b"<", "xmlError"),
        (b"\xff\xfe\x00", "xmlError"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "xmlError"),
        (b"<a/>", "unsupportedMessage"),
        (b"x" * (MAX_BODY + 1), "requestError"),
    ],
    ids=["empty", "broken", "bytes", "entities", "other-root", "too-large"],
)
def test_what_is_no_request_gets_an_error_document(app: CallPath, body: bytes, code: str) -> None:
    answer = call(app, "POST", "/held", body)

    assert (answer.status, place(answer)) == (200, code)
    assert answer.headers["content-type"] == "application/held+xml;charset=utf-8"
    assert schema_errors(answer.body) == []


def test_answer_is_pseudonymous_private_and_of_this_moment(app: CallPath) -> None:
    answers = [call(app, "POST", "/held", request(), peer="10.1.1.20") for _ in range(2)]

    entities = {etree.fromstring(answer.body)[0].get("entity") for answer in answers}
    assert len(entities) == 2
    assert all(b"10.1.1" not in answer.body for answer in answers)
    assert answers[0].headers["cache-control"] == "private, no-store"


def test_device_is_echoed_to_who_asked_about_it(app: CallPath) -> None:
    answer = call(app, "POST", "/held", request("<ip>10.2.1.5</ip>"))

    device = etree.fromstring(answer.body).find(f"{{{HELD}:id}}device")
    assert device is not None
    assert [child.text for child in device] == ["10.2.1.5"]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("urn:service:sos", "tel:911;phone-context=+1"),
        ("urn:service:sos.fire", "tel:911;phone-context=+1"),
        ("urn:service:counseling", None),
    ],
)
def test_routing_information_names_the_number_to_call(
    app: CallPath, service: str, expected: str | None
) -> None:
    wish = f'<requestRoutingInformation xmlns="{HELD}:ri" service="{service}"/>'
    body = f'<locationRequest xmlns="{HELD}">{wish}</locationRequest>'.encode()

    answer = call(app, "POST", "/held", body, peer="10.1.1.20")

    assert etree.fromstring(answer.body).findtext(".//{*}dest") == expected
    assert schema_errors(answer.body) == []


def test_device_that_cannot_be_placed_is_asked_what_it_hears(app: CallPath) -> None:
    silent = call(app, "POST", "/held", request(), peer="10.9.9.9")
    heard = call(app, "POST", "/held", request(measured=wifi("02-00-00-00-00-01")), peer="10.9.9.9")

    assert (b"measurementRequest" in silent.body, b"measurementRequest" in heard.body) == (
        True,
        False,
    )
    assert schema_errors(silent.body) == []


def test_odd_headers_do_not_matter(app: CallPath) -> None:
    headers = [(b"content-type", b"application/json"), (b"accept", b"*/*"), (b"expect", b"?")]

    answer = call(app, "POST", "/held", request(), peer="10.1.1.20", headers=headers)

    assert place(answer) == "New York 1st Floor"


def test_without_a_publication_the_location_is_unknown(make_app: Callable[..., CallPath]) -> None:
    answer = call(make_app(), "POST", "/held", request())

    assert (answer.status, place(answer)) == (200, "locationUnknown")


def test_broken_publication_is_a_general_error(
    state: object, make_app: Callable[..., CallPath]
) -> None:
    app = make_app(state)
    sample.publish(app.node.store.directory, 43, without=["bssid"])

    answer = call(app, "POST", "/held", request(measured=wifi(sample.BSSID)))

    assert (answer.status, place(answer)) == (200, "generalLisError")
    assert schema_errors(answer.body) == []
