"""Which location leaves with the call: the network's, or the one the client sent."""

from dataclasses import replace

import pytest

from locations.domain.pidflo import Location, Method, Point
from locations.domain.resolution import ERLRecord, Match, Resolution
from routing.domain.location import CallLocation, of_network, weigh

CEDAR = {"country": "US", "A1": "NY", "A3": "New York", "RD": "Cedar", "HNO": "12345"}
WIRED = ERLRecord(
    1,
    "New York Wired",
    "NY1",
    "valid",
    {
        "location": "New York Wired",
        "company": "UnplugThePBX",
        "civic": CEDAR,
        "lat": 40.7,
        "lon": -74.0,
        "verdict": {"status": "valid"},
    },
)
FLOOR = ERLRecord(2, "New York 1st Floor", "NY1", "valid", {"civic": {**CEDAR, "FLR": "1"}})
DESK = ERLRecord(3, "NY desk", "NY1", "stale", {"civic": {**CEDAR, "SEAT": "9"}})
SUNSET = ERLRecord(4, "LA", "LA1", "valid", {"civic": {"A1": "CA", "RD": "Sunset"}})


def found(tier: str, erl: ERLRecord) -> Resolution:
    return Resolution(True, tier, "key", erl, erl.site, "validated", 0, (), (), tier)  # type: ignore[arg-type]


NOTHING = Resolution(False, None, None, None, None, "none", 0, ())
IN_LA = replace(NOTHING, site="LA1")
GIVEN_WIRED = Location(CEDAR, None, "Wiremap")
GIVEN_DESK = Location({**CEDAR, "SEAT": "9"})
TYPED = Location({"country": "US", "RD": "Elm", "HNO": "1"})


@pytest.mark.parametrize(
    ("network", "given", "published", "excluded", "tier", "confidence", "reason"),
    [
        (found("subnet", FLOOR), Location(), None, False, "subnet", "validated", None),
        (NOTHING, Location(), None, False, None, "none", None),
        (
            found("port", FLOOR),
            GIVEN_WIRED,
            WIRED,
            False,
            "port",
            "validated",
            "the network's answer is as precise, and newer",
        ),
        (
            found("subnet", FLOOR),
            GIVEN_WIRED,
            WIRED,
            False,
            "client",
            "validated",
            "equals a validated location",
        ),
        (
            NOTHING,
            GIVEN_WIRED,
            WIRED,
            False,
            "client",
            "validated",
            "equals a validated location",
        ),
        (
            found("subnet", SUNSET),
            GIVEN_WIRED,
            WIRED,
            False,
            "subnet",
            "validated",
            "it is in another site, the network's answer is used",
        ),
        (
            found("subnet", FLOOR),
            GIVEN_DESK,
            DESK,
            False,
            "subnet",
            "validated",
            "it is not validated, the network's answer is used",
        ),
        (
            found("subnet", FLOOR),
            TYPED,
            None,
            False,
            "subnet",
            "validated",
            "it is not validated, the network's answer is used",
        ),
        (
            found("site_default", SUNSET),
            GIVEN_WIRED,
            WIRED,
            False,
            "site_default",
            "validated",
            "it is in another site, the network's answer is used",
        ),
        (
            found("site_default", FLOOR),
            TYPED,
            None,
            False,
            "client",
            "manual",
            "typed, or from elsewhere; to be verified by voice",
        ),
        (
            NOTHING,
            TYPED,
            None,
            False,
            "client",
            "manual",
            "typed, or from elsewhere; to be verified by voice",
        ),
        (
            NOTHING,
            GIVEN_WIRED,
            WIRED,
            True,
            "client",
            "manual",
            "equals New York Wired, but the device is off the premises; to be verified by voice",
        ),
        (
            IN_LA,
            GIVEN_WIRED,
            WIRED,
            False,
            "client",
            "manual",
            "equals New York Wired, but the device is in site LA1; to be verified by voice",
        ),
        (
            NOTHING,
            GIVEN_DESK,
            DESK,
            False,
            "client",
            "manual",
            "equals NY desk, whose address is stale; to be verified by voice",
        ),
    ],
    ids=[
        "no client location",
        "nothing at all",
        "precise network wins",
        "client refines a coarse one",
        "client alone, validated",
        "client says another site",
        "client's is not validated",
        "typed, network knows",
        "another site than the default",
        "typed beats a default",
        "typed, network does not know",
        "published, but on VPN",
        "published, but in another site",
        "published, but stale",
    ],
)
def test_weigh(
    network: Resolution,
    given: Location,
    published: ERLRecord | None,
    excluded: bool,
    tier: str | None,
    confidence: str,
    reason: str | None,
) -> None:
    location = weigh(network, given, published, excluded=excluded)

    assert (location.tier, location.confidence) == (tier, confidence)
    assert location.reasons == ((f"client location: {reason}",) if reason else ())


def test_weigh_marks_what_was_typed_as_manual() -> None:
    assert weigh(NOTHING, TYPED).place.method == Method.MANUAL
    assert weigh(NOTHING, GIVEN_WIRED, WIRED).place == GIVEN_WIRED


def test_weigh_takes_a_position_without_an_address() -> None:
    point = Location({}, Point(40.7, -74.0, 30))

    location = weigh(NOTHING, point)

    assert (location.located, location.confidence) == (True, "manual")
    assert location.place.point == point.point


def test_of_network_to_json_has_the_shape_of_a_location_answer() -> None:
    runner_up = Match("subnet", "10.1.1.0/24", FLOOR, "note", "subnet")
    resolution = replace(found("port", WIRED), runners_up=(runner_up,))

    assert of_network(resolution).to_json() == {
        "located": True,
        "tier": "port",
        "matched": "key",
        "erl": {
            "name": "New York Wired",
            "location": "New York Wired",
            "company": "UnplugThePBX",
            "site": "NY1",
        },
        "civic": CEDAR,
        "verdict": {"status": "valid"},
        "confidence": "validated",
        "age_s": 0,
        "site": "NY1",
        "runners_up": [{"tier": "subnet", "matched": "10.1.1.0/24", "erl": "New York 1st Floor"}],
        "precision": {"area_sq_ft": None, "radius_m": None},
    }


def test_precision_of_a_call_is_that_of_what_is_told() -> None:
    point = Location({}, Point(40.7, -74.0, 30))

    assert weigh(NOTHING, point).to_json()["precision"] == {"area_sq_ft": None, "radius_m": 30}


def test_nowhere_to_json() -> None:
    assert CallLocation().to_json() == {
        "located": False,
        "tier": None,
        "matched": None,
        "erl": None,
        "civic": None,
        "verdict": None,
        "confidence": "none",
        "age_s": 0,
        "site": None,
        "runners_up": [],
        "precision": None,
    }
