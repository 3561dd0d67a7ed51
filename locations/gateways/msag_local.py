"""Validation against the imported Master Street Address Guide: no network, no credentials."""

from collections.abc import Iterable

from locations.domain.addresses import StreetAddress
from locations.domain.msag import MSAG
from locations.domain.msag_records import MSAGRange
from locations.domain.verdicts import ValidationResult

MESSAGE_LENGTH = 500


class LocalMSAGValidator:
    """An ``AddressValidator`` that answers from ranges in memory."""

    def __init__(self, name: str, ranges: Iterable[MSAGRange]) -> None:
        self.name = name
        self._guide = MSAG(ranges)

    def validate(self, address: StreetAddress, caller_name: str = "") -> ValidationResult:
        """Return the guide's verdict; the routing aspect is valid when the range names an ESN."""
        answer = self._guide.check(address)
        aspects = {"msag": str(answer.verdict)}
        if answer.matched is not None and answer.matched.esn:
            aspects["routing"] = "valid"
        return ValidationResult(
            verdict=answer.verdict,
            provider=self.name,
            submitted=address,
            standardized=answer.standardized,
            candidates=answer.candidates,
            aspects=aspects,
            message="; ".join(answer.reasons)[:MESSAGE_LENGTH],
            raw="\n".join(f"{name}: {word}" for name, word in answer.elements.items()),
        )

    def check_access(self) -> None:
        """Return: what is in memory can be reached."""

    def close(self) -> None:
        """Return: there is nothing to release."""
