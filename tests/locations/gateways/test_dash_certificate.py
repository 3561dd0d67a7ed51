"""Client certificates (.pfx): shown to the provider, demanded by it, and refused when unusable."""

import datetime
import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from locations.domain.addresses import StreetAddress
from locations.domain.verdicts import Verdict
from locations.gateways.base import ProviderSettings, ProviderUnreachable
from tests.locations.gateways.conftest import opened
from tests.locations.simulator.program import simulator

CEDAR = StreetAddress(
    country="US", a1="NY", a3="New York", prd="N", rd="Cedar", sts="Dr", hno="12345", pc="98765"
)
NOW = datetime.datetime.now(datetime.UTC)


class Authority:
    """A certificate authority for one test run."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign("Test CA", self.key, ca=True)

    def issue(self, name, days=1):
        key = ec.generate_private_key(ec.SECP256R1())
        return key, self._sign(name, key, days=days)

    def _sign(self, name, key, ca=False, days=1):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
        loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - datetime.timedelta(days=10))
            .not_valid_after(NOW + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
            .sign(self.key, hashes.SHA256())
        )


def pfx(key, certificate, password=b"pfx-password"):
    encryption = serialization.BestAvailableEncryption(password)
    return pkcs12.serialize_key_and_certificates(b"us", key, certificate, None, encryption)


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    path.write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
    return str(path)


@pytest.fixture(scope="module")
def tls_provider(authority, ca_file, tmp_path_factory):
    """A provider that speaks TLS and demands a client certificate of the authority."""
    directory = tmp_path_factory.mktemp("server")
    key, certificate = authority.issue("provider")
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (directory / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    (directory / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    options = ["--tls-cert", directory / "cert.pem", "--tls-key", directory / "key.pem"]
    with simulator(*map(str, options), "--client-ca", ca_file) as url:
        yield url


def test_client_certificate_opens_the_provider(tls_provider, authority, ca_file):
    bundle = pfx(*authority.issue("portal"))

    with opened(
        tls_provider,
        ca_file=ca_file,
        client_certificate=bundle,
        certificate_password="pfx-password",
    ) as validator:
        validator.check_access()
        result = validator.validate(CEDAR)

    assert result.verdict == Verdict.VALID


def test_no_client_certificate_is_unreachable(tls_provider, ca_file):
    with opened(tls_provider, ca_file=ca_file) as validator:
        assert validator.validate(CEDAR).verdict == Verdict.UNREACHABLE


def test_client_certificate_of_a_stranger_is_unreachable(tls_provider, ca_file):
    bundle = pfx(*Authority().issue("stranger"))

    with opened(
        tls_provider,
        ca_file=ca_file,
        client_certificate=bundle,
        certificate_password="pfx-password",
    ) as validator:
        assert validator.validate(CEDAR).verdict == Verdict.UNREACHABLE


def test_provider_certificate_is_verified(tls_provider, authority):
    bundle = pfx(*authority.issue("portal"))

    with (
        opened(
            tls_provider, client_certificate=bundle, certificate_password="pfx-password"
        ) as validator,
        pytest.raises(ProviderUnreachable, match=r"TLS failed: .*CERTIFICATE_VERIFY_FAILED"),
    ):
        validator.check_access()


@pytest.mark.parametrize(
    ("bundle", "password"),
    [
        pytest.param(lambda authority: b"not a pfx", "", id="garbage"),
        pytest.param(lambda authority: pfx(*authority.issue("x")), "wrong", id="wrong_password"),
        pytest.param(lambda authority: pfx(*authority.issue("x")), "", id="no_password"),
        pytest.param(
            lambda authority: pfx(*authority.issue("x", days=-1)), "pfx-password", id="expired"
        ),
        pytest.param(
            lambda authority: pfx(None, authority.certificate), "pfx-password", id="without_key"
        ),
    ],
)
def test_unusable_certificate_is_refused_before_asking(authority, bundle, password):
    with (
        pytest.raises(ValueError, match="The client certificate of Example 911 cannot be opened"),
        opened(
            "https://127.0.0.1:9/",
            client_certificate=bundle(authority),
            certificate_password=password,
        ),
    ):
        pass


def test_secrets_are_not_shown_by_settings():
    settings = ProviderSettings(
        name="x", dialect="dash", password="s3cret", client_certificate=b"s3cret"
    )

    assert "s3cret" not in repr(settings)
