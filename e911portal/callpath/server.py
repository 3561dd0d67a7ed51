"""uvicorn as the call path runs it: quiet, bounded heads of requests, a polite end."""

import signal
import sys

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Bounds on the head of a request; httptools itself has none.
MAX_HEADERS, MAX_HEAD_BYTES = 100, 32 * 1024
#: How long answers under way may take after a request to end.
GRACE_SECONDS = 5


class HeadTooLarge(Exception):
    """Raised inside the parser, which answers 400 and closes the connection."""


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 of uvicorn that gives up on a request whose head has no end."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        if len(self.headers) >= MAX_HEADERS:
            raise HeadTooLarge
        super().on_header(name, value)

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            raise HeadTooLarge


def run(host: str, port: int, workers: int) -> None:
    """Serve until SIGTERM or SIGINT; with several workers, each is started again when it dies."""
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
    )
