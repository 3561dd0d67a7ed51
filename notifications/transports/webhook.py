"""Web hooks: a signed POST of JSON.

``X-E911-Signature: v1=<hex>`` is the HMAC-SHA256 of ``<X-E911-Timestamp>.<body>`` under the secret
of the channel; ``Idempotency-Key`` is the same at every attempt. Redirects are not followed.
"""

import contextlib
import functools
import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
import time
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from e911portal.core import destinations
from notifications.transports.message import Message, Receipt, Refused, Undelivered

TIMEOUT_S = 5.0
#: For the whole exchange: a receiver that drips bytes must not hold a worker.
DEADLINE_S = 15.0
_ANSWER_BYTES = 4096
_RETRY_LATER = (408, 425, 429)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the value of ``X-E911-Signature``."""
    signed = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def send(message: Message) -> Receipt:
    """Post the message; any 2xx means the receiver has it.

    Raises ``Refused`` for an address that is not allowed, a redirect or a 4xx; ``Undelivered`` for
    5xx, 408, 425, 429, timeouts and connection errors.
    """
    target = urlsplit(message.address)
    allowed = _allowed()
    addresses, port = _resolve(target, allowed)
    body = json.dumps({**message.record, "id": message.key}, ensure_ascii=False).encode()
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "e911portal",
        "Idempotency-Key": message.key,
        "X-E911-Timestamp": timestamp,
    }
    if message.secret:
        headers["X-E911-Signature"] = sign(message.secret, timestamp, body)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    connection = _connection(target, port, str(addresses[0]))
    guard = threading.Timer(DEADLINE_S, _cut, [connection])
    guard.start()
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        response.read(_ANSWER_BYTES)
        status, reason = response.status, response.reason
    except ssl.SSLCertVerificationError as error:
        raise Undelivered(
            f"The certificate of {target.hostname} is not trusted: {error}"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise Undelivered(f"{target.netloc}: {error or type(error).__name__}") from error
    finally:
        guard.cancel()
        connection.close()
    return _receipt(status, reason)


def _receipt(status: int, reason: str) -> Receipt:
    if 200 <= status < 300:
        return Receipt.DELIVERED
    if 300 <= status < 400:
        raise Refused(f"{status}: redirects are not followed. Enter the final address.")
    if 400 <= status < 500 and status not in _RETRY_LATER:
        raise Refused(f"{status} {reason}")
    raise Undelivered(f"{status} {reason}")


def _allowed() -> list[destinations.Network]:
    return destinations.networks(settings.WEBHOOK_NETWORKS)


def _resolve(
    target: SplitResult, allowed: list[destinations.Network]
) -> tuple[list[destinations.Address], int]:
    try:
        port = target.port
    except ValueError as error:
        raise Refused(str(error)) from error
    if target.scheme not in ("https", "http") or not target.hostname:
        raise Refused(f"“{target.geturl()}” is not an https:// URL.")
    if target.username is not None:
        raise Refused("A user name in the URL is not taken; the signature identifies the portal.")
    port = port or (443 if target.scheme == "https" else 80)
    try:
        addresses = destinations.resolve(
            target.hostname, port, allowed, variable="WEBHOOK_NETWORKS"
        )
    except destinations.NotAllowed as error:
        raise Refused(str(error)) from error
    except destinations.NoAddress as error:
        raise Undelivered(str(error)) from error
    inside = all(destinations.is_listed(address, allowed) for address in addresses)
    if target.scheme == "http" and not inside:
        raise Refused("http:// is for networks in WEBHOOK_NETWORKS only. Use https://.")
    return addresses, port


class _PinnedConnection(http.client.HTTPConnection):
    """Connects to an address that was checked, whatever the name resolves to by now."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._address = address
        self._context = context
        self.default_port = 443 if context else 80

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), TIMEOUT_S)
        if self._context:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _connection(target: SplitResult, port: int, address: str) -> _PinnedConnection:
    context = _tls() if target.scheme == "https" else None
    return _PinnedConnection(target.hostname or "", port, address, context)


def _cut(connection: http.client.HTTPConnection) -> None:
    if connection.sock:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
