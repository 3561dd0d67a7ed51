"""What every address validator is, what may go wrong with one, and how often it may be asked."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from locations.domain.addresses import StreetAddress
from locations.domain.verdicts import ValidationResult


class ProviderUnreachable(Exception):
    """The provider gave no usable answer: no connection, a time limit, an error, nonsense."""


class ProviderRefused(Exception):
    """The provider does not know these credentials; asking again would lock the account."""


class AddressValidator(Protocol):
    """One provider, ready to be asked.  One thread at a time."""

    @property
    def name(self) -> str:
        """Return the provider's name as people know it."""

    def validate(self, address: StreetAddress, caller_name: str = "") -> ValidationResult:
        """Return the provider's verdict.

        A provider that cannot be reached is a result too, with verdict ``unreachable``.  Raises
        ProviderRefused when the credentials are not accepted: no further address can succeed.
        """

    def check_access(self) -> None:
        """Return if the provider answers and accepts the credentials.

        Raises ProviderUnreachable or ProviderRefused with a text that names the remedy.
        """

    def close(self) -> None:
        """Release connections."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """How to reach a provider.

    ``client_certificate`` is the content of a .pfx file.  ``ca_file`` names a PEM file to trust
    instead of the public authorities.  ``allow_plain_http`` permits http to other machines.
    ``networks`` are those that may be reached beside the public Internet.
    """

    name: str
    dialect: str
    url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    client_certificate: bytes | None = field(default=None, repr=False)
    certificate_password: str = field(default="", repr=False)
    rate_per_second: float = 3.0
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 10.0
    ca_file: str = ""
    allow_plain_http: bool = False
    networks: tuple[str, ...] = ()


class RateLimiter:
    """Spaces requests evenly: any two are at least ``1 / rate`` seconds apart.

    A token bucket of one token, so no window of time, wherever it begins, holds more requests than
    the rate allows in it plus the one at its start.  Threads may share it.
    """

    def __init__(
        self,
        rate_per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not rate_per_second > 0:
            raise ValueError(f"A rate must be more than 0 per second, not {rate_per_second}.")
        self._interval = 1.0 / rate_per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = float("-inf")

    def acquire(self) -> None:
        """Return when the next request may leave."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._interval
        if turn > now:
            self._sleep(turn - now)
