"""A request as a door sees it and a response as it gives it, bounded in size."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
#: Something that happened to a call, as JSON-ready values with a unique ``id``.
Event = dict[str, Any]

#: No honest message of any door comes near it; a PIDF-LO of 21 kB was the largest one seen.
MAX_BODY = 64 * 1024
MAX_PARAMETERS = 32

JSON = b"application/json"
HELD = b"application/held+xml;charset=utf-8"
PIDF = b"application/pidf+xml;charset=utf-8"
XML = b"text/xml;charset=utf-8"
SOAP = b"application/soap+xml;charset=utf-8"


_QUALITY = re.compile(r"[01](\.\d{0,3})?")


class TooLarge(Exception):
    """The body exceeds ``MAX_BODY``; the rest of it is not read."""


class TooMany(Exception):
    """The source asks more often than it may."""


class Disconnected(Exception):
    """The client went away before its request was complete."""


class BadParameter(ValueError):
    """A query parameter that cannot be understood: its name, its value and what was expected."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name}={value}: {expected}")
        self.name, self.value, self.expected = name, value, expected


@dataclass(slots=True)
class Request:
    """One request, its body complete.  Header names are lower case, repeated ones joined."""

    method: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    peer: str
    body: bytes = b""
    scheme: str = "http"

    @classmethod
    def of(cls, scope: Scope) -> "Request":
        """Return the request that an ASGI scope announces, still without its body."""
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            headers[name] = headers[name] + b", " + value if name in headers else value
        client = scope.get("client")
        return cls(
            scope["method"],
            scope["path"],
            scope.get("query_string", b""),
            headers,
            client[0] if client else "",
            scheme=scope.get("scheme", "http"),
        )

    def header(self, name: bytes) -> str:
        """Return a header as text (Latin-1, so that any bytes are a text), empty when absent."""
        return self.headers.get(name, b"").decode("latin-1")

    def prefers(self, first: str, second: str) -> bool:
        """Return whether ``Accept`` names the media type ``first`` and rates it above ``second``.

        Ranges such as ``*/*`` name nothing: who says them gets what is usual here.
        """
        rates = {first: 0.0, second: 0.0}
        for part in self.header(b"accept").split(",")[:MAX_PARAMETERS]:
            name, *parameters = (word.strip().lower() for word in part.split(";"))
            if name in rates:
                given = next((word[2:] for word in parameters if word.startswith("q=")), "1")
                rates[name] = float(given) if _QUALITY.fullmatch(given) else 0.0
        return rates[first] > 0 and rates[first] >= rates[second]

    def parameters(self, known: Iterable[str]) -> dict[str, list[str]]:
        """Return the non-empty query parameters, each with its values in order.

        Raises ``BadParameter`` for a name that is not in ``known``: a misspelt clue, quietly
        ignored, would be answered by a coarser place than the caller believes.
        """
        try:
            found = parse_qs(self.query.decode("latin-1"), max_num_fields=MAX_PARAMETERS)
        except ValueError:
            expected = f"at most {MAX_PARAMETERS} parameters"
            raise BadParameter("query", f"{len(self.query)} bytes", expected) from None
        for name in found:
            if name not in known:
                raise BadParameter(name, found[name][0], f"one of {', '.join(known)}")
        return found


@dataclass(slots=True)
class Response:
    """What a door answers, and what must be kept about it.

    ``before`` are events that must be durable before the answer leaves, because it promises their
    delivery; ``after`` those that are kept once it has left, because it must not wait for a disk.
    """

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    before: tuple[Event, ...] = ()
    after: tuple[Event, ...] = ()
    outcome: str = field(default="")


def json_response(status: int, value: object, **rest: Any) -> Response:
    """Return ``value`` as a JSON response; ``rest`` are further fields of ``Response``."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, **rest)


def problem(status: int, message: str, **details: object) -> Response:
    """Return an error as ``{"error": message, …}``."""
    return json_response(status, {"error": message, **details}, outcome="refused")


def read_json(body: bytes) -> Any:
    """Return the JSON value in a body; bytes that are not UTF-8 become replacement characters.

    Raises ``ValueError`` for what is not JSON (the numbers NaN and Infinity are not) and for
    nesting that no reader of ours can follow.
    """

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text, parse_constant=refuse)
        return _encodable(value) if "\\u" in text else value
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _encodable(value: Any) -> Any:
    """Return a JSON value whose texts are writable as UTF-8: JSON may hold half a surrogate."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_encodable(name): _encodable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_encodable(member) for member in value]
    return value


async def read_body(request: Request, receive: Receive) -> bytes:
    """Return the whole body.  Raises ``TooLarge`` as soon as that is known, or ``Disconnected``."""
    announced = request.headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced[:20]) > MAX_BODY:
        raise TooLarge
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            raise TooLarge
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def write(response: Response, send: Send) -> None:
    """Send a response, never cacheable: a location is true for one device at one moment."""
    headers = [
        (b"content-type", response.content_type),
        (b"content-length", b"%d" % len(response.body)),
        (b"cache-control", b"private, no-store"),
        *response.headers,
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
