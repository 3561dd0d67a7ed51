"""Every way in which a provider can fail ends in a verdict, in time, and not in an exception."""

import time

import pytest

from locations.domain.addresses import StreetAddress
from locations.domain.verdicts import Verdict
from locations.gateways.base import ProviderUnreachable
from tests.locations.gateways.conftest import opened
from tests.locations.simulator.program import simulator

CEDAR = StreetAddress(
    country="US", a1="NY", a3="New York", prd="N", rd="Cedar", sts="Dr", hno="12345", pc="98765"
)

#: One simulator shows them one after the other: request 1 the first, request 2 the second, …
FAULTS = [
    pytest.param("http:503", "The provider answered HTTP 503", id="http_503"),
    pytest.param("http:500", "The provider answered HTTP 500 with a page", id="http_500_page"),
    pytest.param("http:429", "The provider's request rate was exceeded", id="http_429"),
    pytest.param("http:302", "The provider answered with a redirect", id="redirect"),
    pytest.param("garbage", "The answer is not of this protocol", id="garbage"),
    pytest.param("foreign", "The answer is not of this protocol", id="foreign_xml"),
    pytest.param("doctype", "The answer is not of this protocol", id="doctype"),
    pytest.param("truncated", "The answer broke off", id="truncated"),
    pytest.param("huge:2", "The answer is longer than 1024 kB", id="huge"),
    pytest.param("empty", "The provider gave no verdict: no location", id="no_location"),
    pytest.param("error", "The provider gave no verdict: ERROR The location", id="status_error"),
    pytest.param("fault", "The provider failed: The provider's database", id="soap_fault"),
    pytest.param("delay:3", "No answer within the time limit", id="slow"),
    pytest.param("drip:0.05", "The answer did not end within the time limit", id="drip"),
]


@pytest.fixture(scope="module")
def failing_provider():
    options = [
        option
        for number, fault in enumerate(FAULTS, start=1)
        for option in ("--fault", f"{fault.values[0]}@{number}")
    ]
    with simulator(*options) as url:
        yield url


@pytest.fixture(scope="module")
def results(failing_provider):
    """Return one result per fault with the seconds it took, asked in order."""
    answers = {}
    with opened(failing_provider, read_timeout_s=1.0) as validator:
        for fault in FAULTS:
            began = time.monotonic()
            result = validator.validate(CEDAR)
            answers[fault.values[0]] = result, time.monotonic() - began
        answers["none"] = validator.validate(CEDAR), 0.0
    return answers


@pytest.mark.parametrize(("fault", "message"), FAULTS)
def test_fault_is_unreachable_with_a_clear_text(results, fault, message):
    result, seconds = results[fault]

    assert (result.verdict, result.message[: len(message)]) == (Verdict.UNREACHABLE, message)
    assert (result.standardized, result.aspects) == (None, {})
    assert seconds < 2.5


def test_provider_that_recovers_is_believed_again(results):
    assert results["none"][0].verdict == Verdict.VALID


def test_elements_out_of_order_are_understood():
    with simulator("--fault", "reordered") as url, opened(url) as validator:
        result = validator.validate(CEDAR)

    assert (result.verdict, result.standardized.street_line()) == (
        Verdict.VALID,
        "12345 N CEDAR DR",
    )


def test_raw_reply_is_storable_text_whatever_came(results):
    raw = results["garbage"][0].raw

    assert "this is no SOAP" in raw
    assert "\x00" not in raw


def test_check_access_of_a_failing_provider_says_what_it_said():
    with (
        simulator("--fault", "fault") as url,
        opened(url) as validator,
        pytest.raises(ProviderUnreachable, match="The provider failed: The provider's database"),
    ):
        validator.check_access()


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "http://localhost:{port}/"])
def test_address_inside_that_the_operator_did_not_name_is_not_asked(url, free_port):
    url = url.format(port=free_port)

    with opened(url, networks=("10.0.0.0/8",)) as validator:
        result = validator.validate(CEDAR)

        assert result.verdict is Verdict.UNREACHABLE
        assert "which is not a public address. Name its network in PROVIDER_NETWORKS" in (
            result.message
        )
