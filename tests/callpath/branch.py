"""A portal that gives publications as the real one does: signed, with an ETag, to holders of a
token."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from e911portal.core import signing
from tests.callpath import sample
from tests.callpath.portal import answering

SNAPSHOT = "/api/v1/publications/active/snapshot/"
KEY = "/api/v1/publications/signing-key/"


@dataclass
class Publisher:
    """What the portal offers, and what it was asked.  ``spoil`` changes body or headers."""

    folder: Path
    spoil: Callable[[bytes, dict[str, str]], bytes] = lambda body, _: body
    asked: list[int] = field(default_factory=list)
    url: str = ""
    status: int | None = None

    def __post_init__(self) -> None:
        self.signer = signing.signing_key(self.folder / "keys")
        self.public_key = signing.public_key(self.signer)

    def publish(self, number: int, mark: str = "") -> None:
        """Offer the sample as publication ``number``."""
        self.path, self.sha256 = sample.write(self.folder, number, mark=mark)
        self.number = number

    def reply(self, path: str, etag: str | None) -> tuple[int, dict[str, str], bytes]:
        if self.status:
            return self.status, {}, b""
        if path == KEY:
            return 200, {}, json.dumps({"public_key": self.public_key}).encode()
        if path != SNAPSHOT:
            return 404, {}, b""
        headers = {
            "ETag": f'"{self.sha256}"',
            "X-Snapshot-SHA256": self.sha256,
            "X-Snapshot-Number": str(self.number),
            "X-Snapshot-Signature": signing.sign(self.signer, self.number, self.sha256),
        }
        if etag == headers["ETag"]:
            return 304, headers, b""
        return 200, headers, self.spoil(self.path.read_bytes(), headers)

    @contextmanager
    def listening(self) -> Iterator["Publisher"]:
        publisher = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.headers["Authorization"] == "Token secret"
                etag = self.headers["If-None-Match"]
                status, headers, body = (
                    publisher.reply(self.path, etag) if known else (401, {}, b"")
                )
                publisher.asked.append(status)
                length = headers.pop("Content-Length", str(len(body)))
                self.send_response(status)
                for name, value in (*headers.items(), ("Content-Length", length)):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        with answering(Door) as self.url:
            yield self
