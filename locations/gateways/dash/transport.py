"""The way to the provider: time limits that hold, bounded answers, verified TLS, no detours."""

import time
from urllib.parse import urlsplit

import requests
from requests_pkcs12 import Pkcs12Adapter
from urllib3.exceptions import HTTPError, ReadTimeoutError
from zeep import Transport

from e911portal.core import destinations
from locations.gateways.base import ProviderRefused, ProviderSettings, ProviderUnreachable

MAX_REPLY = 1024 * 1024


def open_session(settings: ProviderSettings) -> requests.Session:
    """Return a session with the provider's credentials; raise ValueError for a bad certificate.

    Proxies and credentials of the environment are ignored, and redirects are not followed.
    """
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0
    if settings.username:
        session.auth = (settings.username, settings.password)
    if settings.ca_file:
        session.verify = settings.ca_file
    if settings.client_certificate is not None:
        _mount_certificate(session, settings)
    return session


class BoundedTransport(Transport):
    """A zeep transport whose POST ends: in time, in size, and with the status looked at.

    ``last_reply`` keeps the body of the last answer for the record.
    """

    def __init__(self, session: requests.Session, settings: ProviderSettings) -> None:
        """Raises ``ValueError`` for networks that are none."""
        connect_s, read_s = settings.connect_timeout_s, settings.read_timeout_s
        super().__init__(session=session, timeout=read_s, operation_timeout=(connect_s, read_s))
        self._read_s = read_s
        self._allowed = destinations.networks(settings.networks)
        self.last_reply = b""

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        """Return the provider's SOAP answer, fault or not.

        Raises ProviderRefused for 401 and 403 and ProviderUnreachable for what is no SOAP.
        """
        self.last_reply = b""
        self._check(address)
        deadline = time.monotonic() + self._read_s
        try:
            with self.session.post(
                address, data=message, headers=headers, timeout=self.operation_timeout, stream=True
            ) as response:
                self.last_reply = _read(response, deadline)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise ProviderUnreachable(_explain(error)) from error
        _check_status(response)
        # The body was read here, in bounded pieces; requests itself would read without end.
        response._content = self.last_reply
        return response

    def _check(self, address: str) -> None:
        # The name may mean another machine by the time of the connection; that one has no
        # certificate of this name, and plain http goes to this machine only.
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            destinations.resolve(
                parts.hostname or "", port, self._allowed, variable="PROVIDER_NETWORKS"
            )
        except (destinations.NotAllowed, destinations.NoAddress) as error:
            raise ProviderUnreachable(str(error)) from error


def _mount_certificate(session: requests.Session, settings: ProviderSettings) -> None:
    try:
        adapter = Pkcs12Adapter(
            pkcs12_data=settings.client_certificate,
            pkcs12_password=settings.certificate_password or None,
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"The client certificate of {settings.name} cannot be opened: {error}. "
            "It must be a .pfx file with its private key, unexpired, and its password."
        ) from error
    # Shown to this host only; the trailing slash keeps it from provider.example.evil.example.
    session.mount(f"https://{urlsplit(settings.url).netloc}/", adapter)


def _read(response: requests.Response, deadline: float) -> bytes:
    """Return the decoded body; raise ProviderUnreachable when it is too long or takes too long."""
    body = bytearray()
    # read1 returns what has arrived: a peer that drips bytes cannot hold us in one call for ever.
    while piece := response.raw.read1(64 * 1024, decode_content=True):
        body += piece
        if len(body) > MAX_REPLY:
            raise ProviderUnreachable(f"The answer is longer than {MAX_REPLY // 1024} kB")
        if time.monotonic() > deadline:
            raise ProviderUnreachable("The answer did not end within the time limit")
    return bytes(body)


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status in (401, 403):
        raise ProviderRefused(
            f"The provider refused the credentials (HTTP {status}). "
            "Check user name, password and client certificate."
        )
    if status == 429:
        raise ProviderUnreachable(
            "The provider's request rate was exceeded (HTTP 429). Lower the configured rate."
        )
    # SOAP 1.1 over HTTP knows 200 for an answer and 500 for a fault, and nothing else.
    if status not in (200, 500):
        raise ProviderUnreachable(f"The provider answered HTTP {status} {response.reason or ''}")


def _explain(error: Exception) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "No connection within the time limit"
    if isinstance(error, (requests.Timeout, ReadTimeoutError)):
        return "No answer within the time limit"
    if isinstance(error, requests.exceptions.SSLError):
        return f"TLS failed: {error}"
    if isinstance(error, requests.TooManyRedirects):
        return "The provider answered with a redirect, which is not followed"
    if isinstance(error, HTTPError):
        return f"The answer broke off: {error}"
    return f"No connection: {error}"
