"""A portal of a few lines: takes events as the real one does, and fails when told to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def answering(door: type[BaseHTTPRequestHandler], port: int = 0) -> Iterator[str]:
    """Serve HTTP on this machine during the block, and give the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", port), door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Portal:
    """What arrived.  ``reply`` gives the HTTP status for a batch; ``None`` hangs up."""

    def __init__(self, reply: Callable[[list[dict[str, Any]]], int | None]) -> None:
        self.reply = reply
        self.batches: list[list[dict[str, Any]]] = []
        self.attempts = 0
        self.tokens: set[str | None] = set()
        self.url = ""

    @property
    def ids(self) -> list[str]:
        """The ids of all events that were taken, in order, repetitions included."""
        return [event["id"] for batch in self.batches for event in batch]

    @contextmanager
    def listening(self, port: int = 0) -> Iterator["Portal"]:
        portal = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                events = json.loads(body)
                portal.attempts += 1
                portal.tokens.add(self.headers["Authorization"])
                status = portal.reply(events) if self.path == "/api/v1/call-events/" else 404
                if status is None:
                    self.close_connection = True
                    return
                if status < 300:
                    portal.batches.append(events)
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        with answering(Door, port) as self.url:
            yield self


def takes_all(_: list[dict[str, Any]]) -> int:
    """Take every batch."""
    return 200
