"""The application in this process, called as an ASGI server calls it; no socket, no thread."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from e911portal.callpath.app import CallPath


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def call(
    app: CallPath,
    method: str,
    target: str,
    body: bytes | Iterable[bytes] = b"",
    *,
    peer: str = "127.0.0.1",
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> Answer:
    """Return the answer to one request; ``body`` may come in pieces."""
    return asyncio.run(exchange(app, method, target, body, peer=peer, headers=headers))


async def exchange(
    app: CallPath,
    method: str,
    target: str,
    body: bytes | Iterable[bytes] = b"",
    *,
    peer: str = "127.0.0.1",
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> Answer:
    """``call`` inside a running event loop."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode("utf-8", "surrogatepass"),
        "headers": list(headers),
        "client": (peer, 40000),
    }
    waiting = [
        {"type": "http.request", "body": piece, "more_body": at < len(pieces) - 1}
        for at, piece in enumerate(pieces)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, end = sent
    return Answer(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        end["body"],
    )
