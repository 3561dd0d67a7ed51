"""Which dialects there are, and how a validator for a configured provider is opened."""

import threading
from collections.abc import Iterable

from locations.domain.msag_records import MSAGRange
from locations.gateways.base import AddressValidator, ProviderSettings, RateLimiter

#: Dialect names as stored, with the words for people.
DIALECTS: dict[str, str] = {
    "dash": "DASH emergency provisioning (SOAP)",
    "msag": "Imported MSAG (no network)",
}

#: Providers count arrivals, and these jitter: evenly spaced requests at exactly the allowed rate
#: would now and then put one too many into a second.
_HEADROOM = 0.97

_limiters: dict[tuple[str, str, float], RateLimiter] = {}
_limiters_lock = threading.Lock()


def open_validator(
    settings: ProviderSettings, ranges: Iterable[MSAGRange] = ()
) -> AddressValidator:
    """Return a validator; the caller closes it.

    ``ranges`` is what dialect ``msag`` decides by.  Raises ValueError, with the remedy, for an
    unknown dialect or settings that cannot work.
    """
    # Imported on use: a web process that only lists dialects need not load a client for each.
    if settings.dialect == "dash":
        from locations.gateways.dash.client import DASHValidator

        return DASHValidator(settings, limiter_for(settings))
    if settings.dialect == "msag":
        from locations.gateways.msag_local import LocalMSAGValidator

        return LocalMSAGValidator(settings.name, ranges)
    raise ValueError(f"“{settings.dialect}” is not a dialect. Choose one of {', '.join(DIALECTS)}.")


def limiter_for(settings: ProviderSettings) -> RateLimiter:
    """Return the one limiter that all validators of this account share within the process."""
    key = (settings.url, settings.username, settings.rate_per_second)
    with _limiters_lock:
        if key not in _limiters:
            _limiters[key] = RateLimiter(settings.rate_per_second * _HEADROOM)
        return _limiters[key]
