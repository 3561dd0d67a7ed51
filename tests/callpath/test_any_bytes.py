"""Whatever arrives at whatever door, the answer is a well-formed one and no traceback."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from e911portal.callpath.app import DOORS, CallPath
from e911portal.callpath.doors import e911ws
from e911portal.callpath.exchange import MAX_BODY
from e911portal.callpath.node import Node, Settings
from tests.callpath import sample
from tests.callpath.client import Answer, call
from tests.schemas import schema_errors

FIELDS = ("ruri", "from_uri", "from_display", "src_ip", "contact", "pidf_lo", "call_ref", "bssid",
          "chassis", "port", "mac", "x_location", "p_asserted_identity", "tag", "number", "event",
          "id", "at", "target")  # fmt: skip
FINITE = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers() | FINITE | st.text(max_size=40)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=6)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"authorization", b"x-forwarded-for", b"accept", b"content-length", b"host", b"via"]
        ),
        st.binary(max_size=60),
    ),
    max_size=6,
)
PEERS = st.sampled_from(
    ["127.0.0.1", "10.1.1.20", "192.0.2.50", "192.0.2.60", "", "not an address"]
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CallPath]:
    state: Path = tmp_path_factory.mktemp("bytes")
    networks = [("10.0.0.0/8", "devices"), ("192.0.2.50", "edge"), ("192.0.2.60", "proxy")]
    sample.publish(state / "publications", 42, networks=networks)
    node = Node(Settings(state, "http://127.0.0.1:9"), clock=lambda: sample.AT)
    node.recorder.start()
    yield CallPath(node)
    node.recorder.stop()


def check(path: str, answer: Answer) -> None:
    assert answer.headers["content-length"] == str(len(answer.body))
    kind = answer.headers["content-type"].split(";")[0]
    if kind == "application/json":
        json.loads(answer.body)
    elif kind.endswith("+xml"):
        etree.fromstring(answer.body)
    assert b"Traceback" not in answer.body
    # A fault of SOAP 1.1 has status 500; nothing else has.
    assert answer.status < 500 or (path == e911ws.PATH and b"Fault>" in answer.body)


@given(
    path=st.sampled_from(sorted(DOORS)),
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD"]),
    query=st.text(max_size=80),
    body=st.binary(max_size=300),
    headers=HEADERS,
    peer=PEERS,
)
@example("/v1/location", "GET", "ip=%00&uri=sip:\ud800", b"", [], "127.0.0.1")
@example("/held", "POST", "", b"\xef\xbb\xbf<locationRequest/>", [], "10.1.1.20")
def test_any_request_gets_a_well_formed_answer(
    app: CallPath,
    path: str,
    method: str,
    query: str,
    body: bytes,
    headers: list[tuple[bytes, bytes]],
    peer: str,
) -> None:
    answer = call(app, method, f"{path}?{query}", body, peer=peer, headers=headers)

    check(path, answer)
    assert answer.status in (200, 202, 400, 403, 404, 405, 413, 429, 500)


@given(
    name=st.sampled_from(["bssid", "chassis", "port", "port_subtype", "ip", "mac", "uri", "user"]),
    value=st.text(max_size=60),
    path=st.sampled_from(["/v1/location", "/v1/policy"]),
)
def test_any_parameter_is_understood_or_named(
    app: CallPath, name: str, value: str, path: str
) -> None:
    answer = call(app, "GET", f"{path}?{name}={value}")

    check(path, answer)
    assert answer.status in (200, 400, 404)


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_any_call_gets_targets(app: CallPath, fields: dict[str, object]) -> None:
    fields["ruri"] = "sip:911@x"

    answer = call(app, "POST", "/v1/sip/route", json.dumps(fields).encode(), peer="192.0.2.50")

    check("/v1/sip/route", answer)
    assert (answer.status, answer.json()["emergency"]) == (200, True)
    assert answer.json()["targets"]


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_any_event_is_kept(app: CallPath, fields: dict[str, object]) -> None:
    answer = call(app, "POST", "/v1/sip/events", json.dumps(fields).encode(), peer="192.0.2.50")

    assert (answer.status, answer.json()) == (202, {"accepted": 1})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ip", "mac", "uri", "nai", "chassis", "port", "bssid", "lldp", "x"]),
            st.text(st.characters(codec="utf-8", exclude_characters="<&"), max_size=30),
        ),
        max_size=6,
    )
)
def test_any_held_request_gets_a_valid_answer(
    app: CallPath, elements: list[tuple[str, str]]
) -> None:
    content = "".join(f"<{name}>{text}</{name}>" for name, text in elements)
    body = f"<locationRequest><device>{content}</device>{content}</locationRequest>"

    answer = call(app, "POST", "/held", body.encode(), peer="10.1.1.20")

    check("/held", answer)
    assert answer.status == 200
    assert schema_errors(answer.body) == []


TIMES = st.datetimes(timezones=st.timezones() | st.none()).map(
    lambda time: time.isoformat()
) | st.text(st.characters(codec="utf-8", exclude_characters='<&"', exclude_categories=["C"]))


@given(TIMES, TIMES, PEERS)
@example("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "10.9.9.9")
@example("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "10.9.9.9")
def test_any_time_of_measurements_gets_a_valid_answer(
    app: CallPath, time: str, expires: str, peer: str
) -> None:
    body = (
        f'<locationRequest><locationType>locationURI</locationType><measurements time="{time}" '
        f'expires="{expires}"><wifi><ap><bssid>{sample.BSSID}</bssid></ap></wifi></measurements>'
        "</locationRequest>"
    )

    answer = call(app, "POST", "/held", body.encode(), peer=peer, headers=[(b"host", b"lis")])

    check("/held", answer)
    assert answer.status in (200, 429)
    if answer.status == 200:
        assert schema_errors(answer.body) == []


SOAP_NAMES = ["Entity", "WAPBSSID", "RSSI", "MAC", "ChassisID", "PortID", "SubnetID", "IP",
              "Country", "State", "City"]  # fmt: skip


@given(
    st.sampled_from(["GetLocations", "GetLocationsInCity"]),
    st.lists(
        st.tuples(
            st.sampled_from(SOAP_NAMES),
            st.text(st.characters(codec="utf-8", exclude_characters="<&"), max_size=30),
        ),
        max_size=8,
    ),
    PEERS,
)
def test_any_soap_request_gets_a_return_code(
    app: CallPath, operation: str, elements: list[tuple[str, str]], peer: str
) -> None:
    content = "".join(f"<{name}>{text}</{name}>" for name, text in elements)
    body = f"<{operation}Request>{content}</{operation}Request>"

    answer = call(app, "POST", e911ws.PATH, body.encode(), peer=peer)

    check(e911ws.PATH, answer)
    if answer.status == 200:
        root = etree.fromstring(answer.body)
        code = root.findtext(".//{*}ReturnCode")
        assert (code == "200") == (root.find(".//{*}presenceList") is not None)
        assert code in ("200", "400", "404")
    else:  # a control character is no XML
        assert answer.status in (429, 500)


@given(st.text(st.characters(codec="ascii"), max_size=40), st.sampled_from(["GET", "POST"]))
@example("A" * 22, "GET")
def test_any_token_is_no_location(app: CallPath, token: str, method: str) -> None:
    answer = call(app, method, f"/held/l/{token.replace('?', '')}", b"<locationRequest/>")

    check("/held", answer)
    assert answer.status in (200, 404)


def _nested(name: str) -> bytes:
    deep = MAX_BODY // (2 * len(name) + 5)
    return (f"<{name}>" * deep + f"</{name}>" * deep).encode()[:MAX_BODY]


def _entities(use: str) -> bytes:
    """Return a document whose ten small entities come to ten thousand million letters."""
    each = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE a [<!ENTITY e0 "lol">{each}]>{use}'.encode()


@pytest.mark.parametrize("path", ["/held", e911ws.PATH])
@pytest.mark.parametrize(
    "body",
    [
        _entities("<locationRequest>&e9;</locationRequest>"),
        _entities('<locationRequest responseTime="&e9;"/>'),
        b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]><locationRequest/>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><locationRequest/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="UTF-7"?>+ADw-!DOCTYPE a+AD4-+ADw-a/+AD4-',
        "<?xml version='1.0' encoding='UTF-32'?><locationRequest/>".encode("utf-32"),
        b"<?xml version='1.0' encoding='latin-1'?><locationRequest><x>\xe9</x></locationRequest>",
        b"<locationRequest><x>\xe9</x></locationRequest>",
        b"\xef\xbb\xbf\xef\xbb\xbf<locationRequest/>",
        b"<locationRequest " + b" ".join(b'xmlns:a%d="b"' % n for n in range(4000)) + b"/>",
        b'<locationRequest responseTime="' + b"9" * 60_000 + b'"/>',
        b"<locationRequest><device><ip>" + b"1" * 60_000 + b"</ip></device></locationRequest>",
        b"<locationRequest><lldp><chassis>"
        + b"f" * 60_000
        + b"</chassis></lldp></locationRequest>",
        _nested("a"),
        _nested("device"),
        b"<locationRequest>" + b"<bssid>00195B7F770D</bssid>" * 2400 + b"</locationRequest>",
        b"<locationRequest>" + b"<device><ip>x</ip></device>" * 2000 + b"</locationRequest>",
        b"<locationRequest " + b" ".join(b'a%d="b"' % n for n in range(6000)) + b"/>",
        b"<!DOCTYPE a [" + b"<!ENTITY b 'b'>" * 3000 + b"]><a/>",
        b"<locationRequest>&#0;</locationRequest>",
    ],
    ids=[
        "entities-in-text",
        "entities-in-attribute",
        "parameter-entity",
        "utf-16-doctype",
        "utf-7-doctype",
        "utf-32",
        "latin-1",
        "not-utf-8",
        "two-boms",
        "namespaces",
        "long-number",
        "long-address",
        "long-chassis",
        "nested",
        "nested-devices",
        "bssids",
        "devices",
        "attributes",
        "entities",
        "nul",
    ],
)
def test_a_body_made_to_hurt_is_answered(app: CallPath, path: str, body: bytes) -> None:
    assert len(body) <= MAX_BODY

    answer = call(app, "POST", path, body, peer="10.1.1.20")

    check(path, answer)
    assert len(answer.body) < 4000
