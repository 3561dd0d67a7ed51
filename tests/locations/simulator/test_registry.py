"""What the provider keeps of numbers and locations."""

from datetime import UTC, datetime

import pytest

from locations.simulator.dash_messages import Location
from locations.simulator.registry import Registry
from locations.simulator.soap import SOAPFault

NUMBER = "12125550100"
CEDAR = Location(address1="12345 N CEDAR DR", community="NEW YORK", state="NY", code="GEOCODED")


def now():
    return datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def test_provision_puts_one_location_in_force_and_remembers_it():
    registry = Registry(now)
    first = registry.add(NUMBER, "UnplugThePBX", CEDAR)
    second = registry.add(NUMBER, "", CEDAR)

    registry.provision(first.locationid)
    registry.provision(second.locationid)

    kept = registry.find(NUMBER)
    assert {key: each.code for key, each in kept.locations.items()} == {
        first.locationid: "GEOCODED",
        second.locationid: "PROVISIONED",
    }
    assert [each.locationid for each in kept.history] == [first.locationid, second.locationid]
    assert kept.history[0].activatedtime == "2026-11-21T10:30:00.000Z"
    assert registry.callernames() == {NUMBER: "UnplugThePBX"}


def test_add_refuses_a_fourth_location():
    registry = Registry(now)
    codes = [registry.add(NUMBER, "", CEDAR).code for _ in range(4)]

    assert codes == ["GEOCODED", "GEOCODED", "GEOCODED", "ERROR"]
    assert len(registry.find(NUMBER).locations) == 3


def test_remove_takes_the_location_out_of_force():
    registry = Registry(now)
    added = registry.add(NUMBER, "", CEDAR)
    registry.provision(added.locationid)

    registry.remove(added.locationid)

    assert (registry.find(NUMBER).locations, registry.find(NUMBER).provisioned) == ({}, "")


@pytest.mark.parametrize(
    ("act", "detail"),
    [
        pytest.param(lambda registry: registry.find("13105550100"), "NotFoundException", id="find"),
        pytest.param(
            lambda registry: registry.provision("77"), "NotFoundException", id="provision"
        ),
        pytest.param(lambda registry: registry.remove("77"), "NotFoundException", id="remove"),
        pytest.param(
            lambda registry: registry.remove_number("13105550100"), "NotFoundException", id="number"
        ),
        pytest.param(
            lambda registry: registry.add("12125550199", "", CEDAR),
            "LockedException",
            id="lock_add",
        ),
        pytest.param(lambda registry: registry.find("12125550199"), "LockedException", id="lock"),
    ],
)
def test_unknown_and_locked_are_exceptions_of_the_dialect(act, detail):
    registry = Registry(now, locked=frozenset({"12125550199"}))

    with pytest.raises(SOAPFault) as caught:
        act(registry)

    assert caught.value.detail == detail


def test_state_file_survives_a_restart(tmp_path):
    file = tmp_path / "state.json"
    before = Registry(now, file)
    before.provision(before.add(NUMBER, "UnplugThePBX", CEDAR).locationid)

    after = Registry(now, file)

    assert after.find(NUMBER) == before.find(NUMBER)
    assert after.add(NUMBER, "", CEDAR).locationid == "2"
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
