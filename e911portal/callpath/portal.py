"""The portal as this node sees it: the address that takes events.  Verified TLS, time limits."""

import http.client
import json
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from e911portal.callpath.exchange import Event

PATH = "/api/v1/call-events/"
TIMEOUT_SECONDS = 10.0


class Refused(Exception):
    """The portal answered, but not with 2xx."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the portal answered {status}")
        self.status = status


class Portal:
    """Posts batches of events, each on a connection of its own.

    An idle connection may be closed by the far end at any moment, and events of emergency calls are
    rare and urgent: one more handshake is cheaper than a failed first attempt.
    """

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        """``url`` is http or https; ``token`` is asked at each batch, it may be written later.

        Raises ``ValueError`` for another kind of address.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"“{url}” is not the address of a portal. Write http(s)://host:port.")
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._path = parts.path.rstrip("/") + PATH
        self._token = token

    def post(self, events: Sequence[Event]) -> None:
        """Deliver events; returns when the portal has taken all of them.

        Raises ``Refused``, ``OSError`` or ``http.client.HTTPException``.  Redirects are not
        followed: the token goes to the portal that was named and nowhere else.
        """
        token = self._token()
        if not token:
            raise ConnectionError("there is no token for the portal")
        headers = {"Content-Type": "application/json", "Authorization": f"Token {token}"}
        connection = self._connect()
        try:
            connection.request("POST", self._path, json.dumps(events).encode(), headers)
            status = connection.getresponse().status
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise Refused(status)

    def _connect(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
        import ssl  # only nodes that speak TLS pay for it

        context = ssl.create_default_context()
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=TIMEOUT_SECONDS, context=context
        )
