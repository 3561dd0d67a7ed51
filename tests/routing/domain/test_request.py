"""What the SIP edge tells about a call, and who and where the caller is by it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain.resolution import Clue
from routing.domain.numbers import NormalizationRule
from routing.domain.request import MAX_TEXT, Caller, RouteRequest, caller, clue, hear

EXTENSION = NormalizationRule("Extensions", r"^(0\d{3})$", "+1212555$1")


def test_from_json_takes_the_members_it_knows() -> None:
    request = RouteRequest.from_json(
        {
            "ruri": "sip:911@pbx",
            "src_ip": "10.1.1.20",
            "src_port": 5060,
            "_ti": "1",
            "pidf_lo": None,
        }
    )

    assert request == RouteRequest("sip:911@pbx", src_ip="10.1.1.20", src_port="5060")


def test_from_json_without_a_request_uri_takes_to() -> None:
    assert RouteRequest.from_json({"to_uri": "sip:911@pbx"}).ruri == "sip:911@pbx"


@pytest.mark.parametrize("document", [None, [], "911", 5, {}, {"ruri": ""}, {"ruri": ["911"]}])
def test_from_json_refuses_what_says_no_number(document: Any) -> None:
    with pytest.raises(ValueError, match="ruri"):
        RouteRequest.from_json(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
NAMES = st.sampled_from(list(RouteRequest.__dataclass_fields__)) | st.text(max_size=5)


@given(JSON | st.dictionaries(NAMES, JSON, max_size=12))
def test_any_json_is_read_or_refused(document: Any) -> None:
    try:
        request = RouteRequest.from_json(document)
    except ValueError:
        return

    caller(request, (EXTENSION,))
    clue(request)
    assert isinstance(request.policy_tag, str)
    assert request.ruri.encode().decode() == request.ruri


def test_from_json_cuts_endless_text_and_replaces_what_no_encoder_takes() -> None:
    request = RouteRequest.from_json({"ruri": "911", "contact": "x" * (MAX_TEXT + 1)})

    assert len(request.contact) == MAX_TEXT
    assert RouteRequest.from_json({"ruri": "911\ud800"}).ruri == "911?"


@pytest.mark.parametrize(
    ("request_", "tag"),
    [
        (RouteRequest(tag="user-tagid:NY", pidf_lo="<LocationPolicyTagID>x</…"), "user-tagid:NY"),
        (
            RouteRequest(
                pidf_lo='<a:LocationPolicyTagID xmlns:a="urn:x">subnet-tagid:R&amp;D </a:Loc…>'
            ),
            "subnet-tagid:R&D",
        ),
        (
            RouteRequest(
                pidf_lo="<LocationPolicyTagID>first</LocationPolicyTagID>"
                "<LocationPolicyTagID>last</LocationPolicyTagID>"
            ),
            "last",
        ),
        (RouteRequest(pidf_lo="<LocationPolicyTagID/>"), ""),
        (RouteRequest(), ""),
    ],
    ids=["explicit", "prefixed and escaped", "the last one", "empty", "none"],
)
def test_policy_tag(request_: RouteRequest, tag: str) -> None:
    assert request_.policy_tag == tag


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            RouteRequest(from_uri="sip:Anna@Example.com", from_display='"Anna \\"A\\" Lee"'),
            Caller(("sip:anna@example.com",), (), 'Anna "A" Lee', "example.com"),
        ),
        (
            RouteRequest(from_uri="sip:+12125550142@10.1.1.9", from_display='"Lobby"'),
            Caller(("sip:+12125550142@10.1.1.9",), ("+12125550142",), "Lobby", "10.1.1.9"),
        ),
        (
            RouteRequest(from_uri="tel:+1-212-555-0142"),
            Caller(("tel:+12125550142",), ("+12125550142",), "", ""),
        ),
        (
            RouteRequest(from_uri="sip:0123@pbx.example.com"),
            Caller(("sip:0123@pbx.example.com",), ("+12125550123",), "", "pbx.example.com"),
        ),
        (
            RouteRequest(
                from_uri="sip:anonymous@anonymous.invalid",
                p_asserted_identity='"Anna, A." <sip:anna@example.com>, <tel:+12125550100>',
            ),
            Caller(
                (
                    "sip:anna@example.com",
                    "tel:+12125550100",
                    "sip:anonymous@anonymous.invalid",
                ),
                ("+12125550100",),
                "",
                "anonymous.invalid",
            ),
        ),
        (
            RouteRequest(
                from_uri="sip:a@[2001:DB8::1]", p_asserted_identity="sip:anna@example.com"
            ),
            Caller(("sip:anna@example.com", "sip:a@[2001:db8::1]"), (), "", "[2001:db8::1]"),
        ),
        (RouteRequest(from_uri="nonsense", from_display="Bob"), Caller((), (), "Bob", "")),
        (RouteRequest(from_display='"Open'), Caller((), (), '"Open', "")),
    ],
    ids=[
        "user",
        "number",
        "tel",
        "extension by the dial plan",
        "asserted identity first",
        "IPv6 host",
        "nonsense",
        "unclosed quote",
    ],
)
def test_caller(request_: RouteRequest, expected: Caller) -> None:
    assert caller(request_, (EXTENSION,)) == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (RouteRequest(src_ip="10.1.1.20"), Clue(ip="10.1.1.20")),
        (RouteRequest(src_ip="::ffff:10.1.1.20"), Clue(ip="10.1.1.20")),
        (RouteRequest(src_ip="10.9.9.9", x_location="ip=10.1.1.20"), Clue(ip="10.1.1.20")),
        (
            RouteRequest(src_ip="10.9.9.9", x_location="ip=10.1.1.20", ip="10.2.1.20"),
            Clue(ip="10.2.1.20"),
        ),
        (
            RouteRequest(x_location='Chassis=3C:4A:92:30:EC:00; port="Gi1/0/7";mac=a01234567890'),
            Clue(
                chassis="3c-4a-92-30-ec-00",
                port="gigabitethernet1/0/7",
                mac="a0-12-34-56-78-90",
            ),
        ),
        (
            RouteRequest(
                bssid="00:19:5b:7f:77:0d,00-19-5B-7F-77-0E",
                access_network_info='IEEE-802.11a; i-wlan-node-id="00195b7f770d"',
            ),
            Clue(bssids=("00-19-5b-7f-77-0d", "00-19-5b-7f-77-0e")),
        ),
        (RouteRequest(), Clue()),
    ],
    ids=["source", "mapped source", "header", "explicit", "port", "Wi-Fi", "nothing"],
)
def test_clue(request_: RouteRequest, expected: Clue) -> None:
    assert clue(request_) == (expected, ())


def test_clue_leaves_out_what_cannot_be_read_and_says_so() -> None:
    request = RouteRequest(ip="ten", src_ip="10.1.1.20", mac="zz", bssid="00-19-5b-7f-77-0*")

    assert clue(request) == (
        Clue(ip="10.1.1.20"),
        (
            "bssid: “00-19-5b-7f-77-0*” cannot be read, ignored",
            "ip: “ten” cannot be read, ignored",
            "mac: “zz” cannot be read, ignored",
        ),
    )


@pytest.mark.parametrize(
    "text",
    ["<" + " " * 60_000, "a" * 60_000, "< " * 30_000, "a:" * 30_000, "<a" * 30_000],
    ids=["spaces", "no colon", "brackets", "colons", "open brackets"],
)
@pytest.mark.parametrize("name", ["p_asserted_identity", "from_uri", "from_display", "pidf_lo"])
def test_endless_text_of_a_caller_is_read_in_time_and_says_nothing(name: str, text: str) -> None:
    # Anything but time in proportion to the length would keep this test, and a call, for minutes.
    heard = RouteRequest.from_json({"ruri": "sip:911@example.com", name: text})

    who = hear(heard).who

    assert (who.uris, who.numbers, heard.policy_tag) == ((), (), "")
