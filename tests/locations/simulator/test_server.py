"""The simulator as a program, asked by a real SOAP client and by rude strangers."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import zeep
from lxml import etree

from locations.gateways.dash.client import WSDL
from locations.simulator.app import RateGate
from tests.locations.simulator.program import REPOSITORY, simulator

CEDAR = {
    "address1": "12345 N Cedar Dr",
    "address2": "3rd floor",
    "community": "New York",
    "postalcode": "98765",
    "state": "NY",
    "type": "ADDRESS",
}
NUMBER = "12125550100"
XSD = "{http://www.w3.org/2001/XMLSchema}"
REFERENCE = REPOSITORY.parent / "shared" / "wsdl" / "emergencyprovisioning-v1.wsdl"


@pytest.fixture(scope="module")
def url():
    with simulator("--lock", "12125550199") as address:
        yield address


@pytest.fixture(scope="module")
def service(url):
    """A client made from the WSDL that the simulator serves, as an outsider would."""
    with zeep.Client(f"{url}?wsdl") as client:
        yield client.service


def test_life_of_a_location(service):
    added = service.addLocation(
        uri={"uri": f"tel:+{NUMBER}", "callername": "UnplugThePBX"}, location=CEDAR
    )
    provisioned = service.provisionLocation(added.locationid)
    in_force = service.getProvisionedLocationByURI(NUMBER)

    assert (added.status.code, added.address1, added.address2) == (
        "GEOCODED",
        "12345 N CEDAR DR",
        "3RD FLOOR",
    )
    assert (provisioned.code, in_force.status.code) == ("PROVISIONED", "PROVISIONED")
    assert in_force.activatedtime is not None
    assert [each.locationid for each in service.getLocationsByURI(NUMBER)] == [added.locationid]
    assert [(each.uri, each.callername) for each in service.getURIs()] == [(NUMBER, "UnplugThePBX")]

    assert service.removeLocation(added.locationid).code == "REMOVED"
    assert service.getLocationsByURI(NUMBER) == []
    assert len(service.getProvisionedLocationHistoryByURI(NUMBER)) == 1
    assert service.removeURI(NUMBER).code == "REMOVED"
    with pytest.raises(zeep.exceptions.Fault, match="not registered"):
        service.getLocationsByURI(NUMBER)


@pytest.mark.parametrize(
    ("changes", "code", "description"),
    [
        pytest.param({}, "GEOCODED", "Location is geocoded", id="valid"),
        pytest.param(
            {"address1": "99999 Nowhere Blvd"},
            "INVALID",
            "RD: no street named NOWHERE in NY",
            id="nowhere",
        ),
        pytest.param(
            {"address1": "N Cedar Dr"},
            "INVALID",
            "address1 must begin with a house number",
            id="no_number",
        ),
        pytest.param(
            {"state": "New York"}, "INVALID", "state has more than 2 characters", id="state"
        ),
        pytest.param({"type": "POINT"}, "INVALID", "type must be ADDRESS, not POINT", id="type"),
    ],
)
def test_validate_location_decides_by_the_guide(service, changes, code, description):
    (found,) = service.validateLocation(location=CEDAR | changes)

    assert (found.status.code, found.status.description) == (code, description)


def test_add_location_keeps_nothing_that_is_not_one_address(service):
    number = "12125550107"
    uri = {"uri": number, "callername": "x"}
    invalid = service.addLocation(uri=uri, location=CEDAR | {"address1": "99999 Nowhere Blvd"})
    ambiguous = service.addLocation(
        uri=uri, location=CEDAR | {"address1": "100 14th St", "postalcode": ""}
    )

    assert (invalid.status.code, ambiguous.status.code) == ("INVALID", "ERROR")
    with pytest.raises(zeep.exceptions.Fault, match="not registered"):
        service.getLocationsByURI(number)


@pytest.mark.parametrize(
    ("call", "exception"),
    [
        pytest.param(lambda s: s.getLocationsByURI("911"), "ParseException", id="no_number"),
        pytest.param(
            lambda s: s.getLocationsByURI("12125550188"), "NotFoundException", id="unknown"
        ),
        pytest.param(lambda s: s.getLocationsByURI("12125550199"), "LockedException", id="locked"),
        pytest.param(lambda s: s.provisionLocation("4711"), "NotFoundException", id="location"),
        pytest.param(lambda s: s.validateLocation(), "ParseException", id="no_location"),
    ],
)
def test_exceptions_of_the_dialect_come_as_fault_details(service, call, exception):
    with pytest.raises(zeep.exceptions.Fault) as caught:
        call(service)

    assert [etree.QName(child).localname for child in caught.value.detail] == [exception]


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'
BODY = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{}</e:Body></e:Envelope>'


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        pytest.param(b"", 500, "The request is not XML", id="nothing"),
        pytest.param(b"\x00\x01\x02", 500, "The request is not XML", id="bytes"),
        pytest.param(BOMB + BODY.format("<a/>"), 500, "document type", id="doctype"),
        pytest.param(
            ('<?xml version="1.0" encoding="UTF-16"?>' + BOMB + BODY.format("<a/>")).encode(
                "utf-16"
            ),
            500,
            "document type",
            id="doctype_in_utf_16",
        ),
        pytest.param("<html/>", 500, "must be an Envelope", id="no_envelope"),
        pytest.param(BODY.format(""), 500, "one operation, not 0", id="empty_body"),
        pytest.param(BODY.format("<a/>"), 500, "There is no operation", id="unknown_operation"),
        pytest.param(
            BODY.format(
                '<v:validateLocation xmlns:v="http://dashcs.com/api/v1/emergency">'
                "<v:location/></v:validateLocation>"
            ),
            500,
            "local elements have no namespace",
            id="qualified_local_element",
        ),
        pytest.param("<a>" * 100_000, 413, "Request too long", id="too_long"),
    ],
)
def test_strange_requests_get_a_clear_answer(url, body, status, message):
    answer = requests.post(url, data=body, timeout=5)

    assert (answer.status_code, message in answer.text) == (status, True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/healthz", 200), ("PUT", None, 405), ("GET", None, 405)],
)
def test_other_methods_and_paths(url, method, path, status):
    target = url if path is None else url.replace(urlsplit(url).path, path)

    assert requests.request(method, target, timeout=5).status_code == status


def test_credentials_are_demanded_of_everybody():
    with simulator("--user", "telecom", "--password", "secret") as url:
        statuses = [
            requests.get(f"{url}?wsdl", auth=auth, timeout=5).status_code
            for auth in (None, ("telecom", "wrong"), ("other", "secret"), ("telecom", "secret"))
        ]

    assert statuses == [401, 401, 401, 200]


def test_rate_gate_lets_so_many_pass_in_any_second():
    times = iter([0.0, 0.1, 0.2, 0.9, 1.0, 1.05, 1.1])
    gate = RateGate(3, lambda: next(times))

    assert [gate.passes() for _ in range(7)] == [True, True, True, False, True, False, True]


def test_guide_of_ones_own(tmp_path):
    guide = tmp_path / "guide.txt"
    example = (REPOSITORY / "locations/simulator/msag-example.txt").read_text()
    guide.write_text(example.splitlines()[0].replace("CEDAR", "MAPLE") + "\r\n")

    with simulator("--msag", str(guide)) as url, zeep.Client(f"{url}?wsdl") as client:
        codes = [
            client.service.validateLocation(location=CEDAR | {"address1": line})[0].status.code
            for line in ("12345 N Maple Dr", "12345 N Cedar Dr")
        ]

    assert codes == ["GEOCODED", "INVALID"]


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        pytest.param(["--addr", "here"], 2, "“here” is not HOST:PORT", id="address"),
        pytest.param(["--fault", "boom"], 2, "is not a fault", id="fault"),
        pytest.param(["--msag", "LICENSE-not-there"], 1, "No such file", id="no_file"),
        pytest.param(
            ["--msag", "locations/simulator/communities.csv"],
            2,
            "line 1: an MSAG record has 200",
            id="no_guide",
        ),
    ],
)
def test_unusable_options_end_with_a_status_and_a_reason(options, status, message):
    ended = subprocess.run(
        [sys.executable, "-m", "locations.simulator", "--addr", "127.0.0.1:0", *options],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=20,
    )  # fmt: skip

    assert (ended.returncode, message in ended.stderr) == (status, True)


def test_help_reads_like_a_manual():
    shown = subprocess.run(
        [sys.executable, "-m", "locations.simulator", "--help"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=20,
    )  # fmt: skip

    headings = [line for line in shown.stdout.splitlines() if line.isupper() and line[0] != " "]
    assert headings == ["WHAT IT ANSWERS", "THE GUIDE", "FAULTS", "EXAMPLES", "EXIT STATUS"]


def test_simulator_starts_without_django():
    code = "import sys, locations.simulator.server; print({'django', 'zeep'} & set(sys.modules))"

    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=20
    )

    assert shown.stdout.strip() == "set()"


def schema_elements(path: Path) -> dict[str, list[str]]:
    """Return the element names, in order, of each message and type of a WSDL."""
    found = {}
    for schema in etree.parse(path).iter(f"{XSD}schema"):
        for declared in schema:
            if declared.get("name"):
                names = [each.get("name") for each in declared.iter(f"{XSD}element")]
                found[declared.get("name")] = [
                    name for name in names if name != declared.get("name")
                ]
    return found


@pytest.mark.skipif(
    not REFERENCE.exists(), reason="the reference WSDL is not beside the repository"
)
def test_our_wsdl_keeps_names_and_order_of_the_reference():
    ours, theirs = schema_elements(WSDL), schema_elements(REFERENCE)
    operations = [name for name in ours if f"{name}Response" in ours]

    assert ours["location"] == theirs["location"]
    for name in operations:
        assert (name, theirs[f"{name}Response"]) == (name, ours[f"{name}Response"])
        # The reference declares a request as a type of the same name, so look there.
        assert sorted(theirs[name]) == sorted(ours[name])
