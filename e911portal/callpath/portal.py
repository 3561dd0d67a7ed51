"""The portal as this node sees it: takes events, gives publications.  Verified TLS, time limits."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from e911portal.callpath.exchange import Event

EVENTS = "/api/v1/call-events/"
SNAPSHOT = "/api/v1/publications/active/snapshot/"
SIGNING_KEY = "/api/v1/publications/signing-key/"
TIMEOUT_SECONDS = 10.0


class Refused(Exception):
    """The portal answered, but not with 2xx."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the portal answered {status}")
        self.status = status


class Portal:
    """Speaks with the portal, each time on a connection of its own.

    An idle connection may be closed by the far end at any moment, and events of emergency calls are
    rare and urgent: one more handshake is cheaper than a failed first attempt.  Redirects are not
    followed: the token goes to the portal that was named and nowhere else.
    """

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        """``url`` is http or https; ``token`` is asked each time, it may be written later.

        Raises ``ValueError`` for another kind of address.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"“{url}” is not the address of a portal. Write http(s)://host:port.")
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._token = token

    def post(self, events: Sequence[Event]) -> None:
        """Deliver events; returns when the portal has taken all of them.

        Raises ``Refused``, ``OSError`` or ``http.client.HTTPException``.
        """
        headers = {"Content-Type": "application/json"}
        with self.exchange("POST", EVENTS, json.dumps(events).encode(), headers) as reply:
            if not 200 <= reply.status < 300:
                raise Refused(reply.status)

    @contextmanager
    def exchange(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        """Give the reply to one request for the block, its body still to be read.

        Raises ``OSError`` or ``http.client.HTTPException``; what the status means is the caller's.
        """
        token = self._token()
        if not token:
            raise ConnectionError("there is no token for the portal")
        if not (token.isascii() and token.isprintable()):
            # Refused here: the error of http.client would quote it, into the log and ``/readyz``.
            raise ConnectionError("the token for the portal is not one line of plain ASCII")
        connection = self._connect()
        try:
            sent = {"Authorization": f"Token {token}", **(headers or {})}
            connection.request(method, self._path + path, body, sent)
            yield connection.getresponse()
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
        import ssl  # only nodes that speak TLS pay for it

        context = ssl.create_default_context()
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=TIMEOUT_SECONDS, context=context
        )
