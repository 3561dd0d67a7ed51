"""HELD over TLS (RFC 5985 §8, RFC 6753 §3): the call path's own, or that of a proxy before it."""

import http.client
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from e911portal.callpath.app import CallPath
from tests.callpath import sample
from tests.callpath.client import call
from tests.callpath.server import PROGRAM, serving

WISH = (
    b'<locationRequest xmlns="urn:ietf:params:xml:ns:geopriv:held">'
    b"<locationType>civic locationURI</locationType><device "
    b'xmlns="urn:ietf:params:xml:ns:geopriv:held:id"><ip v="4">10.1.1.20</ip></device>'
    b"</locationRequest>"
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the files of a certificate for ``localhost`` and of its key."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


def location_uri(document: bytes) -> str:
    return str(etree.fromstring(document).findtext(".//{*}locationURI"))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_location_uri_is_https_and_is_followed(
    state: Path, pair: tuple[Path, Path], workers: str
) -> None:
    certificate, key = pair
    files = {"CALLPATH_TLS_CERTIFICATE": str(certificate), "CALLPATH_TLS_KEY": str(key)}
    context = ssl.create_default_context(cafile=str(certificate))
    with serving(state, "--workers", workers, **files) as server:
        client = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=10)
        client.request("POST", "/held", WISH)
        uri = location_uri(client.getresponse().read())
        client.request("GET", uri.partition(f":{server.port}")[2])
        followed = client.getresponse().read()
        client.close()

    assert uri.startswith(f"https://127.0.0.1:{server.port}/held/l/")
    assert b"New York 1st Floor" in followed


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (("certificate", ""), "belong together"),
        (("", "key"), "belong together"),
        (("certificate", "nowhere"), "nowhere” is no file"),
        (("certificate", "certificate"), "are no certificate and key"),
    ],
)
def test_wrong_files_are_named_before_anything_starts(
    pair: tuple[Path, Path], files: tuple[str, str], why: str
) -> None:
    named = {"certificate": str(pair[0]), "key": str(pair[1])}
    certificate, key = (named.get(file, file) for file in files)

    ended = subprocess.run(
        PROGRAM,
        capture_output=True,
        text=True,
        env={"CALLPATH_TLS_CERTIFICATE": certificate, "CALLPATH_TLS_KEY": key},
    )

    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    assert why in ended.stderr


@pytest.mark.parametrize(
    ("peer", "said", "expected"),
    [
        ("192.0.2.60", "https", "https"),
        ("192.0.2.60", "http, HTTPS", "https"),
        ("192.0.2.60", "javascript", "http"),
        ("10.1.1.20", "https", "http"),
    ],
    ids=["proxy", "nearest-proxy", "nonsense", "not-a-proxy"],
)
def test_scheme_is_what_a_listed_proxy_says(
    make_app: Callable[..., CallPath], tmp_path: Path, peer: str, said: str, expected: str
) -> None:
    networks = [("10.0.0.0/8", "devices"), ("192.0.2.60/32", "proxy")]
    sample.publish(tmp_path / "publications", 1, networks=networks)
    headers = [
        (b"host", b"lis.example.com"),
        (b"x-forwarded-proto", said.encode()),
        (b"x-forwarded-for", b"10.1.1.20"),
    ]

    answer = call(make_app(tmp_path), "POST", "/held", WISH, peer=peer, headers=headers)

    assert location_uri(answer.body).startswith(f"{expected}://lis.example.com/held/l/")
