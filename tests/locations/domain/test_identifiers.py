"""Identifiers: every spelling in, one spelling out, and a remedy in every refusal."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain import identifiers

BSSID = "00-19-5b-7f-77-0d"
MANUAL = Path(__file__).parents[3] / "docs/wire-map.md"


@pytest.mark.parametrize(
    "text",
    [
        "00-19-5B-7F-77-0D",
        "00:19:5b:7f:77:0d",
        "0019.5b7f.770d",
        "00195B-7F770D",
        "00195b:7f770d",
        "00195B7F770D",
        "  00-19-5b-7f-77-0d\n",
    ],
)
def test_mac_in_every_usual_spelling(text: str) -> None:
    assert identifiers.mac(text) == BSSID


@pytest.mark.parametrize(
    ("text", "canonical", "key"),
    [
        (BSSID.upper(), BSSID, "00195b7f770d"),
        ("F0-6E-0B-C2-04-*", "f0-6e-0b-c2-04-*", "f06e0bc204"),
        ("f0:6e:0b:c2:04:1*", "f0-6e-0b-c2-04-1*", "f06e0bc2041"),
        ("f06e0bc2041*", "f0-6e-0b-c2-04-1*", "f06e0bc2041"),
    ],
)
def test_bssid_and_its_key(text: str, canonical: str, key: str) -> None:
    assert identifiers.bssid(text) == canonical
    assert identifiers.bssid_key(canonical) == key


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("3C4A9230EC00", "3c-4a-92-30-ec-00"),
        ("192.0.2.5", "192.0.2.5"),
        ("2001:DB8:0::1", "2001:db8::1"),
        (" SW1   East ", "sw1 east"),
    ],
)
def test_chassis_id(text: str, canonical: str) -> None:
    assert identifiers.chassis_id(text) == canonical


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("7", "7"),
        ("Gi1/0/1", "gigabitethernet1/0/1"),
        ("GigabitEthernet1/0/1", "gigabitethernet1/0/1"),
        ("gi 1/0/1", "gigabitethernet1/0/1"),
        ("ge-0/0/1", "gigabitethernet0/0/1"),
        ("Te1/1", "tengigabitethernet1/1"),
        ("TwentyFiveGigE1/0/1", "twentyfivegige1/0/1"),
        ("0A-abcd", "0a-abcd"),
        ("3C4A.9230.EC07", "3c-4a-92-30-ec-07"),
        ("A1", "a1"),
    ],
)
def test_port_id(text: str, canonical: str) -> None:
    assert identifiers.port_id(text) == canonical


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("10.1.1.0/24", "10.1.1.0/24"),
        ("10.1.1.0/255.255.255.0", "10.1.1.0/24"),
        ("2001:DB8:1::/64", "2001:db8:1::/64"),
        ("10.1.1.1/32", "10.1.1.1/32"),
    ],
)
def test_network(text: str, canonical: str) -> None:
    assert identifiers.network(text) == canonical


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("10.1.1.20", "10.1.1.20"),
        ("::ffff:10.1.1.20", "10.1.1.20"),
        ("[2001:DB8::1]", "2001:db8::1"),
    ],
)
def test_ip(text: str, canonical: str) -> None:
    assert identifiers.ip(text) == canonical


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("sip:Anna@Example.com", "sip:anna@example.com"),
        ("SIPS:anna:secret@example.com:5061;transport=tls", "sip:anna@example.com"),
        ('"Anna, NY" <sip:anna@example.com;x=1>;tag=7', "sip:anna@example.com"),
        ("anna@example.com", "sip:anna@example.com"),
        ("tel:+1-212-555-0100;ext=3", "tel:+12125550100"),
        ("+1 (212) 555-0100", "tel:+12125550100"),
        ("sip:+12125550100@example.com;user=phone", "tel:+12125550100"),
        ("sip:+12125550100@example.com", "sip:+12125550100@example.com"),
        ("sip:[2001:db8::1]", "sip:[2001:db8::1]"),
    ],
)
def test_uri(text: str, canonical: str) -> None:
    assert identifiers.uri(text) == canonical


@pytest.mark.parametrize(
    ("function", "text", "remedy"),
    [
        (identifiers.mac, "00-19-5b", "Write twelve hexadecimal digits"),
        (identifiers.mac, "00-19:5b-7f-77-0d", "Write twelve hexadecimal digits"),
        (identifiers.bssid, "12-34-56-*", "The * may stand only for the last one or two"),
        (identifiers.bssid, "x", "is not a BSSID. Write"),
        (identifiers.chassis_id, "  ", "The chassis id is empty"),
        (identifiers.port_id, "", "The port id is empty"),
        (identifiers.network, "10.1.1.0", "Write the network with its mask"),
        (identifiers.network, "10.1.1.7/24", "The network id is 10.1.1.0/24"),
        (identifiers.network, "10.1.1.0/33", "is not an IP network"),
        (identifiers.network, "::ffff:10.1.1.0/120", "Write 10.1.1.0/24."),
        (identifiers.ip, "10.1.1", "is not an IP address"),
        (identifiers.uri, "anna", "is not a SIP or tel URI"),
        (identifiers.uri, "tel:911", "is not a SIP or tel URI"),
        (identifiers.phone_number, "2125550100", "is not an E.164 number"),
        (identifiers.phone_number, "tel:+12125550100;ext=3", "is not an E.164 number"),
    ],
)
def test_refusal_names_the_remedy(function: Callable[[str], str], text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=r"“|empty") as refused:
        function(text)

    assert str(refused.value).count(remedy) == 1


@pytest.mark.parametrize("text", ["+1 (212) 555-0100", "tel:+12125550100", "TEL:+1-212-555-0100"])
def test_phone_number_without_scheme_and_visual_separators(text: str) -> None:
    assert identifiers.phone_number(text) == "+12125550100"


def test_network_key_sorts_by_version_address_and_length() -> None:
    networks = ["2001:db8::/32", "10.2.0.0/16", "10.1.0.0/24", "10.1.0.0/16", "9.0.0.0/8"]

    assert sorted(networks, key=identifiers.network_key) == [
        "9.0.0.0/8",
        "10.1.0.0/16",
        "10.1.0.0/24",
        "10.2.0.0/16",
        "2001:db8::/32",
    ]


HEX = st.text("0123456789abcdefABCDEF", min_size=12, max_size=12)
SPELLINGS = st.one_of(
    st.text(max_size=30),
    HEX,
    HEX.map(lambda h: ":".join(h[i : i + 2] for i in range(0, 12, 2))),
    HEX.map(lambda h: f"{h[:11]}*"),
    st.from_regex(r"[A-Za-z]{1,4}[ -]?[0-9]{1,2}(/[0-9]{1,2}){0,2}", fullmatch=True),
    st.ip_addresses().map(str),
    st.from_regex(r"(sips?:|tel:)?[+a-zA-Z0-9.]{1,9}(@[a-z.]{1,9})?(;user=phone)?", fullmatch=True),
    st.from_regex(r'"?[a-z]*"?<sip:[^@\s]{1,5}@[^@\s]{1,5}>', fullmatch=True),
)


@pytest.mark.parametrize(
    "function",
    [
        identifiers.mac,
        identifiers.bssid,
        identifiers.chassis_id,
        identifiers.port_id,
        identifiers.ip,
        identifiers.uri,
        identifiers.phone_number,
    ],
)
@given(text=SPELLINGS)
def test_canonical_form_of_a_canonical_form_is_itself(
    function: Callable[[str], str], text: str
) -> None:
    try:
        once = function(text)
    except ValueError:
        return

    assert function(once) == once


def test_every_port_name_prefix_is_in_the_manual() -> None:
    rows = [line.split("|") for line in MANUAL.read_text().splitlines() if line.startswith("| `")]
    written = {short.strip(" `"): row[1].strip(" `") for row in rows for short in row[2].split(",")}

    assert written == identifiers.PORT_NAME_PREFIXES
