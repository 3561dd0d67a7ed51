"""Between our addresses and verdicts and the provider's locations and status codes."""

from dataclasses import dataclass, replace
from typing import Any

from locations.domain.addresses import StreetAddress
from locations.domain.msag import corrections
from locations.domain.streets import house_and_street
from locations.domain.verdicts import ValidationResult, Verdict

MESSAGE_LENGTH = 500
_RAW_LENGTH = 16 * 1024


@dataclass(frozen=True, slots=True)
class Inquiry:
    """An address as asked of a provider."""

    provider: str
    address: StreetAddress


def to_location(address: StreetAddress, caller_name: str = "") -> dict[str, str]:
    """Return the location to submit.

    ``address1`` is the street line; ``address2``, the part within the building, is left out, as the
    guide knows no floors.  The community is the MSAG's name if known, else city, else post.
    """
    postal_code, _, plus_four = address.pc.replace(" ", "").partition("-")
    location = {
        "address1": address.street_line(),
        "callername": caller_name[:75],
        "community": address.msag_community or address.a3 or address.pcn,
        "plusfour": plus_four,
        "postalcode": postal_code,
        "state": address.a1,
        "type": "ADDRESS",
    }
    return {name: value for name, value in location.items() if value}


def to_address(submitted: StreetAddress, location: Any) -> StreetAddress:
    """Return the provider's location as an address, its street in Publication 28 form."""
    number, suffix, street = house_and_street(location.address1 or "")
    return replace(
        submitted,
        a1=location.state or submitted.a1,
        prd=street.prd,
        rd=street.name,
        sts=street.sts,
        pod=street.pod,
        hno=number,
        hns=suffix,
        pc=location.postalcode or submitted.pc,
        msag_community=location.community or "",
    )


def to_result(inquiry: Inquiry, locations: list[Any], raw: bytes) -> ValidationResult:
    """Return the verdict in the provider's reply to validateLocation."""
    codes = {_status(each)[0] for each in locations}
    if codes == {"INVALID"}:
        reason = _status(locations[0])[1] or "The provider does not know this address"
        return _result(inquiry, Verdict.INVALID, raw, reason, aspects={"civic": "invalid"})
    # PROVISIONED is a GEOCODED location that is in force already.
    geocoded = [each for each in locations if _status(each)[0] in ("GEOCODED", "PROVISIONED")]
    if not geocoded:
        said = "; ".join(" ".join(_status(each)) for each in locations)
        return unreachable(inquiry, f"The provider gave no verdict: {said or 'no location'}", raw)
    if len(geocoded) > 1:
        return _result(
            inquiry,
            Verdict.CANDIDATES,
            raw,
            f"The provider knows {len(geocoded)} such addresses",
            candidates=tuple(to_address(inquiry.address, each) for each in geocoded),
        )
    return _geocoded(inquiry, geocoded[0], raw)


def unreachable(inquiry: Inquiry, message: str, raw: bytes = b"") -> ValidationResult:
    """Return the result for a provider that gave no verdict."""
    return _result(inquiry, Verdict.UNREACHABLE, raw, message)


def refused_as_unreadable(inquiry: Inquiry, message: str, raw: bytes) -> ValidationResult:
    """Return the result for an address that the provider could not even parse."""
    return _result(inquiry, Verdict.INVALID, raw, message, aspects={"civic": "invalid"})


def _geocoded(inquiry: Inquiry, location: Any, raw: bytes) -> ValidationResult:
    standardized = to_address(inquiry.address, location)
    changed = corrections(inquiry.address, standardized)
    verdict = Verdict.ADJUSTED if changed else Verdict.VALID
    latitude, longitude = _position(location)
    aspects = {"civic": str(verdict)}
    if latitude is not None:
        aspects["position"] = "valid"
    said = "; ".join(_correction(*each) for each in changed)
    message = f"Changed by the provider: {said}" if changed else _status(location)[1]
    return _result(
        inquiry,
        verdict,
        raw,
        message,
        aspects=aspects,
        standardized=standardized,
        latitude=latitude,
        longitude=longitude,
        provider_location_id=location.locationid or "",
    )


def _correction(name: str, given: str, new: str) -> str:
    """Return a change in words.  The community is not the city: A3 stays, which is why it is
    named."""
    what = "MSAG community (the city stays)" if name == "A3" else name
    return f"{what}: {given or 'nothing'} → {new or 'nothing'}"


def _result(
    inquiry: Inquiry, verdict: Verdict, raw: bytes, message: str, **rest: Any
) -> ValidationResult:
    return ValidationResult(
        verdict=verdict,
        provider=inquiry.provider,
        submitted=inquiry.address,
        message=message[:MESSAGE_LENGTH],
        # PostgreSQL takes no NUL in a text, and a reply may be anything.
        raw=raw[:_RAW_LENGTH].decode("utf-8", "replace").replace("\x00", "�"),
        **rest,
    )


def _position(location: Any) -> tuple[float, float] | tuple[None, None]:
    """Return latitude and longitude if they are a place on Earth; xsd:double may be INF or NaN."""
    latitude, longitude = location.latitude, location.longitude
    if latitude is None or longitude is None:
        return None, None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None, None
    return latitude, longitude


def _status(location: Any) -> tuple[str, str]:
    status = location.status
    if status is None:
        return "", ""
    return (status.code or "").strip().upper(), (status.description or "").strip()
