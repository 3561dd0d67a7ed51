"""Validation of addresses: verdicts as history, progress, and the provider's spelling."""

import pytest
from django.core.exceptions import ValidationError

from e911portal.core import jobs
from e911portal.core.models import AuditEvent, Job
from locations.actions import validation
from locations.models import AddressVerdict, CivicAddress, ServiceProvider
from locations.queries import standings
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def guide():
    """The imported MSAG as provider of record: no network, the same rules."""
    factories.make_msag_range(
        prd="N", rd="CEDAR", sts="DR", low="12001", high="12999", community="NEW YORK", state="NY"
    )
    return factories.make_provider(
        name="MSAG", dialect=ServiceProvider.Dialect.MSAG, url="", is_of_record=True
    )


def run(addresses, by=None, **options):
    """Start a validation and do its job at once."""
    started = validation.start(by=by, addresses=addresses, **options)
    return started, jobs.run(started.job_id)


def test_each_address_gets_a_verdict(guide, admin):
    known = factories.make_address(hno="12345", pc="")
    unknown = factories.make_address(hno="99999", rd="Nowhere", pc="")

    started, job = run([known, unknown], by=admin)

    assert dict(started.verdicts.values_list("address", "verdict")) == {
        known.pk: "valid",
        unknown.pk: "invalid",
    }
    assert (job.state, job.progress, job.total) == (Job.State.DONE, 2, 2)


def test_verdicts_are_kept_as_history(guide):
    address = factories.make_address(hno="12345", pc="")

    run([address])
    run([address])

    assert address.verdicts.count() == 2


def test_verdict_leaves_an_audit_row_that_counts_as_unpublished(guide, admin):
    run([factories.make_address(hno="12345", pc="")], by=admin)

    event = AuditEvent.objects.get(action="locations.addressverdict.validated")

    assert (event.actor, event.publishable, event.via) == (admin, True, "worker")


def test_repeated_job_asks_only_for_what_is_missing(guide):
    address = factories.make_address(hno="12345", pc="")
    started, _ = run([address, factories.make_address(hno="12347", pc="")])
    started.verdicts.exclude(address=address).delete()
    Job.objects.filter(pk=started.job_id).update(state=Job.State.QUEUED)

    jobs.run(started.job_id)

    assert started.verdicts.filter(address=address).count() == 1
    assert started.verdicts.count() == 2


def test_without_a_provider_of_record_there_is_a_clear_message():
    with pytest.raises(ValidationError, match="no active provider of record"):
        validation.start(by=None, addresses=[factories.make_address()])


def test_without_addresses_there_is_a_clear_message(guide):
    with pytest.raises(ValidationError, match="no address"):
        validation.start(by=None, addresses=[])


def test_provider_that_is_away_takes_no_verdict_back():
    address = factories.make_address()
    factories.make_verdict(address=address)
    away = factories.make_provider(url="http://127.0.0.1:9/", is_of_record=True)

    started, _ = run([address], provider=away)

    assert started.verdicts.get().verdict == AddressVerdict.Verdict.UNREACHABLE
    assert [entry.status for entry in standings(CivicAddress.objects.all())] == ["valid"]


def test_accepting_takes_over_the_spelling_and_counts_as_valid(admin):
    address = factories.make_address(rd="Ceder", hno="12345")
    verdict = factories.make_verdict(
        address=address, verdict="adjusted", standardized={"rd": "Cedar", "a2": ""}
    )

    validation.accept(verdict=verdict, by=admin)

    address.refresh_from_db()
    assert address.rd == "Cedar"
    assert [entry.status for entry in standings(CivicAddress.objects.all())] == ["valid"]


def test_accepting_one_of_several_candidates(admin):
    address = factories.make_address(rd="14th", sts="St", prd="")
    verdict = factories.make_verdict(
        address=address,
        verdict="candidates",
        standardized=None,
        candidates=[{"prd": "E"}, {"prd": "W"}],
    )

    validation.accept(verdict=verdict, candidate=1, by=admin)

    address.refresh_from_db()
    assert address.prd == "W"


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ({"verdict": "invalid", "standardized": None}, {}, "offered no other spelling"),
        ({"verdict": "candidates", "candidates": []}, {"candidate": 3}, "no candidate 4"),
        ({"verdict": "adjusted", "normal_form": "another"}, {}, "edited since"),
    ],
    ids=["nothing offered", "no such candidate", "edited since"],
)
def test_accepting_what_is_not_on_offer_is_refused(admin, values, options, message):
    verdict = factories.make_verdict(**values)

    with pytest.raises(ValidationError, match=message):
        validation.accept(verdict=verdict, by=admin, **options)


def test_edited_address_is_stale(admin):
    address = factories.make_address()
    factories.make_verdict(address=address)
    address.hno = "1"
    address.save()

    assert [entry.status for entry in standings(CivicAddress.objects.all())] == ["stale"]


def test_settings_carry_the_decrypted_secrets_but_do_not_show_them():
    provider = factories.make_provider(username="u", password="s3cret")

    settings = validation.provider_settings(provider)

    assert settings.password == "s3cret"
    assert "s3cret" not in repr(settings)


def test_wrong_direction_is_taken_away_by_accepting(admin):
    address = factories.make_address(prd="N", a2="Kings")
    verdict = factories.make_verdict(
        address=address, verdict="adjusted", standardized={"rd": "Cedar", "prd": "", "a2": ""}
    )

    validation.accept(verdict=verdict, by=admin)

    address.refresh_from_db()
    assert (address.prd, address.a2) == ("", "Kings")
