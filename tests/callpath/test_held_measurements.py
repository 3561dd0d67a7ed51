"""Measurements in HELD requests: how old they are, how long they are kept, whose they are."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from e911portal.callpath.app import CallPath
from tests.callpath import sample
from tests.callpath.client import Answer, call
from tests.callpath.test_held_door import HELD, KEY, lldp, place, request, wifi
from tests.schemas import schema_errors

EXAMPLES = sorted(
    (Path(__file__).parents[1] / "locations" / "held" / "examples").glob("*.xml"),
)
MINUTE = timedelta(minutes=1)


def ago(minutes: float) -> str:
    return f"{(sample.AT - minutes * MINUTE).isoformat()[:-6]}Z"


def measured(content: str, **times: str) -> bytes:
    attributes = " ".join(f'{name}="{value}"' for name, value in times.items())
    return (
        f'<locationRequest xmlns="{HELD}"><measurements xmlns="urn:ietf:params:xml:ns:geopriv:lm" '
        f"{attributes}>{content}</measurements></locationRequest>"
    ).encode()


def ask(app: CallPath, body: bytes, peer: str = "10.1.1.20", **options: object) -> Answer:
    answer = call(app, "POST", "/held", body, peer=peer, **options)  # type: ignore[arg-type]
    assert schema_errors(answer.body) == []
    return answer


def said(answer: Answer) -> tuple[str, str | None, str | None]:
    """Return the place, whose measurements led there, and of when they are."""
    root = etree.fromstring(answer.body)
    source = root.findtext(".//{urn:ietf:params:xml:ns:pidf:geopriv10:lmsrc}source")
    return place(answer), source, root.findtext(".//{urn:ietf:params:xml:ns:pidf}timestamp")


NOW, FIRST_FLOOR, WIRED = "2026-11-21T10:30:00.000Z", "New York 1st Floor", "New York Wired"


@pytest.mark.parametrize(
    ("peer", "times", "expected"),
    [
        ("10.1.1.20", {}, (WIRED, "device", NOW)),
        ("10.1.1.20", {"time": ago(10)}, (WIRED, "device", "2026-11-21T10:20:00.000Z")),
        ("10.1.1.20", {"time": ago(-60)}, (WIRED, "device", NOW)),
        ("10.1.1.20", {"time": ago(11)}, (FIRST_FLOOR, "lis", NOW)),
        ("10.9.9.9", {"time": ago(11)}, (WIRED, "device", "2026-11-21T10:19:00.000Z")),
        ("10.9.9.9", {"time": ago(241)}, ("locationUnknown", None, None)),
        ("10.1.250.4", {"time": ago(11)}, ("notLocatable", None, None)),
        ("10.2.1.9", {"time": ago(11)}, ("Los Angeles 1st Floor", "lis", NOW)),
        ("10.1.1.20", {"expires": ago(0)}, (FIRST_FLOOR, "lis", NOW)),
        ("10.1.1.20", {"expires": ago(-1)}, (WIRED, "device", NOW)),
    ],
    ids=[
        "no-time",
        "a-moment-ago",
        "clock-ahead",
        "stale-precise-yields-to-fresh-coarse",
        "stale-is-better-than-nothing",
        "too-old",
        "left-the-premises",
        "now-in-another-site",
        "expired",
        "not-expired",
    ],
)
def test_age_of_measurements_counts(
    app: CallPath, peer: str, times: dict[str, str], expected: tuple[str, str | None, str | None]
) -> None:
    assert said(ask(app, measured(lldp("7"), **times), peer)) == expected


def test_what_a_key_holder_measured_is_said_to_be_of_another(app: CallPath) -> None:
    body = measured(lldp("7")).replace(
        b"<measurements", f'<device xmlns="{HELD}:id"><ip>10.2.1.5</ip></device>'.encode()
        + b"<measurements", 1
    )  # fmt: skip

    answer = ask(app, body, "198.51.100.1", headers=[KEY])

    assert said(answer)[:2] == (WIRED, "other")


def test_location_uri_and_json_say_the_source_too(app: CallPath) -> None:
    wish = measured(lldp("7")).replace(b"<measurements", b"<locationType>locationURI</locationType>"
                                       b"<measurements", 1)  # fmt: skip
    uri = etree.fromstring(
        ask(app, wish, headers=[(b"host", b"lis")]).body
    ).findtext(".//{*}locationURI")  # fmt: skip
    accept = [(b"accept", b"application/pidf+xml")]

    followed = call(app, "GET", str(uri).removeprefix("http://lis"), headers=accept)
    json = call(app, "GET", "/v1/location", peer="10.1.1.20", headers=accept)

    assert said(followed)[:2] == (WIRED, "device")
    assert said(json)[:2] == (FIRST_FLOOR, "lis")


@pytest.mark.parametrize(
    ("times", "minutes", "known"),
    [
        ({}, 59, True),
        ({"expires": ago(-30)}, 30, True),
        ({"expires": ago(-30)}, 31, False),
        ({"expires": ago(-600)}, 61, False),
        ({"time": ago(5)}, 55, True),
        ({"time": ago(5)}, 56, False),
    ],
    ids=["no-limit", "until", "over", "not-longer-than-an-address-lasts", "since", "too-old"],
)
def test_measurements_are_kept_no_longer_than_the_device_allows(
    app: CallPath, times: dict[str, str], minutes: int, known: bool
) -> None:
    ask(app, measured(wifi(sample.BSSID), **times), "10.9.9.9")
    app.node.clock = lambda: sample.AT + minutes * MINUTE

    later = ask(app, request(), "10.9.9.9")

    assert (place(later) == "New York 3rd Floor Wireless") is known


@pytest.mark.parametrize(("times", "known"), [({}, False), ({"expires": ago(-30)}, True)])
def test_nothing_is_kept_unasked_where_that_is_not_wanted(
    state: Path, make_app: Callable[..., CallPath], times: dict[str, str], known: bool
) -> None:
    app = make_app(state, remember=False)
    ask(app, measured(wifi(sample.BSSID), **times), "10.9.9.9")

    assert (place(ask(app, request(), "10.9.9.9")) == "New York 3rd Floor Wireless") is known


def test_what_is_over_is_erased_from_the_disk(app: CallPath) -> None:
    store = app.node.settings.state_dir / "clues.slots"
    ask(app, measured(wifi(sample.BSSID), expires=ago(-30)), "10.9.9.9")
    ask(app, measured(lldp("7")), "10.9.9.8")
    written = store.read_bytes().replace(b"\0", b"")

    app.node.clues.forget(sample.AT + 31 * MINUTE)
    one_left = store.read_bytes()
    app.node.clues.forget(sample.AT + 241 * MINUTE)

    assert sample.BSSID.encode() in written
    assert (sample.BSSID.encode() in one_left, sample.CHASSIS.encode() in one_left) == (False, True)
    assert store.read_bytes().strip(b"\0") == b""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("peer", ["10.1.1.20", "198.51.100.1", "127.0.0.1"])
def test_examples_of_the_rfcs_get_valid_answers(app: CallPath, example: Path, peer: str) -> None:
    answer = ask(app, example.read_bytes(), peer)

    # None of the examples is about this network; a device of it that asks about itself is placed.
    root = etree.fromstring(answer.body)
    assert answer.status == 200
    assert etree.QName(root).localname in ("locationResponse", "error")


def test_flow_of_another_device_is_about_another_device(app: CallPath) -> None:
    flow = (
        f'<locationRequest xmlns="{HELD}"><flow xmlns="{HELD}:flow" layer3="ipv4" layer4="udp">'
        "<src><address>{ip}</address><port>5060</port></src><dst><address>10.2.1.1</address>"
        "<port>5060</port></dst></flow></locationRequest>"
    )

    own = ask(app, flow.format(ip="10.1.1.20").encode())
    another = ask(app, flow.format(ip="10.2.1.9").encode())
    permitted = ask(app, flow.format(ip="10.2.1.9").encode(), headers=[KEY])

    assert (place(own), place(another)) == (FIRST_FLOOR, "badIdentifier")
    assert place(permitted) == "Los Angeles 1st Floor"
    assert etree.fromstring(permitted.body).findtext(f"{{{HELD}:id}}device/{{*}}ip") == "10.2.1.9"
