"""SIP instant messages (RFC 3428): a non-INVITE client transaction (RFC 3261 §17.1.2)."""

import re
import secrets
import socket
import time
from dataclasses import dataclass

from django.conf import settings

from notifications.transports.message import Message, Receipt, Refused, Undelivered

#: RFC 3261 §17.1.2.2: first retransmission, and the longest time between two of them.
T1_S, T2_S = 0.5, 4.0
#: Timer F would be 32 s. The outbox tries again anyway, so a silent phone need not hold a worker.
DEADLINE_S = 8.0
_URI = re.compile(
    r"sips?:(?:[^@<>\s]+@)?(?P<host>\[[0-9a-fA-F:.]+\]|[^:;?@<>\s]+)(?::(?P<port>\d{1,5}))?"
    r"(?P<rest>[;?][^\s<>]*)?"
)
_PERMANENT = (400, 403, 404, 405, 410, 413, 415, 416, 484, 485, 488, 604, 606)


@dataclass(frozen=True, slots=True)
class Hop:
    """Where the request is sent: the proxy, or the host of the address itself."""

    host: str
    port: int
    transport: str


def next_hop(uri: str, proxy: str) -> Hop:
    """Return where a request for ``uri`` goes; ``proxy`` is ``host:port[;transport=tcp]`` or empty.

    Raises ``Refused`` for a text that is no SIP URI, or that wants TLS.
    """
    match = _URI.fullmatch(f"sip:{proxy}" if proxy else uri)
    if not match or not _URI.fullmatch(uri):
        raise Refused(f"“{uri}” is not a SIP URI. Write for example sip:security@example.com.")
    parameters = (match["rest"] or "").lower()
    if uri.lower().startswith("sips:") or "transport=tls" in parameters:
        raise Refused("Instant messages over TLS are not offered. Use transport=tcp or UDP.")
    transport = "tcp" if "transport=tcp" in parameters else "udp"
    return Hop(match["host"].strip("[]"), int(match["port"] or 5060), transport)


def send(message: Message) -> Receipt:
    """Send the short text as a MESSAGE; 200 is the phone's own confirmation, 202 that of a store.

    Raises ``Refused`` when the answer says that the address is wrong, ``Undelivered`` otherwise.
    """
    hop = next_hop(message.address, settings.SIP_MESSAGE_PROXY)
    kind = socket.SOCK_STREAM if hop.transport == "tcp" else socket.SOCK_DGRAM
    try:
        family, _, _, _, address = socket.getaddrinfo(hop.host, hop.port, type=kind)[0]
        with socket.socket(family, kind) as connection:
            connection.settimeout(DEADLINE_S)
            connection.connect(address)
            branch = "z9hG4bK" + secrets.token_hex(12)
            request = _request(message, hop, connection.getsockname(), branch)
            status, reason = _exchange(connection, request, branch, hop.transport == "udp")
    except (OSError, UnicodeError) as error:
        where = f"{hop.host}:{hop.port}"
        raise Undelivered(f"{where}: {error or type(error).__name__}") from error
    if status == 202:
        return Receipt.SENT
    if 200 <= status < 300:
        return Receipt.DELIVERED
    raise (Refused if status in _PERMANENT else Undelivered)(f"{status} {reason}".strip())


def _request(message: Message, hop: Hop, local: tuple[str, int], branch: str) -> bytes:
    host = f"[{local[0]}]" if ":" in local[0] else local[0]
    body = message.short.encode()
    uri = message.address.partition("?")[0]
    lines = [
        f"MESSAGE {uri} SIP/2.0",
        f"Via: SIP/2.0/{hop.transport.upper()} {host}:{local[1]};branch={branch};rport",
        "Max-Forwards: 70",
        f"From: <{settings.SIP_MESSAGE_FROM}>;tag={secrets.token_hex(6)}",
        f"To: <{uri}>",
        f"Call-ID: {message.key}@{host}",
        f"CSeq: {message.attempt} MESSAGE",
        f"Priority: {'normal' if message.is_test else 'emergency'}",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _exchange(
    connection: socket.socket, request: bytes, branch: str, unreliable: bool
) -> tuple[int, str]:
    """Send until this transaction has a final answer; raises ``TimeoutError`` at the deadline."""
    end = time.monotonic() + DEADLINE_S
    interval, received = T1_S, b""
    connection.sendall(request)
    resend_at = time.monotonic() + interval
    while (now := time.monotonic()) < end:
        connection.settimeout(max(min(end, resend_at if unreliable else end) - now, 0.001))
        try:
            data = connection.recv(65535)
        except TimeoutError:
            if unreliable and time.monotonic() >= resend_at:
                connection.sendall(request)
                interval = min(interval * 2, T2_S)
                resend_at = time.monotonic() + interval
            continue
        if not data and not unreliable:
            raise ConnectionError("the connection was closed before an answer came")
        received = data if unreliable else received + data
        answer, received = _final_answer(received, branch)
        if answer:
            return answer
        if unreliable and data.startswith(b"SIP/2.0 1"):
            interval = T2_S  # §17.1.2.2: in Proceeding the request is repeated every T2
    raise TimeoutError(f"no answer within {DEADLINE_S:.0f} s")


def _final_answer(data: bytes, branch: str) -> tuple[tuple[int, str] | None, bytes]:
    """Return status and reason of the first final answer to ``branch``, and what follows unread."""
    while b"\r\n\r\n" in data:
        head, _, rest = data.partition(b"\r\n\r\n")
        text = head.decode(errors="replace").lstrip()
        status = re.match(r"SIP/2\.0 ([1-6]\d\d) ?([^\r\n]*)", text)
        length = re.search(r"(?im)^(?:content-length|l)\s*:\s*(\d+)", text)
        via = re.search(r"(?im)^(?:via|v)\s*:.*?;\s*branch\s*=\s*([^;,\s]+)", text)
        if status and via and via[1] == branch and status[1][0] != "1":
            return (int(status[1]), status[2].strip()), b""
        data = rest[int(length[1]) if length else 0 :]
    return None, data
