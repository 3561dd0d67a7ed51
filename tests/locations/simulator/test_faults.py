"""How faults are written and to which requests they apply."""

import pytest

from locations.simulator.faults import KINDS, Fault, parse_fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("garbage", Fault("garbage"), id="always"),
        pytest.param("delay:2.5", Fault("delay", 2.5), id="value"),
        pytest.param("http:503@3", Fault("http", 503, 3, 3), id="one_request"),
        pytest.param("http:503@3-", Fault("http", 503, 3, None), id="from_then_on"),
        pytest.param("auth@3-5", Fault("auth", 0, 3, 5), id="some_requests"),
    ],
)
def test_parse_fault_reads_kind_value_and_requests(text, fault):
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("explode", "KIND one of delay, http", id="unknown"),
        pytest.param("http", "http needs a VALUE", id="value_missing"),
        pytest.param("garbage:1", "garbage has no VALUE", id="value_too_much"),
        pytest.param("http:503@x", "is not a fault", id="requests"),
    ],
)
def test_parse_fault_names_what_is_wrong(text, message):
    with pytest.raises(ValueError, match=message):
        parse_fault(text)


def test_fault_applies_to_its_requests_only():
    fault = Fault("garbage", first=2, last=3)

    assert [fault.applies(number) for number in range(1, 5)] == [False, True, True, False]


def test_every_kind_is_explained():
    assert all(KINDS.values())
