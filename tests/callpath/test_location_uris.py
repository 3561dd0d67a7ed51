"""Location URIs: made when asked for, followed by whoever holds them, and ended in time."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from e911portal.callpath.app import CallPath
from e911portal.callpath.references import References
from locations.domain.resolution import Clue
from tests.callpath import sample
from tests.callpath.client import Answer, call
from tests.callpath.test_held_door import HELD, lldp, place, request, wifi
from tests.schemas import schema_errors

HOST = (b"host", b"lis.example.com:8010")
REQUEST = f'<locationRequest xmlns="{HELD}">{{}}</locationRequest>'
TYPES = '<locationType exact="{}">{}</locationType>'


def ask(
    app: CallPath, measured: str = "", *, exact: str = "false", until: str = "", **more: object
) -> Answer:
    end = f'expires="{until}"' if until else ""
    facts = (
        f'<measurements xmlns="urn:ietf:params:xml:ns:geopriv:lm" {end}>{measured}</measurements>'
    )
    body = REQUEST.format(TYPES.format(exact, "locationURI") + facts).encode()
    options: dict[str, object] = {"peer": "10.1.1.20", "headers": [HOST], **more}
    return call(app, "POST", "/held", body, **options)  # type: ignore[arg-type]


def path_of(answer: Answer) -> str:
    (uri,) = etree.fromstring(answer.body).iter(f"{{{HELD}}}locationURI")
    found = re.fullmatch(r"http://lis\.example\.com:8010(/held/l/[\w-]{22})", uri.text or "")
    assert found
    return found[1]


def later(app: CallPath, **time: float) -> None:
    app.node.clock = lambda: sample.AT + timedelta(**time)


def test_uri_is_given_with_its_end_and_leads_to_the_device(app: CallPath) -> None:
    answer = ask(app, lldp("7"))

    followed = call(app, "GET", path_of(answer), peer="198.51.100.1")

    assert schema_errors(answer.body) == schema_errors(followed.body) == []
    (listed,) = etree.fromstring(answer.body).iter(f"{{{HELD}}}locationUriSet")
    assert listed.get("expires") == "2026-11-21T11:30:00.000Z"
    assert place(followed) == "New York Wired"
    assert b"locationUriSet" not in followed.body
    assert b"10.1.1.20" not in followed.body


@pytest.mark.parametrize(
    ("about", "end"),
    [
        ("<ip>10.1.1.20</ip>", "11:30"),
        ("<mac>00-04-13-AA-BB-CC</mac>", "14:30"),
        ("<ip>10.1.1.20</ip><uri>tel:+12125550150</uri>", "14:30"),
    ],
    ids=["address", "mac", "uri"],
)
def test_uri_of_a_mere_address_ends_before_it_may_be_anothers(
    app: CallPath, about: str, end: str
) -> None:
    device = f'<device xmlns="{HELD}:id">{about}</device>'
    body = REQUEST.format(TYPES.format("false", "locationURI") + device).encode()

    answer = call(app, "POST", "/held", body, headers=[HOST])

    (listed,) = etree.fromstring(answer.body).iter(f"{{{HELD}}}locationUriSet")
    assert listed.get("expires") == f"2026-11-21T{end}:00.000Z"


def test_uri_ends_when_the_measurements_do(app: CallPath) -> None:
    answer = ask(app, lldp("7"), until="2026-11-21T10:45:00Z")

    (listed,) = etree.fromstring(answer.body).iter(f"{{{HELD}}}locationUriSet")
    assert listed.get("expires") == "2026-11-21T10:45:00.000Z"


def test_exactly_a_uri_carries_no_location(app: CallPath) -> None:
    answer = ask(app, exact="true")

    assert schema_errors(answer.body) == []
    (root,) = etree.fromstring(answer.body).iter(f"{{{HELD}}}locationResponse")
    assert [etree.QName(child).localname for child in root] == ["locationUriSet"]


def test_every_request_gets_a_token_of_its_own(app: CallPath) -> None:
    assert len({path_of(ask(app)) for _ in range(5)}) == 5


def test_uri_is_not_given_to_who_does_not_ask_for_it(app: CallPath) -> None:
    answer = call(app, "POST", "/held", request(), peer="10.1.1.20", headers=[HOST])

    assert b"locationUriSet" not in answer.body


def test_without_an_address_of_our_own_there_is_no_uri(app: CallPath) -> None:
    assert place(ask(app, headers=[])) == "New York 1st Floor"
    assert place(ask(app, exact="true", headers=[])) == "cannotProvideLiType"


@pytest.mark.parametrize(
    ("accept", "root"),
    [
        (b"application/pidf+xml,application/held+xml;q=0.5", "presence"),
        (b"application/pidf+xml", "presence"),
        (b"application/held+xml, application/pidf+xml;q=0.2", "locationResponse"),
        (b"application/pidf+xml;q=0", "locationResponse"),
        (b"application/pidf+xml;q=x", "locationResponse"),
        (b"*/*", "locationResponse"),
        (b"", "locationResponse"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_content_is_negotiated(app: CallPath, method: str, accept: bytes, root: str) -> None:
    path = path_of(ask(app))
    body = REQUEST.format("").encode() if method == "POST" else b""

    answer = call(app, method, path, body, peer="198.51.100.1", headers=[(b"accept", accept)])

    assert etree.QName(etree.fromstring(answer.body)).localname == root
    assert schema_errors(answer.body) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (TYPES.format("true", "civic"), ["civicAddress"]),
        (TYPES.format("true", "geodetic"), ["Circle"]),
        (TYPES.format("false", "civic geodetic"), ["civicAddress", "Circle"]),
        (TYPES.format("true", "locationURI"), "cannotProvideLiType"),
        (f'<device xmlns="{HELD}:id"><ip v="4">10.1.1.20</ip></device>', "requestError"),
        ("<", "xmlError"),
    ],
    ids=["civic", "geodetic", "order", "uri-of-a-uri", "identity", "broken"],
)
def test_post_may_choose_the_forms_and_name_nobody(
    app: CallPath, content: str, expected: object
) -> None:
    answer = call(app, "POST", path_of(ask(app)), REQUEST.format(content).encode())

    root = etree.fromstring(answer.body)
    forms = [etree.QName(form).localname for part in root.iter("{*}location-info") for form in part]
    assert (forms or root.get("code")) == expected
    assert (answer.status, schema_errors(answer.body)) == (200, [])


def test_uri_ends(app: CallPath) -> None:
    path = path_of(ask(app))

    later(app, minutes=59)
    before = call(app, "GET", path)
    later(app, hours=1)
    after = call(app, "GET", path)

    assert (place(before), place(after)) == ("New York 1st Floor", "locationUnknown")
    assert (after.status, schema_errors(after.body)) == (200, [])


@pytest.mark.parametrize(
    ("path", "status"),
    [("/held/l/" + "A" * 22, 200), ("/held/l/", 404), ("/held/l/..%2f", 404), ("/held/l", 404)],
)
def test_what_was_never_given_is_unknown(app: CallPath, path: str, status: int) -> None:
    answer = call(app, "GET", path)

    assert answer.status == status
    assert status == 404 or place(answer) == "locationUnknown"


def test_uri_follows_the_device(app: CallPath) -> None:
    path = path_of(ask(app, lldp("7")))

    later(app, minutes=30)
    call(app, "POST", "/held", request(measured=wifi(sample.BSSID)), peer="10.1.1.20")
    later(app, minutes=40)
    followed = call(app, "GET", path)

    assert place(followed) == "New York 3rd Floor Wireless"
    assert etree.fromstring(followed.body).findtext(".//{*}timestamp") == "2026-11-21T11:00:00.000Z"


def test_uri_follows_the_publication_and_survives_a_restart(
    state: Path, app: CallPath, make_app: Callable[..., CallPath]
) -> None:
    path = path_of(ask(app, lldp("7")))
    sample.publish(state / "publications", 43, mark=" moved")

    assert place(call(make_app(state), "GET", path)) == "New York Wired moved"


def test_token_is_not_on_the_disk(state: Path, app: CallPath) -> None:
    token = path_of(ask(app)).rpartition("/")[2]

    assert token.encode() not in (state / "location-uris.slots").read_bytes()


def test_store_that_cannot_be_used_gives_no_uri(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = References(tmp_path / "file" / "below")

    made = store.make(Clue(ip="10.1.1.20"), sample.AT, sample.AT + timedelta(hours=1))

    assert (made, store.find("A" * 22, sample.AT)) == (None, None)
