"""Kamailio's own HELD client (module ``lost`` of Debian) asks the running call path.

The module plays what a provider's SBC does: it asks by URI, follows the location URI, and reads the
codes of errors.  What it found comes back as headers of its SIP answer, the document in hex.
"""

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.callpath import sample
from tests.callpath.server import Server, serving
from tests.interop.programs import require
from tests.running import free_port, running

#: ``$rU`` names the question, the user of the To header the identity that is asked about.
CONFIG = """#!KAMAILIO
debug=1
log_stderror=yes
children=1
listen=udp:127.0.0.1:{sip}
auto_aliases=no
loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "http_client.so"
loadmodule "lost.so"
modparam("http_client", "connection_timeout", 5)
modparam("http_client", "httpcon", "lis=>http://127.0.0.1:{held}/held")
modparam("http_client", "query_result", 0)
modparam("lost", "location_type", "{types}")
modparam("lost", "response_time", -1)
modparam("lost", "exact_type", {exact})
request_route {{
  $var(id) = $hdr(X-Id);
  $var(pidf) = "";
  $var(url) = "";
  $var(err) = "";
  if ($rU == "uri") {{
    $var(res) = lost_held_query("lis", "$var(id)", "$var(pidf)", "$var(url)", "$var(err)");
  }} else if ($rU == "header") {{
    $var(res) = lost_held_query("lis", "$var(pidf)", "$var(url)", "$var(err)");
  }} else {{
    $var(res) = lost_held_dereference("$var(id)", "emergencyDispatch", "civic geodetic",
                                      "$var(pidf)", "$var(err)");
  }}
  append_to_reply("X-Result: $var(res)\\r\\n");
  append_to_reply("X-Url: $var(url)\\r\\n");
  append_to_reply("X-Error: $var(err)\\r\\n");
  append_to_reply("X-Pidf: $(var(pidf){{s.encode.hexa}})\\r\\n");
  sl_send_reply("200", "OK");
}}
"""
MESSAGE = (
    "OPTIONS sip:{question}@127.0.0.1:{port} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{mine};branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n"
    "From: <sip:sbc@example.com>;tag=1\r\nTo: <sip:lis@example.com>\r\nCall-ID: {branch}\r\n"
    "CSeq: 1 OPTIONS\r\nX-Id: {identity}\r\n{more}Content-Length: 0\r\n\r\n"
)
Ask = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def lis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    state: Path = tmp_path_factory.mktemp("lis")
    sample.publish(state / "publications", 42)
    with serving(state) as server:
        yield server


@pytest.fixture(scope="module")
def run(
    lis: Server, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., object]:
    """Return a context manager that runs Kamailio with these location types."""
    kamailio = require("kamailio", pytestconfig)
    if not list(Path("/usr/lib").glob("*/kamailio/modules/lost.so")):
        pytest.skip("Kamailio's module lost is not installed (Debian: kamailio-utils-modules)")

    def start(types: str, exact: int) -> object:
        folder = tmp_path_factory.mktemp("kamailio")
        sip = free_port()
        text = CONFIG.format(sip=sip, held=lis.port, types=types, exact=exact)
        (folder / "kamailio.cfg").write_text(text)
        command = [kamailio, "-f", str(folder / "kamailio.cfg"), "-DD", "-E", "-Y", str(folder),
                   "-w", str(folder), "-P", str(folder / "pid")]  # fmt: skip
        return sip, running(command, log=folder / "log")

    return start


def client(sip: int) -> Ask:
    def ask(question: str, identity: str = "", more: str = "") -> dict[str, str]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            mine = udp.getsockname()[1]
            message = MESSAGE.format(
                question=question, port=sip, mine=mine, branch=f"b{mine}", identity=identity,
                more=more,
            )  # fmt: skip
            udp.settimeout(0.5)
            for _ in range(20):  # until it listens; UDP says nothing
                udp.sendto(message.encode(), ("127.0.0.1", sip))
                try:
                    reply = udp.recv(65535).decode()
                except (TimeoutError, ConnectionRefusedError):
                    continue
                return dict(re.findall(r"^X-(\w+): ?(.*?)\r?$", reply, re.MULTILINE))
        raise AssertionError("Kamailio does not answer")

    return ask


@pytest.fixture(scope="module")
def by_value(run: Callable[..., object]) -> Iterator[Ask]:
    sip, program = run("civic geodetic locationURI", 0)  # type: ignore[misc]
    with program:
        yield client(sip)


@pytest.fixture(scope="module")
def by_reference(run: Callable[..., object]) -> Iterator[Ask]:
    sip, program = run("locationURI", 1)  # type: ignore[misc]
    with program:
        yield client(sip)


def place(found: dict[str, str]) -> str | None:
    """Return LOC of the PIDF-LO that Kamailio has, if it has one."""
    document = bytes.fromhex(found["Pidf"])
    return etree.fromstring(document).findtext(".//{*}LOC") if document else None


def test_query_by_uri(by_value: Ask) -> None:
    found = by_value("uri", "tel:+12125550150")

    assert (found["Result"], place(found)) == ("200", "New York Main Entrance")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/held/l/[\w-]{22}", found["Url"])


def test_query_by_asserted_identity_with_a_display_name(by_value: Ask) -> None:
    header = 'P-Asserted-Identity: "Alice" <tel:+12125550150>\r\n'

    found = by_value("header", more=header)

    assert (found["Result"], place(found)) == ("200", "New York Main Entrance")


def test_location_uri_is_followed_by_itself(by_reference: Ask) -> None:
    found = by_reference("uri", "tel:+12125550150")

    assert (found["Result"], place(found)) == ("200", "New York Main Entrance")


def test_location_uri_is_dereferenced_later(by_value: Ask) -> None:
    uri = by_value("uri", "tel:+12125550150")["Url"]

    found = by_value("reference", uri)

    # Its code for a location that came by reference.
    assert (found["Result"], place(found)) == ("202", "New York Main Entrance")


@pytest.mark.parametrize(
    ("question", "identity", "code"),
    [
        ("uri", "sip:nobody@example.com", "locationUnknown"),
        ("uri", "no identity at all", "badIdentifier"),
        ("reference", "{base}/held/l/AAAAAAAAAAAAAAAAAAAAAA", "locationUnknown"),
    ],
    ids=["unknown", "no-identity", "uri-that-never-was"],
)
def test_code_of_an_error_is_read(
    by_value: Ask, lis: Server, question: str, identity: str, code: str
) -> None:
    base = f"http://127.0.0.1:{lis.port}"

    found = by_value(question, identity.format(base=base))

    document = etree.fromstring(bytes.fromhex(found["Pidf"]))
    assert (found["Error"], document.get("code")) == (code, code)
