"""The commands of publication and simulation: what they print, and the exit status a script
reads."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from e911portal import publishing
from e911portal.core.models import Publication
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def estate(publications, ny1):
    """A proven place on a subnet, one that is not proven on another, and a way out."""
    factories.make_provider(is_of_record=True)
    address = factories.make_address(hno="12345")
    factories.make_verdict(address=address)
    erl = factories.make_erl(name="Lobby", site=ny1, civic_address=address, loc="Lobby")
    factories.make_subnet(site=ny1, erl=erl, cidr="10.1.1.0/24")
    unproven = factories.make_erl(name="Annex", site=ny1, loc="Annex")
    factories.make_subnet(site=ny1, erl=unproven, cidr="10.1.2.0/24")
    factories.make_trunk(name="gateway", last_resort=1)
    return unproven


def run(*arguments, **options):
    """Run a command; return its output and exit status."""
    out, err = StringIO(), StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=err, **options)
    except SystemExit as stop:
        return out.getvalue(), stop.code
    except CommandError as error:
        return f"{err.getvalue()}{error}", 1
    return out.getvalue(), 0


def test_plan_lists_findings_and_changes_and_warns_by_its_status():
    text, status = run("plan")

    assert status == 3
    assert "LOC001:" in text
    assert "gains   10.1.1.0/24: no location → Lobby (by subnet)" in text


def test_plan_as_json_can_be_read_by_a_program():
    text, _ = run("plan", "--json")

    plan = json.loads(text)

    assert (plan["active"], {entry["code"] for entry in plan["findings"]} >= {"LOC001"}) == (
        None,
        True,
    )


def test_plan_with_errors_says_so_by_its_status(estate):
    type(estate.civic_address).objects.filter(pk=estate.civic_address_id).update(rd="")

    assert run("plan")[1] == 1


def test_publish_names_the_warnings_that_stand_in_the_way():
    text, status = run("publish")

    assert status == 1
    assert "WARNING LOC001:" in text
    assert Publication.objects.filter(state="active").count() == 0


def test_publish_by_named_acknowledgements():
    names = [publishing.finding_name(entry) for entry in publishing.plan().warnings]

    text, status = run("publish", *(f"--acknowledge={name}" for name in names))

    assert (text.split(" is active")[0], status) == ("Publication 1", 0)


def test_publish_by_an_unknown_login_is_refused():
    assert run("publish", "--by", "nobody") == ("There is no login “nobody”.", 1)


def test_rollback_goes_back_and_says_so():
    run("publish", "--acknowledge-all")
    run("publish", "--acknowledge-all")

    assert run("rollback", "1") == ("Publication 1 is active again.\n", 0)


def test_rollback_to_an_unknown_number_lists_those_kept():
    run("publish", "--acknowledge-all")
    run("publish", "--acknowledge-all")

    assert run("rollback", "9") == ("There is no publication 9 to go back to. Kept: 1.", 1)


def test_resolve_prints_place_and_reasons():
    run("publish", "--acknowledge-all")

    text, status = run("resolve", "--ip", "10.1.1.20")

    assert status == 0
    assert text.splitlines()[0] == "Lobby (NY1), by subnet 10.1.1.0/24, validated"
    assert "  subnet 10.1.1.20 in 10.1.1.0/24: Lobby" in text.splitlines()


def test_resolve_of_a_withheld_place_is_not_located():
    run("publish", "--acknowledge-all")

    text, status = run("resolve", "--ip", "10.1.2.20")

    assert (text.splitlines()[0], status) == ("Not located.", 3)


def test_resolve_asks_the_draft_when_told_to():
    assert run("resolve", "--ip", "10.1.1.20") == (
        "Nothing has been published yet. Try --draft.",
        1,
    )
    assert run("resolve", "--ip", "10.1.1.20", "--draft")[1] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ip", "10.1.1"], "“10.1.1” is not an IP address"),
        (["--mac", "xx"], "“xx” is not a MAC address"),
        ([], "Give at least one clue"),
    ],
    ids=["address", "mac", "nothing"],
)
def test_resolve_names_what_it_cannot_read(arguments, message):
    run("publish", "--acknowledge-all")

    text, status = run("resolve", *arguments)

    assert status == 1
    assert message in text


def test_trace_call_prints_the_way_out_and_its_reasons():
    run("publish", "--acknowledge-all")

    text, status = run("trace_call", "911", "--from", "sip:anna@example.com", "--ip", "10.1.1.20")

    assert status == 0
    assert "Location: Lobby (validated)" in text
    assert "1. gateway: sip:911@" in text


def test_trace_call_of_an_ordinary_number():
    run("publish", "--acknowledge-all")

    text, status = run("trace_call", "5551234")

    assert (text.splitlines()[0], status) == ("Not an emergency call.", 3)


def test_trace_call_as_json_is_the_answer_of_the_call_path():
    run("publish", "--acknowledge-all")

    decision = json.loads(run("trace_call", "911", "--json")[0])

    assert {"emergency", "targets", "policy", "tag", "reasons", "publication"} <= decision.keys()


def test_validate_addresses_reports_each_verdict():
    factories.make_msag_range(
        prd="N", rd="CEDAR", sts="DR", low="1", high="99999", community="NEW YORK", state="NY"
    )
    factories.make_provider(name="guide", dialect="msag", url="")

    text, status = run("validate_addresses", "--provider", "guide")

    assert (text.split()[0], status) == ("valid", 0)


def test_validate_addresses_without_an_answer_fails():
    away = factories.make_provider(name="away", url="http://127.0.0.1:9/")

    text, status = run("validate_addresses", "--provider", away.name)

    assert (text, status) == (
        "The provider was not reached for every address; try again later.",
        1,
    )
