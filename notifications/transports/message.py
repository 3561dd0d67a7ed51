"""What a transport takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Receipt(StrEnum):
    """How far a message verifiably got."""

    SENT = "sent"  # another server has taken it over
    DELIVERED = "delivered"  # the receiver itself has confirmed it


class Refused(Exception):
    """The message cannot be delivered to this address; trying again is useless."""


class Undelivered(Exception):
    """The message was not delivered this time; trying again may help."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one address.  ``key`` stays the same at every ``attempt``, counted from 1."""

    key: str
    attempt: int
    address: str
    subject: str
    text: str
    short: str
    record: Mapping[str, Any]
    is_test: bool = False
    secret: str = ""
