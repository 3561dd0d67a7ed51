"""The worked example, from an empty database to answers: with the real provider simulator."""

import socket
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from e911portal import publishing, simulation
from e911portal.core.models import AuditEvent, Publication
from locations.models import CivicAddress
from locations.queries import standings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("published")]

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANNA = "sip:anna.rossi@unplugthepbx.com"
NY_CHASSIS = "3c-4a-92-30-ec-00"


@pytest.fixture(scope="module")
def published(django_db_setup, django_db_blocker, tmp_path_factory, free_port_of_module):
    """The example loaded once, as `manage.py demo` loads it, and its snapshot."""
    patch = pytest.MonkeyPatch()
    patch.setattr(settings, "PUBLICATIONS_DIR", tmp_path_factory.mktemp("publications"))
    patch.setattr(settings, "STATE_DIR", tmp_path_factory.mktemp("state"))
    patch.setenv("STATE_DIR", str(settings.STATE_DIR))
    patch.setenv("SIMULATOR_ADDR", f"127.0.0.1:{free_port_of_module}")
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("demo")
        yield publishing.active_snapshot()
        transaction.set_rollback(True)
    patch.undo()


@pytest.fixture(scope="module")
def free_port_of_module():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_addresses_are_proven_by_the_provider_except_the_refused_one():
    found = {str(entry.address): entry.status for entry in standings(CivicAddress.objects.all())}

    assert found == {
        "12345 N Cedar Dr, New York, NY 98765": "valid",
        "500 S Grand Ave, Los Angeles, CA 90071": "valid",
        "99999 Nowhere Blvd, New York, NY 98765": "invalid",
    }


@pytest.mark.parametrize(
    ("clue", "erl", "tier"),
    [
        ({"chassis": NY_CHASSIS, "port": "7"}, "New York Wired", "port"),
        ({"bssid": "00-19-5B-7F-77-0D"}, "New York 3rd Floor Wireless", "bssid"),
        ({"ip": "10.1.1.20"}, "New York 1st Floor", "subnet"),
        (
            {"chassis": NY_CHASSIS, "port": "22", "ip": "10.1.1.20"},
            "New York 1st Floor",
            "subnet",
        ),
        (
            {"chassis": NY_CHASSIS, "port": "8", "ip": "10.1.1.20"},
            "New York 1st Floor",
            "subnet",
        ),
        ({"ip": "10.1.2.20"}, "New York Main Entrance", "site_default"),
        ({"chassis": "3c:4a:92:41:10:00", "port": "Gi1/0/7"}, "Los Angeles Wired", "port"),
        ({"bssid": "00:19:5b:80:12:3e"}, "Los Angeles 2nd Floor Wireless", "bssid"),
        ({"uri": "tel:+12125550150"}, "New York Elevator 2", "endpoint"),
    ],
    ids=[
        "the guide's port",
        "the guide's access point",
        "the guide's subnet",
        "unmapped port falls to the subnet",
        "refused address falls to the subnet",
        "unmapped subnet falls to the site",
        "port name in another spelling",
        "BSSID in a range",
        "analog phone",
    ],
)
def test_devices_are_located(published, clue, erl, tier):
    answer = simulation.resolve(published, clue, now=NOW)

    assert (answer["erl"]["name"], answer["tier"]) == (erl, tier)


def test_vpn_never_gives_a_location(published):
    answer = simulation.resolve(published, {"ip": "10.1.250.9"}, now=NOW)

    assert answer["located"] is False


def test_no_answer_ever_names_the_refused_address(published):
    ports = published.db.execute("SELECT chassis, port FROM port").fetchall()

    civics = [
        simulation.resolve(published, {"chassis": chassis, "port": port}, now=NOW)["civic"]
        for chassis, port in ports
    ]

    assert len(ports) == 4
    assert [civic for civic in civics if civic and civic["HNO"] == "99999"] == []


def trace(published, dialled="911", **call):
    return simulation.trace(published, {"ruri": f"sip:{dialled}@pbx.example", **call}, now=NOW)


def test_new_york_user_in_los_angeles_leaves_by_los_angeles(published):
    decision = trace(published, from_uri=ANNA, src_ip="10.2.1.30")

    assert [target["id"] for target in decision["targets"]] == [
        "E9-1-1 provider",
        "Los Angeles survivable branch gateway",
        "New York gateway",
    ]
    assert decision["policy"] == "Los Angeles Location Policy"
    assert decision["tag"].startswith("subnet-tagid")
    assert decision["location"]["erl"]["name"] == "Los Angeles 1st Floor"
    assert decision["notify"] == ["sip:LASecurity@unplugthepbx.com"]
    assert decision["conference"] == {
        "uri": "sip:+12135550199@unplugthepbx.com;user=phone",
        "mode": "oneway",
    }


def test_provider_gets_the_location_and_gateways_do_not(published):
    decision = trace(published, from_uri=ANNA, src_ip="10.1.1.30")

    assert [bool(target["send_pidf"]) for target in decision["targets"]] == [True, False, False]
    assert "<ca:HNO>12345</ca:HNO>" in (
        decision["targets"][0].get("pidf_lo") or decision["pidf_lo"]
    )


def test_caller_id_is_suppressed_for_the_security_desk_of_the_site(published):
    decision = trace(published, from_uri=ANNA, src_ip="10.1.1.30")

    assert decision["targets"][0]["from_uri"].startswith("sip:+12125550100@")
    assert decision["callback_number"] == "+12125550123"


@pytest.mark.parametrize("dialled", ["911", "9911", "+911", "+9911"])
def test_prefix_or_not_is_the_same_emergency(published, dialled):
    decision = trace(published, dialled, from_uri=ANNA, src_ip="10.1.1.30")

    assert (decision["emergency"], decision["targets"][0]["uri"]) == (True, "sip:911@127.0.0.1")


@pytest.mark.parametrize("dialled", ["+12125550145", "411", "7911", "91"])
def test_ordinary_number_is_no_emergency(published, dialled):
    decision = trace(published, dialled, from_uri=ANNA, src_ip="10.1.1.30")

    assert (decision["emergency"], decision["targets"]) == (False, [])


def test_analog_phone_without_an_address_has_the_policy_of_its_building(published):
    decision = trace(published, from_uri="sip:+12125550150@pbx.example")

    assert decision["policy"] == "New York Location Policy"
    assert decision["location"]["erl"]["name"] == "New York Elevator 2"


def test_loading_again_changes_nothing(published):
    before = (AuditEvent.objects.count(), Publication.objects.count())

    call_command("demo", reload=True)

    assert (AuditEvent.objects.count(), Publication.objects.count()) == before
