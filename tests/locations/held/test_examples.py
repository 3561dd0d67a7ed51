"""Requests as in the examples of the RFCs; each file is named after its RFC and section.

They are word for word those of the RFCs, only that measurements shown alone are put into a request,
and the identifiers of RFC 6155 §3, shown one by one, into one device.
"""

from pathlib import Path

import pytest

from locations.held.messages import LocationRequest
from locations.held.reader import parse
from tests.locations.held.devices import device, identifier
from tests.schemas import schema_errors

EXAMPLES = Path(__file__).parent / "examples"
READ = {
    "rfc5985_10.1_https_example_request": LocationRequest(),
    "rfc5985_10.2_simple_location_request": LocationRequest(),
    "rfc5985_10.3_multiple_location_types": LocationRequest(
        types=("geodetic", "civic", "locationURI"), exact=True
    ),
    "rfc6155_2.2_third_party_by_address": LocationRequest(
        types=("geodetic",), exact=True, response_time=8, device=device(ip="192.0.2.5")
    ),
    "rfc6155_3_identifier_kinds": LocationRequest(
        device=device(
            identifier("ip", "192.0.2.5"),
            identifier("mac", "a0-12-34-56-78-90", "A0-12-34-56-78-90"),
            identifier("uri", "sip:user@example.net", "sip:user@example.net;gr=kjh29x97us97d"),
        ),
        ignored=(
            "udpport ignored: no device is found by it",
            "duid “1234567890AaBbCcDdEeFf” ignored: it is not one",
            "nai ignored: no device is found by it",
            "fqdn ignored: no device is found by it",
            "imsi ignored: no device is found by it",
            "imei ignored: no device is found by it",
            "min ignored: no device is found by it",
        ),
    ),
    "rfc7105_3_lldp": LocationRequest(
        types=("civic",), exact=True, chassis="10.1.0.60", port="c2", port_subtype=6
    ),
    "rfc7105_5.1_lldp": LocationRequest(chassis="192.0.2.45", port="a2", port_subtype=6),
    "rfc7105_5.2_dhcp_relay": LocationRequest(chassis="192.0.2.158", port="108b"),
    "rfc7105_5.3_wifi": LocationRequest(bssids=("ab-cd-ef-ab-cd-ef",)),
    # Of no use in a building, so they are as if they were not there.
    "rfc7105_5.4_cellular": LocationRequest(),
    "rfc7105_5.5_gnss": LocationRequest(),
    "rfc7105_5.6_dsl": LocationRequest(),
    "rfc6753_5_dereference": LocationRequest(),
    "rfc7105_4_time_and_expiry": LocationRequest(bssids=("00-12-f0-a0-80-ef",)),
    "rfc6915_3_flow": LocationRequest(
        types=("geodetic",), exact=True, response_time=8, device=device(ip="192.0.2.25")
    ),
    "rfc7840_7_routing_information": LocationRequest(
        response_time="emergencyRouting",
        routing="urn:service:sos",
        device=device(ip="192.0.2.12"),
    ),
}
#: The example of RFC 7105 has an element that its own schema lacks; other servers meet it too.
BEYOND_THE_SCHEMA = {"rfc7105_5.3_wifi"}


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.xml")))
def test_example_is_understood(name: str) -> None:
    document = (EXAMPLES / f"{name}.xml").read_bytes()

    assert parse(document) == READ[name]
    assert bool(schema_errors(document)) == (name in BEYOND_THE_SCHEMA)
