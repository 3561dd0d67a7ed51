"""What the provider thinks of an address: its MSAG, and a community's centre as the position."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from locations.domain.addresses import StreetAddress
from locations.domain.msag import MSAG
from locations.domain.msag_records import MSAGRange, read_records
from locations.domain.streets import house_and_street, place
from locations.domain.verdicts import Verdict
from locations.simulator.dash_messages import LIMITS, Location

EXAMPLE_GUIDE = Path(__file__).with_name("msag-example.txt")
COMMUNITIES = Path(__file__).with_name("communities.csv")


def read_guide(path: Path) -> list[MSAGRange]:
    """Return the ranges of a file of 200-byte records; raise ValueError with file and line."""
    with path.open(encoding="ascii", newline="") as lines:
        try:
            return list(read_records(lines))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error


def read_positions(path: Path = COMMUNITIES) -> dict[tuple[str, str], tuple[float, float]]:
    """Return latitude and longitude by state and community from a CSV file with these columns."""
    with path.open(encoding="utf-8", newline="") as rows:
        return {
            (row["state"], place(row["community"])): (
                float(row["latitude"]),
                float(row["longitude"]),
            )
            for row in csv.DictReader(rows)
        }


class Geocoder:
    """Answers for single addresses; holds a guide in memory."""

    def __init__(
        self,
        ranges: Iterable[MSAGRange],
        positions: Mapping[tuple[str, str], tuple[float, float]],
    ) -> None:
        self._guide = MSAG(ranges)
        self._positions = positions

    def geocode(self, asked: Location) -> tuple[Location, ...]:
        """Return the location as the provider writes it, several to choose from, or one INVALID."""
        if problem := _problem(asked):
            return (_invalid(asked, problem),)
        number, suffix, street = house_and_street(asked.address1)
        address = StreetAddress(
            country="US",
            a1=asked.state,
            a3=asked.community,
            prd=street.prd,
            rd=street.name,
            sts=street.sts,
            pod=street.pod,
            hno=number,
            hns=suffix,
            pc=asked.postalcode,
        )
        answer = self._guide.check(address)
        if answer.verdict is Verdict.INVALID:
            return (_invalid(asked, "; ".join(answer.reasons)),)
        found = (answer.standardized,) if answer.standardized else answer.candidates
        return tuple(self._located(asked, each) for each in found)

    def _located(self, asked: Location, found: StreetAddress) -> Location:
        latitude, longitude = self._positions.get(
            (found.a1, place(found.msag_community)), (None, None)
        )
        return replace(
            asked,
            address1=found.street_line().upper(),
            address2=asked.address2.upper(),
            community=found.msag_community,
            state=found.a1,
            postalcode=found.pc,
            latitude=latitude,
            longitude=longitude,
            code="GEOCODED",
            description="Location is geocoded",
        )


def _invalid(asked: Location, reason: str) -> Location:
    return replace(asked, code="INVALID", description=reason)


def _problem(asked: Location) -> str:
    if asked.type != "ADDRESS":
        return f"type must be ADDRESS, not {asked.type}"
    for name, limit in LIMITS.items():
        if len(getattr(asked, name)) > limit:
            return f"{name} has more than {limit} characters"
    if not house_and_street(asked.address1)[0]:
        return "address1 must begin with a house number"
    return ""
