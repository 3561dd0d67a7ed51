"""The one verdict on an address, whichever provider gave it.

Providers answer in dialects (a status word, an error code, a corrected copy, alternatives); the
rest of the program sees only these six words and what they are based on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from locations.domain.addresses import StreetAddress


class Verdict(StrEnum):
    """What a provider thinks of an address."""

    #: Found exactly as submitted, spelling apart.
    VALID = "valid"
    #: Found, but only after the provider changed an element; a person must accept the change.
    ADJUSTED = "adjusted"
    #: Several addresses fit; a person must choose.
    CANDIDATES = "candidates"
    #: Only city, state and ZIP were recognised: a call would reach a PSAP, not a door.
    CSZ_ONLY = "csz_only"
    #: Not an address of the guide.
    INVALID = "invalid"
    #: The provider gave no verdict; the previous one stands and gets older.
    UNREACHABLE = "unreachable"

    @property
    def is_conclusive(self) -> bool:
        """Tell whether the provider decided at all, so that an earlier verdict is superseded."""
        return self is not Verdict.UNREACHABLE


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """One answer of one provider about one address, ready to be kept as history.

    ``aspects`` holds a word (``valid``, ``adjusted``, ``invalid``, ``unchecked``) for each of
    ``civic``, ``msag``, ``position`` and ``routing`` that the provider spoke about, not the others.
    ``raw`` is the reply as it came, for the day somebody disputes it.
    """

    verdict: Verdict
    provider: str
    submitted: StreetAddress
    standardized: StreetAddress | None = None
    candidates: tuple[StreetAddress, ...] = ()
    aspects: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    raw: str = ""
    latitude: float | None = None
    longitude: float | None = None
    provider_location_id: str = ""
