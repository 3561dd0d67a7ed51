"""Receivers of notifications for tests: a mail server, a web server and a SIP phone."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _TCPServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class MailSink:
    """Takes mail (RFC 5321, as much as smtplib speaks).  ``replies`` overrides that to a verb."""

    replies: dict[str, str] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)
    port: int = 0
    #: Set to make the server fall silent after the connection, until cleared.
    hang: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def run(self) -> Iterator["MailSink"]:
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

            def handle(self) -> None:
                while sink.hang.wait(0.01) and not over.is_set():
                    over.wait(0.05)
                self.say("220 sink")
                for raw in self.rfile:
                    verb = raw.decode().split()[0].upper() if raw.strip() else ""
                    if verb == "QUIT":
                        return self.say("221 bye")
                    if verb == "DATA" and "DATA" not in sink.replies:
                        self.say("354 go on")
                        lines = list(iter(self.rfile.readline, b".\r\n"))
                        sink.mails.append(b"".join(lines))
                    self.say(sink.replies.get(verb, "250 ok"))
                return None

        over = threading.Event()
        with _TCPServer(("127.0.0.1", 0), Handler) as server:
            self.port = server.server_address[1]
            with _serving(server):
                yield self
                over.set()


@dataclass
class WebSink:
    """Takes POSTs; ``answer`` gets the request handler and the body and returns the status."""

    answer: Callable[[Any, bytes], int] = lambda request, body: 204
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def run(self) -> Iterator["WebSink"]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink.requests.append((dict(self.headers), body))
                status = sink.answer(self, body)
                if status:
                    self.send_response(status)
                    if 300 <= status < 400:
                        self.send_header("Location", f"http://127.0.0.1:{sink.port}/elsewhere")
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass  # a client that gave up is what some tests are about

        with Server(("127.0.0.1", 0), Handler) as server:
            self.port = server.server_address[1]
            with _serving(server):
                yield self


@dataclass
class Phone:
    """A SIP phone over UDP or TCP that answers with ``answers`` in turn, the last one for ever.

    An answer of "" is silence.
    """

    answers: list[str] = field(default_factory=lambda: ["200 OK"])
    transport: str = "udp"
    requests: list[str] = field(default_factory=list)
    port: int = 0

    def _reply(self, request: str) -> list[bytes]:
        self.requests.append(request)
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not status:
            return []
        kept = ("via:", "from:", "to:", "call-id:", "cseq:")
        lines = [line for line in request.split("\r\n") if line.lower().startswith(kept)]
        return [
            "\r\n".join([f"SIP/2.0 {one}", *lines, "Content-Length: 0", "", ""]).encode()
            for one in status.split("|")
        ]

    @contextmanager
    def run(self) -> Iterator["Phone"]:
        phone = self

        class Datagram(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, sock = self.request
                for reply in phone._reply(data.decode()):
                    sock.sendto(reply, self.client_address)

        class Stream(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                for reply in phone._reply(self.request.recv(65535).decode()):
                    self.request.sendall(reply[:20])  # in two pieces, as TCP may
                    self.request.sendall(reply[20:])
                self.request.recv(1)

        kind, handler = (
            (socketserver.ThreadingUDPServer, Datagram)
            if self.transport == "udp"
            else (_TCPServer, Stream)
        )
        with kind(("127.0.0.1", 0), handler) as server:
            self.port = server.server_address[1]
            with _serving(server):
                yield self
