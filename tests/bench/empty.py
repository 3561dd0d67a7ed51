"""A handler that does nothing, on the server of the call path.

``python -m tests.bench.empty PORT WORKERS``.  It reads the request and answers as many bytes as a
HELD answer has.
"""

import sys

import uvicorn

from e911portal.callpath.exchange import Receive, Scope, Send
from e911portal.callpath.server import BoundedProtocol

BODY = b"x" * 1400
HEADERS = [(b"content-type", b"application/held+xml"), (b"content-length", b"1400")]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer ``BODY`` to everything."""
    if scope["type"] != "http":
        for _ in range(2):
            await send({"type": (await receive())["type"] + ".complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    uvicorn.run(
        "tests.bench.empty:app",
        port=int(sys.argv[1]),
        workers=int(sys.argv[2]),
        http=BoundedProtocol,
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )
