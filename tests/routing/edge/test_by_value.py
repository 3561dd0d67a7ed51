"""A location by value of the phone on the command line: what is taken, refused, and sent."""

import email
import email.policy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosipua.message import SipMessage, SipRequest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain import pidflo
from locations.domain.addresses import CIVIC_ORDER
from locations.domain.profiles import EXTENSIONS
from routing.edge import by_value
from tests.schemas import schema_errors

NOW = datetime(2026, 11, 28, 10, 30, tzinfo=UTC)
ALBANY = {"country": "US", "A1": "NY", "A3": "Albany", "RD": "State", "HNO": "1"}
_NAMES = [name for name in (*CIVIC_ORDER, *EXTENSIONS) if name != "country"]
_TEXT = st.text(st.characters(categories=("L", "N", "P")), min_size=1).filter(
    lambda text: not set(text) & {";", "="}
)


def test_elements_are_named_as_in_rfc_5139_in_any_case() -> None:
    assert by_value.civic_of(" COUNTRY=US; a1=NY;A3=Albany ;rd=State;hno=1;") == ALBANY


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "country is “”. Write two letters"),
        ("A3=Albany", "country is “”"),
        ("country=USA;A3=Albany", "country is “USA”. Write two letters (ISO 3166-1)"),
        ("country=US", "only the country is given. Say more, for example country=US;A1=NY"),
        ("country=US;Albany", "“Albany” is not NAME=TEXT, for example country=US"),
        ("country=US;A3=", "“A3=” is not NAME=TEXT"),
        ("country=US;city=Albany", "“city” (“Albany”) is no civic element. Use those of RFC 5139"),
        ("country=US;A3=Albany;a3=Troy", "A3 is there twice, “Albany” and “Troy”. Leave one out"),
    ],
)
def test_what_is_no_place_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="--civic: ") as refused:
        by_value.civic_of(text)

    assert said in str(refused.value)


def test_typed_place_is_a_valid_document_of_the_method_manual() -> None:
    document = by_value.typed(ALBANY, caller="sip:anna@example.com", now=NOW)

    assert schema_errors(document.decode()) == []
    read = pidflo.read(document)
    assert (read.entity, read.location.civic) == ("sip:anna@example.com", ALBANY)
    assert read.location.method == "Manual"


@given(st.dictionaries(st.sampled_from(_NAMES), _TEXT, min_size=1))
def test_whatever_is_typed_arrives(civic: dict[str, str]) -> None:
    whole = {"country": "US", **civic}
    text = ";".join(f"{name}={value}" for name, value in whole.items())

    document = by_value.typed(by_value.civic_of(text), caller="sip:a@b.example", now=NOW)

    assert pidflo.read(document).location.civic == whole


def test_file_is_sent_as_it_is(tmp_path: Path) -> None:
    document = by_value.typed(ALBANY, caller="sip:a@b.example", now=NOW).replace(b"?>\n", b"?>\n\n")
    (tmp_path / "mine.xml").write_bytes(document)

    assert by_value.of_file(tmp_path / "mine.xml") == document


_EMPTY = b'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:a@b"/>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory. Name a file that can be read."),
        (b"somewhere", "not well-formed XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + _EMPTY, "document type declaration is not accepted"),
        (b"<html/>", "This is a html document, not presence. Give a PIDF-LO (RFC 4119)."),
        (_EMPTY, "says no place. Give a geopriv with a civicAddress or a shape."),
        (b" " * 60_001, "has 60001 bytes, an INVITE over UDP takes 60000"),
    ],
)
def test_file_that_says_no_place_is_refused_by_name(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "mine.xml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ValueError, match=f"--pidf-lo: {path}") as refused:
        by_value.of_file(path)

    assert said in str(refused.value)


def test_invite_names_the_part_that_it_carries() -> None:
    document = by_value.typed({**ALBANY, "LOC": "Café"}, caller="sip:a@b.example", now=NOW)
    invite = SipRequest(method="INVITE", uri="sip:911@b.example")
    invite.text, invite.content_type = "v=0\r\n", "application/sdp"
    invite.headers.set_single("Supported", "100rel")

    by_value.attach(invite, document)
    once = bytes(invite)
    by_value.attach(invite, document)  # sent again

    assert bytes(invite) == once
    read = SipMessage.parse(once)
    assert read.headers.get("Supported") == ["100rel", "geolocation"]
    whole = f"Content-Type: {read.content_type}\r\n\r\n".encode() + read.body
    sdp, location = email.message_from_bytes(whole, policy=email.policy.HTTP).iter_parts()
    assert sdp.get_payload(decode=True) == b"v=0\r\n"
    assert location.get_content_type() == "application/pidf+xml"
    assert location.get_payload(decode=True) == document
    assert read.get_header("Geolocation") == f"<cid:{location['Content-ID'].strip('<>')}>"
    assert read.get_header("Geolocation-Routing") == "yes"
