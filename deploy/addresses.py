"""Whether an address can be listened at, asked before a program starts that would fail there."""

import socket
from collections.abc import Iterable

TCP = (socket.SOCK_STREAM,)
UDP_AND_TCP = (socket.SOCK_DGRAM, socket.SOCK_STREAM)


def taken(host: str, port: int, kinds: Iterable[socket.SocketKind] = TCP) -> str:
    """Return why ``host:port`` cannot be listened at, in the system's words, or ""."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in kinds:
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                return error.strerror or str(error)
    return ""
