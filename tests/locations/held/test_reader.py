"""HELD requests, strict enough to be safe and lenient enough for real clients."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from locations.held.messages import HELDError, LocationRequest
from locations.held.reader import MAX_ACCESS_POINTS, parse
from tests.locations.held.devices import device, identifier
from tests.schemas import sample

HELD = 'xmlns="urn:ietf:params:xml:ns:geopriv:held"'
ID = 'xmlns="urn:ietf:params:xml:ns:geopriv:held:id"'
FLOW = 'xmlns="urn:ietf:params:xml:ns:geopriv:held:flow"'


def request(content: str = "", attributes: str = "") -> bytes:
    return f"<locationRequest {HELD} {attributes}>{content}</locationRequest>".encode()


def test_lldp_and_wifi_sample() -> None:
    assert parse(sample("held_req_lldp_wifi.xml")) == LocationRequest(
        types=("civic",),
        exact=True,
        response_time=8000,
        chassis="3c-4a-92-30-ec-00",
        port="7",
        port_subtype=7,
        bssids=("00-19-5b-7f-77-0d", "00-19-5b-7f-77-0e"),
        measured_at=datetime(2026, 11, 21, 12, 34, 56, tzinfo=UTC),
    )


def test_third_party_sample() -> None:
    assert parse(sample("held_req_third_party.xml")) == LocationRequest(
        types=("geodetic", "civic", "locationURI"),
        response_time="emergencyRouting",
        device=device(
            identifier("ip", "192.0.2.5"),
            identifier("mac", "a0-12-34-56-78-90", "A0-12-34-56-78-90"),
        ),
    )


def test_dereference_sample() -> None:
    assert parse(sample("deref_req.xml")) == LocationRequest(
        types=("geodetic", "civic"), response_time="emergencyDispatch"
    )


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(request(), LocationRequest(), id="bare"),
        pytest.param(b"<locationRequest/>", LocationRequest(), id="no-namespace"),
        pytest.param(
            b'\xef\xbb\xbf<?xml version="1.0"?><!-- c --><h:locationRequest '
            b'xmlns:h="urn:ietf:params:xml:ns:geopriv:held"/>',
            LocationRequest(),
            id="prefix-comment-and-bom",
        ),
        pytest.param(
            '<?xml version="1.0" encoding="UTF-16"?><locationRequest/>'.encode("utf-16"),
            LocationRequest(),
            id="utf-16",
        ),
        pytest.param(
            request('<lldp><system>x</system><chassis type="7">5377</chassis></lldp>'),
            LocationRequest(chassis="sw"),
            id="lldp-with-other-elements-and-no-port",
        ),
        pytest.param(
            request("<unknown/><locationType>civic bogus</locationType>"),
            LocationRequest(types=("civic",)),
            id="unknown-elements-and-types",
        ),
        pytest.param(
            request('<locationType exact="true">any</locationType>'),
            LocationRequest(),
            id="exact-is-ignored-with-any",
        ),
        pytest.param(request("", 'responseTime="soon"'), LocationRequest(), id="odd-response-time"),
        pytest.param(
            request(f"<device {ID}><msisdn>12125550100</msisdn></device>"),
            LocationRequest(device=device(identifier("msisdn", "tel:+12125550100", "12125550100"))),
            id="msisdn",
        ),
        pytest.param(
            request(f'<device {ID}><ip v="6">::ffff:10.1.1.20</ip></device>'),
            LocationRequest(device=device(identifier("ip", "10.1.1.20", "::ffff:10.1.1.20"))),
            id="mapped-address",
        ),
        pytest.param(
            request(f'<device {ID}><uri>"Alice" &lt;tel:+12125550123&gt;</uri></device>'),
            LocationRequest(
                device=device(identifier("uri", "tel:+12125550123", '"Alice" <tel:+12125550123>'))
            ),
            id="name-addr-as-kamailio-sends-it",
        ),
        pytest.param(
            request(f"<device {ID}><duid>00030001000413AABBCC</duid></device>"),
            LocationRequest(
                device=device(identifier("duid", "00-04-13-aa-bb-cc", "00030001000413AABBCC"))
            ),
            id="duid-of-a-link-layer-address",
        ),
        pytest.param(
            request(
                "<dhcp-rai><giaddr>10.1.1.1</giaddr><circuit>4769312f302f37</circuit>"
                "<remote>00063C4A9230EC00</remote></dhcp-rai>"
            ),
            LocationRequest(chassis="3c-4a-92-30-ec-00", port="gigabitethernet1/0/7"),
            id="dhcp-relay",
        ),
        pytest.param(
            request(
                "<dhcp-rai><giaddr>10.1.1.1</giaddr><circuit>000400640107</circuit></dhcp-rai>"
            ),
            LocationRequest(chassis="10.1.1.1", port="1/7"),
            id="dhcp-relay-in-binary-without-remote-id",
        ),
        pytest.param(
            request(
                '<lldp><chassis type="7">5377</chassis><port type="7">37</port></lldp>'
                "<dhcp-rai><giaddr>10.1.1.1</giaddr><circuit>38</circuit></dhcp-rai>"
            ),
            LocationRequest(chassis="sw", port="7", port_subtype=7),
            id="lldp-before-dhcp",
        ),
        pytest.param(
            request(
                '<lldp><port type="7">38</port></lldp>'
                '<lldp><chassis type="7">5377</chassis><port type="7">37</port></lldp>'
                '<lldp><chassis type="7">41</chassis><port type="7">39</port></lldp>'
            ),
            LocationRequest(chassis="sw", port="7", port_subtype=7),
            id="port-of-one-neighbour-is-no-port-of-another",
        ),
        pytest.param(
            request(
                '<lldp><chassis type="7">5377</chassis></lldp>'
                '<lldp><chassis type="7">41</chassis><port type="7">39</port></lldp>'
            ),
            LocationRequest(chassis="sw"),
            id="neighbour-without-a-port",
        ),
        pytest.param(
            request(
                "<dhcp-rai><giaddr>10.1.1.1</giaddr></dhcp-rai>"
                "<dhcp-rai><giaddr>10.2.1.1</giaddr><circuit>38</circuit></dhcp-rai>"
            ),
            LocationRequest(chassis="10.1.1.1"),
            id="circuit-of-one-relay-is-none-of-another",
        ),
        pytest.param(
            request(
                '<x:device xmlns:x="urn:example"><x:ip>10.1.1.1</x:ip></x:device>'
                '<x:bssid xmlns:x="urn:example">00195B7F770D</x:bssid>'
                '<x:locationType xmlns:x="urn:example" exact="true">nonsense</x:locationType>'
            ),
            LocationRequest(),
            id="extensions-with-known-names-are-ignored",
        ),
        pytest.param(
            request(
                f'<flow {FLOW} layer3="ipv4" layer4="udp" target="dst"><src><address>10.1.1.1'
                "</address><port>1</port></src><dst><address>10.2.1.9</address><port>2</port></dst>"
                "</flow>"
            ),
            LocationRequest(device=device(ip="10.2.1.9")),
            id="target-of-a-flow",
        ),
        pytest.param(
            request('<requestRoutingInformation xmlns="urn:ietf:params:xml:ns:geopriv:held:ri"/>'),
            LocationRequest(routing="urn:service:sos"),
            id="routing",
        ),
        pytest.param(
            request(f"<device {ID}><nai>a@b.c</nai><mac>x</mac><uri>sip:A@B.c</uri></device>"),
            LocationRequest(
                device=device(identifier("uri", "sip:a@b.c", "sip:A@B.c")),
                ignored=(
                    "nai ignored: no device is found by it",
                    "mac “x” ignored: it is not one",
                ),
            ),
            id="one-usable-identifier-is-enough",
        ),
        pytest.param(
            request(
                "<measurements><wifi><neighbourWap><bssid>00195B7F770E</bssid></neighbourWap>"
                "<servingWap><bssid>00:19:5b:7f:77:0d</bssid></servingWap></wifi></measurements>"
            ),
            LocationRequest(bssids=("00-19-5b-7f-77-0d", "00-19-5b-7f-77-0e")),
            id="serving-access-point-first-in-the-form-before-the-rfc",
        ),
        pytest.param(
            request(
                "<measurements><wifi><ap><bssid>nonsense</bssid></ap></wifi>"
                '<lldp><chassis type="4"/><port type="5">4769312f302f37</port></lldp>'
                "</measurements>"
            ),
            LocationRequest(
                port="gigabitethernet1/0/7",
                port_subtype=5,
                ignored=(
                    "chassis “” ignored: it is not one",
                    "bssid “nonsense” ignored: it is not one",
                ),
            ),
            id="what-cannot-be-read-is-ignored-and-said",
        ),
    ],
)
def test_parse(document: bytes, expected: LocationRequest) -> None:
    assert parse(document) == expected


@pytest.mark.parametrize(
    ("document", "code", "required"),
    [
        pytest.param(b"", "xmlError", (), id="empty"),
        pytest.param(b"{}", "xmlError", (), id="json"),
        pytest.param(b"<locationRequest>", "xmlError", (), id="cut"),
        pytest.param(
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><locationRequest>&e;'
            b"</locationRequest>",
            "xmlError",
            (),
            id="external-entity",
        ),
        pytest.param(
            f"<locationResponse {HELD}/>".encode(), "unsupportedMessage", (), id="another-message"
        ),
        pytest.param(b"<findService/>", "unsupportedMessage", (), id="another-protocol"),
        pytest.param(
            request('<locationType exact="true">hologram</locationType>'),
            "cannotProvideLiType",
            (),
            id="exactly-the-unknown",
        ),
        *(
            pytest.param(
                request(f"<device {ID}><{kind}>{text}</{kind}></device>"),
                "badIdentifier",
                ("ip", "mac", "uri"),
                id=kind,
            )
            for kind, text in [
                ("imei", "490154203237518"),
                ("nai", "anna@example.com"),
                ("fqdn", "phone7.example.com"),
                ("udpport", "5060"),
                ("duid", "0002000000090CC084D303000912"),
                ("msisdn", "12"),
                ("ip", "192.0.2.256"),
            ]
        ),
        pytest.param(
            request(f'<flow {FLOW} layer3="ipv4" layer4="udp"><src><port>1</port></src></flow>'),
            "badIdentifier",
            ("ip", "mac", "uri"),
            id="flow-without-addresses",
        ),
        pytest.param(
            request(f"<device {ID}/>"), "badIdentifier", ("ip", "mac", "uri"), id="empty-device"
        ),
    ],
)
def test_parse_refuses(document: bytes, code: str, required: tuple[str, ...]) -> None:
    with pytest.raises(HELDError) as refused:
        parse(document)

    assert (refused.value.code, refused.value.required) == (code, required)


NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attributes", "kept", "at", "until"),
    [
        ("", True, None, None),
        ('time="2026-11-21T11:50:00Z"', True, (11, 50), None),
        ('time="2026-11-21T06:50:00-05:00"', True, (11, 50), None),
        ('time="2026-11-21T06:50:00"', True, None, None),
        ('time="soon" expires="later"', True, None, None),
        ('time="0001-01-01T00:00:00+23:00"', True, None, None),
        ('expires="2026-11-21T12:30:00.5Z"', True, None, (12, 30)),
        ('time="2026-11-21T11:50:00Z" expires="2026-11-21T12:00:00Z"', False, None, None),
    ],
    ids=["none", "time", "zone", "no-zone", "nonsense", "before-all-time", "lasting", "expired"],
)
def test_time_of_measurements(
    attributes: str, kept: bool, at: tuple[int, int] | None, until: tuple[int, int] | None
) -> None:
    content = (
        '<wifi><ap><bssid>00195B7F770D</bssid></ap></wifi><lldp><chassis type="7">41</chassis>'
    )
    found = parse(request(f"<measurements {attributes}>{content}</lldp></measurements>"), now=NOON)

    assert (bool(found.bssids), found.chassis == "a") == (kept, kept)
    times = [
        time and (time.hour, time.minute) for time in (found.measured_at, found.measured_until)
    ]
    assert times == [at, until]
    assert bool(found.ignored) != kept


def test_of_several_measurements_the_oldest_and_the_shortest_count() -> None:
    sets = (
        '<measurements time="2026-11-21T11:50:00Z"><wifi><ap>'
        "<bssid>00195B7F770D</bssid></ap></wifi>"
        '</measurements><measurements time="2026-11-21T11:40:00Z" expires="2026-11-21T13:00:00Z">'
        '<lldp><chassis type="7">41</chassis></lldp></measurements>'
        '<measurements expires="2026-11-21T12:30:00Z"/>'
        '<measurements expires="2026-11-21T11:00:00Z"><lldp><chassis type="7">42</chassis></lldp>'
        "</measurements>"
    )
    found = parse(request(sets), now=NOON)

    assert (found.bssids, found.chassis) == (("00-19-5b-7f-77-0d",), "a")
    assert found.measured_at == NOON.replace(hour=11, minute=40)
    assert found.measured_until == NOON.replace(minute=30)


def test_access_points_are_limited() -> None:
    points = "".join(f"<ap><bssid>{n:012x}</bssid></ap>" for n in range(500))

    assert len(parse(request(f"<wifi>{points}</wifi>")).bssids) == MAX_ACCESS_POINTS


CODES = {"xmlError", "unsupportedMessage", "cannotProvideLiType", "badIdentifier"}
TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40).map(
    lambda text: text.replace("&", "").replace("<", "").replace("]", "")
)


def outcome(document: bytes) -> str:
    try:
        parsed = parse(document)
    except HELDError as error:
        return error.code
    assert isinstance(parsed, LocationRequest)
    return "request"


@given(st.binary(max_size=4096))
@example(b"\xff\xfe<\x00")
@example(b'<?xml version="1.0" encoding="nonsense"?><locationRequest/>')
def test_any_bytes_give_a_request_or_an_error(document: bytes) -> None:
    assert outcome(document) in CODES | {"request"}


@given(st.lists(TEXTS, min_size=8, max_size=8))
def test_any_texts_in_a_request_give_a_request_or_an_error(texts: list[str]) -> None:
    kind, ip, mac, uri, chassis, port, bssid, subtype = texts
    subtype = subtype.replace('"', "")
    document = request(
        f"<locationType>{kind}</locationType>"
        f"<device {ID}><ip>{ip}</ip><mac>{mac}</mac><uri>{uri}</uri></device>"
        f'<lldp><chassis type="{subtype}">{chassis}</chassis><port type="{subtype}">{port}</port>'
        f"</lldp><wifi><ap><bssid>{bssid}</bssid></ap></wifi>"
    )

    assert outcome(document) in {"badIdentifier", "request"}
