"""The ASGI application: path → door, bounded reading, an answer whatever happens.

No framework: routing is one dictionary lookup, and a door is a plain function from a request to a
response.  Doors run on the event loop, because a lookup takes microseconds; whatever may wait for a
disk or a network runs in the threads of ``recorder`` and ``delivery``.
"""

import asyncio
import contextlib
import gc
import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from e911portal import environment
from e911portal.callpath import exchange, logs, references
from e911portal.callpath.doors import e911ws, health, held, location, location_uri, policy, sip
from e911portal.callpath.exchange import Receive, Request, Response, Scope, Send
from e911portal.callpath.node import Node

log = logging.getLogger("e911portal.callpath")

Answer = Callable[[Request, Node], Response]
Fault = Callable[[Request, Node, int, str], Response]


def _fault(request: Request, node: Node, status: int, what: str) -> Response:
    return exchange.problem(status, f"The call path cannot answer this: {what}.")


@dataclass(frozen=True, slots=True)
class Door:
    """One path: the methods it takes, its answer, and what it says when that fails.

    ``fault`` gets the HTTP status that fits (413 or 500) and a text without personal data.  Doors
    whose clients read errors elsewhere, or cannot retry, answer 200 all the same.
    """

    name: str
    methods: tuple[str, ...]
    answer: Answer
    fault: Fault = _fault


READ, WRITE = ("GET", "HEAD"), ("POST",)
DOORS: dict[str, Door] = {
    "/held": Door("held", WRITE, held.answer, held.fault),
    references.PATH: Door("location_uri", ("GET", "POST"), location_uri.answer, held.fault),
    e911ws.PATH: Door("e911ws", ("GET", "POST"), e911ws.answer, e911ws.fault),
    "/v1/location": Door("location", READ, location.answer),
    "/v1/policy": Door("policy", READ, policy.answer),
    "/v1/sip/route": Door("route", WRITE, sip.route, sip.route_fault),
    "/v1/sip/events": Door("events", WRITE, sip.events),
    "/v1/sip/callback": Door("callback", WRITE, sip.callback),
    "/healthz": Door("health", READ, health.alive),
    "/readyz": Door("ready", READ, health.ready),
    "/metrics": Door("metrics", READ, health.metrics),
}


def _door(path: str) -> Door | None:
    found = DOORS.get(path)
    if found is None and path.startswith(references.PATH):
        return DOORS[references.PATH]
    # Lync's own server was IIS, to which case is nothing, and administrators type its path.
    return found or DOORS.get(path.lower())


class CallPath:
    """The application over one node."""

    def __init__(self, node: Node) -> None:
        self.node = node

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._exchange(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        node = self.node
        request = Request.of(scope)
        door = _door(request.path)
        if door is None:
            await exchange.write(
                exchange.problem(404, f"There is nothing at {request.path[:200]}."), send
            )
            return
        try:
            response = await self._answer(door, request, receive)
        except exchange.Disconnected:
            return
        if response.before and not await node.recorder.record(response.before):
            message = "The event could not be kept. Send it again."
            response = exchange.problem(503, message)
        try:
            await exchange.write(response, send)
            node.leases.sent(response.after)
        finally:
            if response.after:
                node.recorder.submit(response.after)
            node.metrics.answered(door.name, response.outcome, time.perf_counter() - started)

    async def _answer(self, door: Door, request: Request, receive: Receive) -> Response:
        if request.method not in door.methods:
            response = exchange.problem(405, f"This address takes {' and '.join(door.methods)}.")
            response.headers = ((b"allow", ", ".join(door.methods).encode()),)
            return response
        try:
            if request.method == "POST":
                request.body = await exchange.read_body(request, receive)
            return door.answer(request, self.node)
        except exchange.TooLarge:
            response = door.fault(request, self.node, 413, f"it has over {exchange.MAX_BODY} bytes")
            # The rest of the body is not read, so the connection cannot carry another request.
            response.headers = (*response.headers, (b"connection", b"close"))
            return response
        except exchange.TooMany:
            response = exchange.problem(429, "You ask too often.")
            response.headers, response.outcome = ((b"retry-after", b"1"),), "limited"
            return response
        except exchange.BadParameter as error:
            return exchange.problem(
                400,
                str(error),
                parameter=error.name,
                value=error.value,
                expected=error.expected,
            )
        except exchange.Disconnected:
            raise
        except Exception as error:
            log.exception("fault", extra={"fields": {"door": door.name}})
            return door.fault(request, self.node, 500, f"{type(error).__name__} inside")

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.node.start()
                # What is here now stays: the collector need not look through it again and again.
                gc.collect()
                gc.freeze()
                # Not in the main thread, or a system without it: then without reloading.
                with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                    loop = asyncio.get_running_loop()
                    loop.add_signal_handler(signal.SIGHUP, self.node.reload)
                await send({"type": "lifespan.startup.complete"})
            else:
                self.node.stop()
                logs.flush()
                await send({"type": "lifespan.shutdown.complete"})
                return


def create() -> CallPath:
    """Return the application configured by the environment (the factory that uvicorn calls)."""
    logs.configure(environment.log_level("CALLPATH_LOG_LEVEL"))
    return CallPath(Node.from_environment())
