"""PIDF-LO: what is written validates and reads back; what others write is read."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain import pidflo
from locations.domain.addresses import CIVIC_ORDER
from locations.domain.pidflo import Location, MicrosoftExtension, PIDFError, Point
from locations.domain.profiles import Profile
from locations.domain.resolution import ERLRecord, Resolution
from tests.schemas import sample, schema_errors

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
EXPIRES = NOW + timedelta(hours=24)
CIVIC = {
    "country": "US", "A1": "NY", "A3": "New York", "PRD": "N", "RD": "Cedar", "STS": "Dr",
    "HNO": "12345", "LOC": "New York Wired", "NAM": "UnplugThePBX", "PC": "98765",
}  # fmt: skip
WIRED = Location(CIVIC, Point(40.7128, -74.006, 25), "Wiremap")
SECURITY_DESK = MicrosoftExtension("sip:desk@example.com", "twoway", "subnet-tagid-NY1")


def held(location: Location, profile: Profile = Profile.RFC5139) -> str:
    return pidflo.for_held(
        pidflo.forms(location, profile),
        location.method,
        entity="pres:x@lis.example.com",
        at=NOW,
        expires=EXPIRES,
    )


def sip(
    location: Location, profile: Profile, extension: MicrosoftExtension | None = SECURITY_DESK
) -> str:
    return pidflo.for_sip(
        location,
        entity="pres:x@pbx.example.com",
        device_id="mac:a01234567890",
        now=NOW,
        expires=EXPIRES,
        profile=profile,
        extension=extension,
    )


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("write", [held, sip], ids=["held", "sip"])
@pytest.mark.parametrize(
    "location",
    [
        pytest.param(WIRED, id="circle-and-civic"),
        pytest.param(Location(CIVIC, Point(-33.9, 151.2), "DHCP"), id="point-and-civic"),
        pytest.param(Location(CIVIC), id="civic-without-method"),
        pytest.param(Location({}, Point(0, 0)), id="point-only"),
        pytest.param(Location({name: "x" for name in CIVIC_ORDER}), id="every-element"),
        pytest.param(Location({**CIVIC, "country": "USA"}), id="country-not-two-letters"),
        pytest.param(Location({**CIVIC, "LOC": "<Labs> & \x00\"Co\" 'x'\n \ud7ff"}), id="escapes"),
    ],
)
def test_every_document_is_valid_by_the_schemas(
    location: Location, write: object, profile: Profile
) -> None:
    document = write(location, profile)  # type: ignore[operator]

    assert schema_errors(document) == []


def test_held_document_in_full() -> None:
    document = held(
        Location({"country": "US", "A1": "NY", "HNO": "1"}, Point(40.5, -74, 25), "DHCP")
    )

    assert document == (
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" '
        'xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" '
        'xmlns:gbp="urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy" '
        'xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr" '
        'xmlns:gml="http://www.opengis.net/gml" xmlns:gs="http://www.opengis.net/pidflo/1.0" '
        'entity="pres:x@lis.example.com"><tuple id="location"><status><gp:geopriv>'
        '<gp:location-info><gs:Circle srsName="urn:ogc:def:crs:EPSG::4326">'
        "<gml:pos>40.500000 -74.000000</gml:pos>"
        '<gs:radius uom="urn:ogc:def:uom:EPSG::9001">25</gs:radius></gs:Circle>'
        '<ca:civicAddress xml:lang="en"><ca:country>US</ca:country><ca:A1>NY</ca:A1>'
        "<ca:HNO>1</ca:HNO></ca:civicAddress></gp:location-info><gp:usage-rules>"
        "<gbp:retransmission-allowed>true</gbp:retransmission-allowed>"
        "<gbp:retention-expiry>2026-11-22T10:30:00.000Z</gbp:retention-expiry></gp:usage-rules>"
        "<gp:method>DHCP</gp:method></gp:geopriv></status>"
        "<timestamp>2026-11-21T10:30:00.000Z</timestamp></tuple></presence>"
    )


def test_civic_elements_are_written_in_schema_order_whatever_order_is_given() -> None:
    backwards = dict(reversed(CIVIC.items()))

    assert pidflo.civic_xml(backwards) == pidflo.civic_xml(CIVIC)


def test_extension_elements_read_back_by_their_names() -> None:
    document = held(Location({"HNO": "N89W16758", "UNIT": "Suite 100"}), Profile.CLDXF)

    assert pidflo.read(document.encode()).location.civic == {
        "HNO": "16758",
        "HNP": "N89W",
        "UNIT_PRETYPE": "Suite",
        "UNIT_VALUE": "100",
    }


@pytest.mark.parametrize("profile", Profile)
def test_sip_document_reads_back(profile: Profile) -> None:
    found = pidflo.read(sip(WIRED, profile).encode())

    assert (found.entity, found.timestamp) == (
        "pres:x@pbx.example.com",
        "2026-11-21T10:30:00.000Z",
    )
    assert (found.location.point, found.location.method) == (WIRED.point, "Wiremap")


@pytest.mark.parametrize(
    ("profile", "container", "extension"),
    [
        (Profile.CLDXF, "dm:deviceID>mac:a01234567890<", MicrosoftExtension()),
        (Profile.RFC5139, "dm:deviceID>mac:a01234567890<", MicrosoftExtension()),
        (Profile.MICROSOFT, '<tuple id="location">', SECURITY_DESK),
    ],
)
def test_sip_document_suits_its_readers(
    profile: Profile, container: str, extension: MicrosoftExtension
) -> None:
    document = sip(WIRED, profile)

    assert document.count(container) == 1
    assert document.count("civicAddress ") == 1
    assert pidflo.read(document.encode()).extension == extension


def test_tag_alone_is_not_sent_because_the_extension_requires_a_conference() -> None:
    document = sip(WIRED, Profile.MICROSOFT, MicrosoftExtension(tag="user-tagid"))

    assert pidflo.read(document.encode()).extension == MicrosoftExtension()


@pytest.mark.parametrize(
    ("tier", "via", "confidence", "method"),
    [
        ("bssid", "bssid", "validated", "802.11"),
        ("port", "port", "validated", "Wiremap"),
        ("chassis", "chassis", "validated", "Wiremap"),
        ("subnet", "subnet", "validated", "DHCP"),
        ("mac", "mac", "validated", "Wiremap"),
        ("endpoint", "endpoint", "unvalidated", "Wiremap"),
        ("last_known", "bssid", "validated", "802.11"),
        ("site_default", "site_default", "validated", "DHCP"),
        ("port", "port", "manual", "Manual"),
    ],
)
def test_located_takes_the_method_from_the_evidence(
    tier: str, via: str, confidence: str, method: str
) -> None:
    erl = ERLRecord(
        1, "x", "NY1", "valid", {"civic": CIVIC, "lat": 40.7, "lon": -74.0, "radius_m": 30}
    )
    found = Resolution(True, tier, "m", erl, "NY1", confidence, 0, (), (), via)  # type: ignore[arg-type]

    assert pidflo.located(found) == Location(CIVIC, Point(40.7, -74.0, 30), method)


def test_located_without_a_location_is_empty() -> None:
    nowhere = Resolution(False, None, None, None, None, "none", 0, ())

    assert pidflo.located(nowhere) == Location()
    assert not pidflo.located(nowhere)


# MS-SIPRE 4.14 with the AudioCodes variant of ELINs in NAM: ids that are no xs:ID, no time zone.
LYNC = b"""<presence xmlns="urn:ietf:params:xml:ns:pidf"
 xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"
 xmlns:bp="urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy"
 xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"
 xmlns:ms="urn:schema:Rtc.LIS.msftE911PidfExtn.2008" entity="sip:voip_911_user1@contoso.com">
<tuple id="0"><status><gp:geopriv><gp:location-info><ca:civicAddress><ca:country>US</ca:country>
<ca:A1>WA</ca:A1><ca:A3>Redmond</ca:A3><ca:PRD/><ca:RD>163rd</ca:RD><ca:STS>Ave</ca:STS>
<ca:POD>NE</ca:POD><ca:HNO>3910</ca:HNO><ca:LOC>40/4451</ca:LOC>
<ca:NAM>1111-222-333; 1234567890 </ca:NAM><ca:PC>98052</ca:PC></ca:civicAddress>
</gp:location-info><gp:usage-rules>
<bp:retransmission-allowed>true</bp:retransmission-allowed></gp:usage-rules></gp:geopriv>
<ms:msftE911PidfExtn><ms:ConferenceUri>sip:+14255550199@contoso.com;user=phone</ms:ConferenceUri>
<ms:ConferenceMode>twoway</ms:ConferenceMode>
<LocationPolicyTagID xmlns="urn:schema:Rtc.Lis.LocationPolicyTagID.2008"
>user-tagid</LocationPolicyTagID>
</ms:msftE911PidfExtn></status><timestamp>1991-09-22T13:37:31.03</timestamp></tuple></presence>"""


def test_read_of_a_lync_client() -> None:
    assert pidflo.read(LYNC) == pidflo.PIDFLO(
        entity="sip:voip_911_user1@contoso.com",
        locations=(
            Location(
                {
                    "country": "US", "A1": "WA", "A3": "Redmond", "RD": "163rd", "STS": "Ave",
                    "POD": "NE", "HNO": "3910", "LOC": "40/4451",
                    "NAM": "1111-222-333; 1234567890", "PC": "98052",
                },
            ),
        ),
        timestamp="1991-09-22T13:37:31.03",
        extension=MicrosoftExtension(
            "sip:+14255550199@contoso.com;user=phone", "twoway", "user-tagid"
        ),
    )  # fmt: skip


def test_read_of_a_device_document() -> None:
    found = pidflo.read(sample("sip_device_pidf.xml"))

    assert (found.location.method, found.location.civic["FLR"]) == ("Wiremap", "3")


def geopriv(method: str) -> str:
    return (
        '<gp:geopriv xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"><gp:location-info>'
        f"<civicAddress><A3>Redmond</A3></civicAddress></gp:location-info>"
        f"<gp:method>{method}</gp:method></gp:geopriv>"
    )


def test_read_prefers_device_to_tuple_to_person() -> None:
    document = (
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" '
        'xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" entity="pres:a@b">'
        f'<dm:person id="p">{geopriv("Manual")}</dm:person>'
        f'<tuple id="t"><status>{geopriv("DHCP")}</status></tuple>'
        f'<dm:device id="d">{geopriv("Wiremap")}</dm:device></presence>'
    )

    found = pidflo.read(document.encode())

    assert [location.method for location in found.locations] == ["Wiremap", "DHCP", "Manual"]


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("40.5 -74", Point(40.5, -74)),
        ("40.5 -74 12", Point(40.5, -74)),
        ("95 0", None),
        ("40.5", None),
        ("north west", None),
        ("nan 0", None),
    ],
)
def test_read_of_points(position: str, expected: Point | None) -> None:
    document = held(Location(CIVIC, Point(1, 2))).replace("1.000000 2.000000", position)

    assert pidflo.read(document.encode()).location.point == expected


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<presence", id="cut"),
        pytest.param(b"<other/>", id="another-root"),
        pytest.param(b"<!DOCTYPE presence><presence/>", id="doctype"),
        pytest.param(
            "<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE presence [<!ENTITY a 'b'>]>"
            "<presence>&a;</presence>".encode("utf-16"),
            id="doctype-in-utf-16",
        ),
        pytest.param(b"<a>" * 5000 + b"</a>" * 5000, id="deep"),
    ],
)
def test_read_refuses(document: bytes) -> None:
    with pytest.raises(PIDFError):
        pidflo.read(document)


def test_presence_without_a_location_is_read_as_empty() -> None:
    assert pidflo.read(b'<presence entity="pres:a@b"/>').location == Location()


@given(
    st.dictionaries(
        st.sampled_from([name for name in CIVIC_ORDER if name not in ("country", "PLC")]),
        st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cn", "Z")), min_size=1),
        min_size=1,
    )
)
def test_every_civic_text_survives_writing_and_reading(civic: dict[str, str]) -> None:
    document = held(Location(civic))

    assert pidflo.read(document.encode()).location.civic == civic
