"""The portal's ASGI entry point: pages through the bridge, the stream by itself, start and stop."""

import asyncio
from typing import Any

import pytest

from e911portal.asgi import application

Message = dict[str, Any]


def ask(scope: Message, *received: Message) -> list[Message]:
    """Hand one scope to the application; return what it sent."""
    sent: list[Message] = []

    async def run() -> None:
        queue = list(received)

        async def receive() -> Message:
            if queue:
                return queue.pop(0)
            await asyncio.sleep(30)
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        await asyncio.wait_for(application(scope, receive, send), 30)

    asyncio.run(run())
    return sent


def request(path: str) -> Message:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }


def test_page_comes_through_the_bridge() -> None:
    sent = ask(request("/healthz"), {"type": "http.request", "body": b"", "more_body": False})

    assert sent[0]["status"] == 200
    assert b"".join(message.get("body", b"") for message in sent) == b"ok\n"


@pytest.mark.django_db(transaction=True)
def test_stream_is_not_a_page() -> None:
    sent = ask(request("/desk/stream"))

    assert sent[0]["status"] == 403
    assert dict(sent[0]["headers"])[b"content-type"] == b"text/plain; charset=utf-8"


def test_start_and_stop_are_answered() -> None:
    sent = ask({"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})

    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
