"""A phone on a UDP socket of one's own address: places calls, takes calls and messages."""

import contextlib
import re
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.interop.sip.message import Message
from tests.running import PATIENCE

SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 30000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
)
Headers = Sequence[tuple[str, str]]


class Phone:
    """A phone at ``address``; every address of 127.0.0.0/8 is this machine."""

    def __init__(self, edge: tuple[str, int], address: str, user: str, domain: str) -> None:
        self.edge = edge
        self.uri = f"sip:{user}@{domain}"
        self.user = user
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((address, 0))
        self.address = self.socket.getsockname()
        self.inbox: list[Message] = []

    def close(self) -> None:
        """Free the socket."""
        self.socket.close()

    @property
    def contact(self) -> str:
        """Where this phone is reached."""
        return f"sip:{self.user}@{self.address[0]}:{self.address[1]}"

    def send(self, message: Message) -> None:
        """Send one message to the edge."""
        self.socket.sendto(bytes(message), self.edge)

    def wait(self, wanted: object, seconds: float = PATIENCE) -> Message:
        """Return the first message that ``wanted`` is true of, or fails after ``seconds``.

        ``wanted`` is a status or a method, or a function of a message.
        """

        def is_it(message: Message) -> bool:
            if isinstance(wanted, int):
                return message.status == wanted
            if isinstance(wanted, str):
                return not message.status and message.method == wanted
            return bool(wanted(message))  # type: ignore[operator]

        end = time.monotonic() + seconds
        while True:
            for message in self.inbox:
                if is_it(message):
                    self.inbox.remove(message)
                    return message
            left = end - time.monotonic()
            if left <= 0:
                seen = [message.first for message in self.inbox]
                raise AssertionError(f"no {wanted} within {seconds} s, only {seen}")
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65535)
            except TimeoutError:
                continue
            self.inbox.append(Message.parse(data))

    def call(
        self,
        ruri: str,
        *,
        name: str = "",
        headers: Headers = (),
        body: bytes = SDP,
        content_type: str = "application/sdp",
        call_id: str = "",
    ) -> "Call":
        """Send an INVITE; ``ruri`` without a scheme is digits."""
        if ":" not in ruri:
            ruri = f"sip:{ruri}@{self.edge[0]}:{self.edge[1]}"
        call = Call(self, ruri, f"{name} <{self.uri}>".strip())
        call.call_id = call_id or call.call_id
        call.invite(headers, body, content_type)
        return call

    def register(self) -> None:
        """Register here for an hour."""
        call = Call(self, f"sip:{self.edge[0]}:{self.edge[1]}", f"<{self.uri}>")
        extra = (("Contact", f"<{self.contact}>"), ("Expires", "3600"))
        self.send(call.request("REGISTER", 1, call.ruri, to=f"<{self.uri}>", extra=extra))
        self.wait(200)

    def answer(self, request: Message, status: int, reason: str = "OK", body: bytes = b"") -> None:
        """Answer a request that came in."""
        extra = [("Contact", f"<{self.contact}>")]
        extra += [("Content-Type", "application/sdp")] if body else []
        self.send(request.answer(status, reason, extra, body, tag="phone"))


@dataclass
class Call:
    """One call of a phone."""

    phone: Phone
    ruri: str
    caller: str
    call_id: str = field(default_factory=lambda: secrets.token_hex(12))
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    branch: str = field(default_factory=lambda: f"z9hG4bK{secrets.token_hex(8)}")
    answered: Message | None = None

    def request(
        self, method: str, number: int, ruri: str, *, to: str, branch: str = "", extra: Headers = ()
    ) -> Message:
        """Return a request of this call."""
        host, port = self.phone.address
        branch = branch or f"z9hG4bK{secrets.token_hex(8)}"
        return Message(
            f"{method} {ruri} SIP/2.0",
            (
                ("Via", f"SIP/2.0/UDP {host}:{port};branch={branch};rport"),
                ("Max-Forwards", "70"),
                ("From", f"{self.caller};tag={self.tag}"),
                ("To", to),
                ("Call-ID", self.call_id),
                ("CSeq", f"{number} {method}"),
                *extra,
            ),
        )

    def invite(self, headers: Headers, body: bytes, content_type: str) -> None:
        """Send the INVITE."""
        kind = [("Content-Type", content_type)] if body else []
        extra = (("Contact", f"<{self.phone.contact}>"), *headers, *kind)
        message = self.request(
            "INVITE", 1, self.ruri, to=f"<{self.ruri}>", branch=self.branch, extra=extra
        )
        self.phone.send(Message(message.first, message.headers, body))

    def ends(self, seconds: float = PATIENCE) -> int:
        """Wait for the final response, acknowledge it, return its status."""

        def final(message: Message) -> bool:
            mine = message.header("Call-ID") == self.call_id
            return mine and message.status >= 200 and message.method == "INVITE"

        response = self.phone.wait(final, seconds)
        if response.status == 200:
            self.answered = response
            self.phone.send(self._within("ACK", 1))
        else:
            self.phone.send(
                self.request("ACK", 1, self.ruri, to=response.header("To"), branch=self.branch)
            )
        return response.status

    def cancel(self) -> None:
        """Hang up before anybody answered."""
        self.phone.send(
            self.request("CANCEL", 1, self.ruri, to=f"<{self.ruri}>", branch=self.branch)
        )

    def hang_up(self, seconds: float = 5.0) -> int:
        """Hang up and return the status of the answer; BYE is repeated (RFC 3261 §17.1.2)."""
        bye = self._within("BYE", 2)
        for patience in (0.5, 1.0, seconds):
            self.phone.send(bye)
            with contextlib.suppress(AssertionError):
                return self.phone.wait(lambda m: m.method == "BYE" and m.status, patience).status
        raise AssertionError("nobody answers BYE")

    def _within(self, method: str, number: int) -> Message:
        assert self.answered is not None
        contact = re.search(r"<([^>]+)>", self.answered.header("Contact"))
        assert contact is not None
        routes = [("Route", text) for text in reversed(self.answered.all("Record-Route"))]
        to = self.answered.header("To")
        return self.request(method, number, contact.group(1), to=to, extra=routes)
