"""One SIP message, read as far as a test looks (RFC 3261 §7), and its body parts (RFC 2046)."""

import email
import email.policy
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A request or response: first line, headers in order, body."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @classmethod
    def parse(cls, data: bytes) -> "Message":
        """Return the message in ``data``."""
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "surrogateescape").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:])
        return cls(lines[0], tuple((name.strip(), text.strip()) for name, _, text in pairs), body)

    def __bytes__(self) -> bytes:
        named = [*self.headers, ("Content-Length", str(len(self.body)))]
        lines = [self.first, *(f"{name}: {text}" for name, text in named)]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + self.body

    @property
    def method(self) -> str:
        """The method of a request; of a response, that of its CSeq."""
        first = self.first.split(" ")[0]
        return self.header("CSeq").split()[-1] if first == "SIP/2.0" else first

    @property
    def status(self) -> int:
        """The status of a response, 0 for a request."""
        return int(self.first.split(" ")[1]) if self.first.startswith("SIP/2.0") else 0

    @property
    def ruri(self) -> str:
        """The Request-URI."""
        return self.first.split(" ")[1]

    def all(self, name: str) -> list[str]:
        """Return every value of a header, in order."""
        return [text for known, text in self.headers if known.lower() == name.lower()]

    def header(self, name: str) -> str:
        """Return the only value of a header, empty when there is none.

        Raises ``ValueError`` when it is repeated.
        """
        found = self.all(name)
        if len(found) > 1:
            raise ValueError(f"{name} is there {len(found)} times")
        return found[0] if found else ""

    def parts(self) -> list[tuple[str, str, bytes]]:
        """Return (type, Content-ID without brackets, content) of each body part, in order.

        Raises ``ValueError`` for a multipart body that is not framed as RFC 2046 wants it.
        """
        kind = self.header("Content-Type")
        if not kind.startswith("multipart/"):
            return [(kind, "", self.body)] if self.body else []
        whole = b"Content-Type: " + kind.encode() + b"\r\n\r\n" + self.body
        read = email.message_from_bytes(whole, policy=email.policy.HTTP)
        if read.defects:
            raise ValueError(f"multipart: {read.defects}")
        return [
            (
                part.get_content_type(),
                str(part["Content-ID"] or "").strip("<>"),
                part.get_payload(decode=True),
            )
            for part in read.iter_parts()
        ]

    def answer(
        self,
        status: int,
        reason: str,
        extra: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        tag: str = "",
    ) -> "Message":
        """Return the response to this request (RFC 3261 §8.2.6)."""
        kept = [
            (name, text)
            for name, text in self.headers
            if name.lower() in ("via", "from", "call-id", "cseq", "record-route")
        ]
        to = self.header("To")
        to = f"{to};tag={tag}" if tag and ";tag=" not in to else to
        return Message(f"SIP/2.0 {status} {reason}", (*kept, ("To", to), *extra), body)
