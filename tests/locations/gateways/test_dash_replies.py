"""Whatever bytes a provider answers, the client ends with a verdict."""

import io
from contextlib import closing

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from locations.domain.addresses import StreetAddress
from locations.domain.verdicts import Verdict
from locations.gateways.base import ProviderSettings, RateLimiter
from locations.gateways.dash.client import DASHValidator

CEDAR = StreetAddress(
    country="US", a1="NY", a3="New York", prd="N", rd="Cedar", sts="Dr", hno="12345", pc="98765"
)
ENVELOPE = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<ns0:validateLocationResponse xmlns:ns0="http://dashcs.com/api/v1/emergency">{}'
    "</ns0:validateLocationResponse></soap:Body></soap:Envelope>"
)
#: The sample of the provider's documentation, shortened; its element order is not the schema's.
LOCATION = (
    "<Location><address1>12345 N CEDAR DR</address1><address2>STE 420</address2>"
    "<community>NEW YORK</community><state>NY</state><postalcode>98765</postalcode>"
    "<activatedtime>2018-03-12T13:24:26.296Z</activatedtime><latitude>39.753095</latitude>"
    "<longitude>-104.99</longitude><legacydata><housenumber>12345</housenumber></legacydata>"
    "<locationid>67880038</locationid><status><code>GEOCODED</code>"
    "<description>Location is geocoded</description></status><type>ADDRESS</type>"
    '<updatetime xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/></Location>'
)


class Canned(HTTPAdapter):
    """A provider that answers every request with the same bytes."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        super().__init__()
        self._answer = body, status

    def send(self, request, **_):
        body, status = self._answer
        raw = HTTPResponse(io.BytesIO(body), status=status, preload_content=False)
        response = requests.Response()
        response.status_code, response.raw, response.request = status, raw, request
        response.url = request.url
        return response


@pytest.fixture(scope="module")
def validator():
    settings = ProviderSettings(
        name="Example 911",
        dialect="dash",
        url="http://127.0.0.1:9/",
        networks=("127.0.0.0/8",),
    )
    with closing(DASHValidator(settings, RateLimiter(1e6))) as opened:
        yield opened


def answer(validator, body, status=200):
    validator._session.mount("http://", Canned(body, status))
    return validator.validate(CEDAR)


def test_documented_sample_is_understood(validator):
    result = answer(validator, ENVELOPE.format(LOCATION).encode())

    assert (result.verdict, result.provider_location_id) == (Verdict.VALID, "67880038")
    assert (result.latitude, result.longitude) == (39.753095, -104.99)


def test_invalid_among_geocoded_is_left_out(validator):
    invalid = LOCATION.replace("GEOCODED", "INVALID").replace("CEDAR", "OTHER")

    result = answer(validator, ENVELOPE.format(invalid + LOCATION).encode())

    assert result.verdict == Verdict.VALID


@pytest.mark.parametrize("latitude", ["INF", "NaN", "91", "north", ""])
def test_impossible_position_is_none(validator, latitude):
    body = ENVELOPE.format(LOCATION.replace("39.753095", latitude)).encode()

    result = answer(validator, body)

    assert (result.verdict, result.latitude, result.longitude) == (Verdict.VALID, None, None)
    assert result.aspects == {"civic": "valid"}


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("GEOCODED", Verdict.VALID),
        ("PROVISIONED", Verdict.VALID),
        ("INVALID", Verdict.INVALID),
        ("ERROR", Verdict.UNREACHABLE),
        ("REMOVED", Verdict.UNREACHABLE),
        ("SOMETHING NEW", Verdict.UNREACHABLE),
    ],
)
def test_status_code_decides_the_verdict(validator, status, verdict):
    body = ENVELOPE.format(LOCATION.replace("GEOCODED", status)).encode()

    assert answer(validator, body).verdict == verdict


@pytest.mark.parametrize(
    ("detail", "verdict", "message"),
    [
        pytest.param(
            '<e:ParseException xmlns:e="http://dashcs.com/api/v1/emergency"/>',
            Verdict.INVALID,
            "no such thing",
            id="parse_exception",
        ),
        pytest.param(
            "<other/>", Verdict.UNREACHABLE, "The provider failed: no such thing", id="other"
        ),
        pytest.param("", Verdict.UNREACHABLE, "The provider failed: no such thing", id="no_detail"),
    ],
)
def test_fault_is_invalid_only_when_the_address_is_unreadable(validator, detail, verdict, message):
    fault = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        "<faultcode>s:Client</faultcode><faultstring>no such thing</faultstring>"
        f"<detail>{detail}</detail></s:Fault></s:Body></s:Envelope>"
    )

    result = answer(validator, fault.encode(), status=500)

    assert (result.verdict, result.message) == (verdict, message)


def test_message_and_raw_reply_have_bounds(validator):
    long = LOCATION.replace("GEOCODED", "INVALID").replace("Location is geocoded", "x" * 50_000)

    result = answer(validator, ENVELOPE.format(long).encode())

    assert (len(result.message), len(result.raw)) == (500, 16 * 1024)


@given(body=st.binary(max_size=200), status=st.sampled_from([200, 500]))
def test_any_bytes_are_unreachable(validator, body, status):
    assert answer(validator, body, status).verdict == Verdict.UNREACHABLE


names = st.sampled_from(
    ["Location", "status", "code", "latitude", "address1", "activatedtime", "legacydata", "x"]
)
texts = st.sampled_from(["", " ", "x", "1e400", "-", "12345 N CEDAR DR", "é", "GEOCODED", "2018"])
trees = st.recursive(
    st.tuples(names, texts),
    lambda inner: st.tuples(names, st.lists(inner, max_size=4)),
    max_leaves=12,
)


def element(tree):
    name, content = tree
    made = etree.Element(name)
    if isinstance(content, str):
        made.text = content
    else:
        made.extend([element(child) for child in content])
    return made


@given(trees=st.lists(trees, max_size=3))
def test_any_well_formed_content_ends_in_a_verdict(validator, trees):
    content = b"".join(etree.tostring(element(tree)) for tree in trees).decode()

    assert answer(validator, ENVELOPE.format(content).encode()).verdict in Verdict
