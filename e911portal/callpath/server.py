"""uvicorn as the call path runs it: quiet, bounded heads of requests, no patience with slow
clients, a polite end.

uvicorn itself waits for ever for a request that was begun and for a reader that does not read.  A
few thousand such connections would take every file descriptor, and with them the next emergency
call; so a connection on which nothing is finished for ten seconds is cut, and of very many
connections those that have been silent longest.
"""

import asyncio
import contextlib
import resource
import signal
import ssl
import sys
from pathlib import Path
from weakref import WeakKeyDictionary

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

#: Bounds on the head of a request; httptools itself has none.
MAX_HEADERS, MAX_HEAD_BYTES = 100, 32 * 1024
#: How long answers under way may take after a request to end.
GRACE_SECONDS = 5
#: How long the end waits for the request of a connection that was just made.
ARRIVAL_SECONDS = 2.0
#: How long a request may take to arrive, an answer to be made, and a client to take it.
PATIENCE_SECONDS = 10.0
SWEEP_SECONDS = 1.0
#: Connections of one process; beyond them the ones longest without progress are cut.
MOST_CONNECTIONS = 4000
#: Files beside connections: snapshots, spool, slots, log.
_OTHER_FILES = 200
#: Servers whose connections are looked at, and how many each may have; in a process there is one.
_WATCHED: WeakKeyDictionary[ServerState, int] = WeakKeyDictionary()


class HeadTooLarge(Exception):
    """Raised inside the parser, which answers 400 and closes the connection."""


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 of uvicorn that gives up on a request whose head has no end, and on slow clients.

    Progress is a request begun, a request complete, an answer complete; single bytes are none.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.progress_at = self.loop.time()
        self._is_expecting, self._is_ending = True, False
        if self.server_state not in _WATCHED:
            _WATCHED[self.server_state] = _affordable_connections()
            self.loop.call_later(SWEEP_SECONDS, self._cut_the_slow)
        if len(self.connections) > _WATCHED[self.server_state]:
            self._cut(1 + len(self.connections) // 10)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        self._is_expecting = True
        self.progress_at = self.loop.time()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._is_expecting = False
        if self._is_ending:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self.progress_at = self.loop.time()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self.progress_at = self.loop.time()
        super().on_response_complete()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        if len(self.headers) >= MAX_HEADERS:
            raise HeadTooLarge
        super().on_header(name, value)

    def shutdown(self) -> None:
        """Begin to end.  A request of which only a part has come is still answered; uvicorn would
        close on a call whose connection was made a moment ago."""
        if self._is_expecting:
            self._is_ending = True
            self.loop.call_later(ARRIVAL_SECONDS, self._end)
        else:
            super().shutdown()

    def _end(self) -> None:
        if self._is_expecting:
            self.transport.close()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            raise HeadTooLarge

    def _cut_the_slow(self) -> None:
        """Cut the connections without progress; look again while there are any."""
        latest = self.loop.time() - PATIENCE_SECONDS
        self._cut(sum(1 for each in self.connections if _progress_at(each) < latest))
        if self.connections:
            self.loop.call_later(SWEEP_SECONDS, self._cut_the_slow)
        else:
            del _WATCHED[self.server_state]

    def _cut(self, number: int) -> None:
        # Not closed but aborted: closing waits for the client to take what was written.
        for slow in sorted(self.connections, key=_progress_at)[:number]:
            slow.transport.abort()


def _progress_at(connection: object) -> float:
    assert isinstance(connection, BoundedProtocol)
    return connection.progress_at


def _affordable_connections() -> int:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(10, min(MOST_CONNECTIONS, files - _OTHER_FILES))


def check_certificate(certificate: str, key: str) -> None:
    """Raise ``ValueError`` unless both files are given and belong together, or none is."""
    if not (certificate or key):
        return
    if not (certificate and key):
        raise ValueError("CALLPATH_TLS_CERTIFICATE and CALLPATH_TLS_KEY belong together. Set both.")
    for file in (certificate, key):
        if not Path(file).is_file():
            raise ValueError(f"“{file}” is no file. Name the certificate chain and its key.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        raise ValueError(f"“{certificate}” and “{key}” are no certificate and key: {error}") from (
            error
        )


def run(host: str, port: int, workers: int, *, certificate: str = "", key: str = "") -> None:
    """Serve until SIGTERM or SIGINT; with several workers, each is started again when it dies.

    With the files of a certificate chain and its key, over TLS.
    """
    _allow_files(MOST_CONNECTIONS + _OTHER_FILES)
    # uvicorn ends politely and then raises the signal again, for whoever listened before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "e911portal.callpath.app:create",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # access.py believes listed proxies only
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=2048,
        ssl_certfile=certificate or None,
        ssl_keyfile=key or None,
    )


def _allow_files(number: int) -> None:
    """Let this process open so many files, as far as the system permits; many start with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
