"""What the provider keeps: telephone numbers, their locations and which one is in force.

In memory, and in a JSON file as well if one is given; written aside and moved, never half.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from locations.simulator.dash_messages import Location
from locations.simulator.soap import SOAPFault

LOCATIONS_PER_NUMBER = 3


@dataclass(slots=True)
class Registration:
    """A telephone number with the locations added to it, and those once in force, newest last."""

    callername: str = ""
    locations: dict[str, Location] = field(default_factory=dict)
    provisioned: str = ""
    history: list[Location] = field(default_factory=list)


class Registry:
    """All registrations of one account; ``locked`` numbers belong to another sub-account."""

    def __init__(
        self,
        now: Callable[[], datetime],
        file: Path | None = None,
        locked: frozenset[str] = frozenset(),
    ) -> None:
        self._now = now
        self._file = file
        self._locked = locked
        self._numbers: dict[str, Registration] = {}
        self._next_id = 1
        if file is not None and file.exists():
            self._load(file)

    def add(self, number: str, callername: str, location: Location) -> Location:
        """Keep a geocoded location under a number and return it with its id.

        A number takes three locations; one more comes back with status ERROR and is not kept.
        """
        self._check_lock(number)
        registration = self._numbers.get(number) or Registration()
        if len(registration.locations) >= LOCATIONS_PER_NUMBER:
            limit = f"A number takes {LOCATIONS_PER_NUMBER} locations; remove one first"
            return replace(location, code="ERROR", description=limit)
        added = replace(location, locationid=str(self._next_id), updatetime=self._time())
        self._next_id += 1
        registration.callername = callername or registration.callername
        registration.locations[added.locationid] = added
        self._numbers[number] = registration
        self._save()
        return added

    def provision(self, location_id: str) -> None:
        """Put a location in force; the one before returns to status GEOCODED."""
        registration = self._holder(location_id)
        for key, each in registration.locations.items():
            if each.code == "PROVISIONED":
                registration.locations[key] = replace(
                    each, code="GEOCODED", description="Location is geocoded"
                )
        in_force = replace(
            registration.locations[location_id],
            code="PROVISIONED",
            description="Location is provisioned",
            activatedtime=self._time(),
        )
        registration.locations[location_id] = in_force
        registration.provisioned = location_id
        registration.history.append(in_force)
        self._save()

    def remove(self, location_id: str) -> None:
        """Forget a location; its history stays."""
        registration = self._holder(location_id)
        del registration.locations[location_id]
        if registration.provisioned == location_id:
            registration.provisioned = ""
        self._save()

    def remove_number(self, number: str) -> None:
        """Forget a number with all that belongs to it."""
        self.find(number)
        del self._numbers[number]
        self._save()

    def find(self, number: str) -> Registration:
        """Return a registration; raise LockedException or NotFoundException as a fault."""
        self._check_lock(number)
        if number not in self._numbers:
            raise SOAPFault("Server", f"{number} is not registered", "NotFoundException")
        return self._numbers[number]

    def callernames(self) -> dict[str, str]:
        """Return the caller name of each registered number."""
        return {number: each.callername for number, each in self._numbers.items()}

    def _holder(self, location_id: str) -> Registration:
        for number, registration in self._numbers.items():
            if location_id in registration.locations:
                return self.find(number)
        raise SOAPFault("Server", f"There is no location {location_id}", "NotFoundException")

    def _check_lock(self, number: str) -> None:
        if number in self._locked:
            raise SOAPFault("Server", f"{number} is in another sub-account", "LockedException")

    def _time(self) -> str:
        return self._now().strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def _load(self, file: Path) -> None:
        kept = json.loads(file.read_text(encoding="utf-8"))
        self._next_id = kept["next_id"]
        for number, record in kept["numbers"].items():
            self._numbers[number] = Registration(
                callername=record["callername"],
                locations={key: Location(**each) for key, each in record["locations"].items()},
                provisioned=record["provisioned"],
                history=[Location(**each) for each in record["history"]],
            )

    def _save(self) -> None:
        if self._file is None:
            return
        numbers = {number: asdict(each) for number, each in self._numbers.items()}
        aside = self._file.with_name(self._file.name + ".new")
        aside.write_text(json.dumps({"next_id": self._next_id, "numbers": numbers}), "utf-8")
        os.replace(aside, self._file)
