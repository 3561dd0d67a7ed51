"""The HTTP side: an ASGI application that serves the WSDL and answers SOAP requests."""

import asyncio
import base64
import hmac
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from locations.simulator import dash_messages, soap
from locations.simulator.faults import Fault
from locations.simulator.operations import Operations

PATH = "/dash-api/soap/emergencyprovisioning/v1"
WSDL = Path(__file__).parents[1] / "gateways" / "dash" / "emergencyprovisioning.wsdl"
MAX_REQUEST = 256 * 1024

log = logging.getLogger("provider_simulator")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(slots=True)
class Reply:
    """An HTTP answer on its way out, which a fault may still spoil."""

    status: int
    body: bytes
    content_type: str = "text/xml; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    pause: float = 0.0
    announced: int = -1


class RateGate:
    """Lets ``rate`` requests pass in any one second; 0 lets all pass."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._passed: deque[float] = deque()

    def passes(self) -> bool:
        """Tell whether a request that arrives now is within the rate."""
        now = self._clock()
        while self._passed and self._passed[0] <= now - 1.0:
            self._passed.popleft()
        if self._rate and len(self._passed) >= self._rate:
            return False
        self._passed.append(now)
        return True


class App:
    """One account at one provider."""

    def __init__(
        self,
        operations: Operations,
        rate: float = 0.0,
        credentials: tuple[str, str] | None = None,
        faults: Iterable[Fault] = (),
    ) -> None:
        self._operations = operations
        self._gate = RateGate(rate)
        self._authorization = _basic(*credentials) if credentials else None
        self._faults = tuple(faults)
        self._requests = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI 3)."""
        faults: dict[str, float] = {}
        if scope["method"] == "POST":
            self._requests += 1
            applying = (each for each in self._faults if each.applies(self._requests))
            faults = {each.kind: each.value for each in applying}
        reply = await self._reply(scope, receive, faults)
        _spoil(reply, faults)
        if "delay" in faults:
            await asyncio.sleep(faults["delay"])
        await _send(reply, send)

    async def _reply(self, scope: Message, receive: Receive, faults: dict[str, float]) -> Reply:
        if scope["path"] == "/healthz":
            return _text(200, "ok")
        if scope["path"] != PATH:
            return _text(404, f"Nothing here. The service is at {PATH}")
        if not self._is_allowed(scope) or "auth" in faults:
            challenge = ("WWW-Authenticate", 'Basic realm="emergency provisioning"')
            return _text(401, "Wrong user name or password", challenge)
        if scope["method"] == "GET" and scope["query_string"].lower() == b"wsdl":
            return Reply(200, _wsdl(scope))
        if scope["method"] != "POST":
            return _text(405, f"POST SOAP here, or GET {PATH}?wsdl", ("Allow", "GET, POST"))
        if not self._gate.passes():
            return _text(429, "More requests per second than agreed", ("Retry-After", "1"))
        body = await _body(receive)
        return _text(413, "Request too long") if body is None else self._soap(body, faults)

    def _soap(self, body: bytes, faults: dict[str, float]) -> Reply:
        try:
            if "fault" in faults:
                raise soap.SOAPFault("Server", "The provider's database is not available")
            request = soap.parse_request(body)
            answer = self._operations.answer(request)
        except soap.SOAPFault as error:
            log.info("fault %s: %s", error.detail or error.code, error)
            return Reply(500, soap.fault(error, dash_messages.NAMESPACE))
        codes = ", ".join(each.text or "" for each in answer.iter("code"))
        log.info("%s: %s", etree.QName(request).localname, codes or "answered")
        _spoil_locations(answer, faults)
        return Reply(200, soap.envelope(answer))

    def _is_allowed(self, scope: Message) -> bool:
        if self._authorization is None:
            return True
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, self._authorization)


def _spoil_locations(answer: etree._Element, faults: dict[str, float]) -> None:
    """Apply the faults that concern the content of an answer."""
    locations = answer.findall("Location")
    for location in locations:
        if "empty" in faults:
            answer.remove(location)
        if "reordered" in faults:
            location[:] = reversed(location)
        for status in location.findall("status") if "error" in faults else ():
            status[0].text, status[1].text = "ERROR", "The location could not be processed"


def _spoil(reply: Reply, faults: dict[str, float]) -> None:
    """Apply the faults that concern the bytes of an answer."""
    if "http" in faults:
        reply.status, reply.content_type = int(faults["http"]), "text/html"
        reply.body = b"<html><body>The service is not available</body></html>"
        reply.headers += (("Location", "/elsewhere"),) if 300 <= reply.status < 400 else ()
    if "garbage" in faults:
        reply.status, reply.body = 200, b"\x00\xff\x13 this is no SOAP \x80\x81"
    if "foreign" in faults:
        reply.status, reply.body = 200, b"<login><form/></login>"
    if "doctype" in faults:
        entity = b'<!DOCTYPE a [<!ENTITY b "boom">]>'
        head, _, rest = reply.body.partition(b"?>")
        reply.body = head + b"?>" + entity + rest
    if "huge" in faults:
        reply.body = b"<!-- " + b"x" * int(faults["huge"] * 1024 * 1024) + b" -->"
    if "truncated" in faults:
        reply.announced, reply.body = len(reply.body), reply.body[: len(reply.body) // 2]
    reply.pause = faults.get("drip", 0.0)


async def _send(reply: Reply, send: Send) -> None:
    length = reply.announced if reply.announced >= 0 else len(reply.body)
    headers = [
        ("Content-Type", reply.content_type),
        ("Content-Length", str(length)),
        *reply.headers,
    ]
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    async for piece in _pieces(reply):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _pieces(reply: Reply) -> AsyncIterator[bytes]:
    if not reply.pause:
        yield reply.body
        return
    for index in range(len(reply.body)):
        yield reply.body[index : index + 1]
        await asyncio.sleep(reply.pause)


async def _body(receive: Receive) -> bytes | None:
    """Return the request body, or None when it is longer than a request can be."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_REQUEST:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _wsdl(scope: Message) -> bytes:
    """Return the WSDL with the address under which the caller reached it."""
    host = dict(scope["headers"]).get(b"host", b"127.0.0.1").decode("latin-1")
    document = etree.parse(WSDL, etree.XMLParser(resolve_entities=False, no_network=True))
    for address in document.iter("{http://schemas.xmlsoap.org/wsdl/soap/}address"):
        address.set("location", f"{scope['scheme']}://{host}{PATH}")
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")


def _text(status: int, text: str, *headers: tuple[str, str]) -> Reply:
    return Reply(status, text.encode(), "text/plain; charset=utf-8", headers)


def _basic(username: str, password: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{username}:{password}".encode())
