"""The history of a row names only what its reader may see."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from e911portal.core import audit, history
from e911portal.core.models import AuditEvent
from locations.actions import validation
from locations.models import NetworkSite, Subnet
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_other_site_from_which_a_row_came_is_a_key_to_who_may_not_see_it(
    ny_admin: User, admin: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    subnet: Subnet = make.make_subnet(site=la1)
    subnet.site = ny1
    audit.update(subnet, by=admin)

    def before(reader: User) -> list[tuple[str, str]]:
        (change,) = history.of(subnet, [], seen_by=reader)
        return [(entry.before, entry.after) for entry in change.differences]

    assert before(ny_admin) == [(f"#{la1.pk}", "NY1")]
    assert before(admin) == [("LA1", "NY1")]


def test_accepted_form_and_started_run_are_told_with_the_other_edits(admin: User) -> None:
    """Every edit since the last publication stands on the plan page, these two among them."""
    address = make.make_address(hno="12345")
    form = {"hno": "12345", "rd": "CEDAR", "a1": "NY", "a3": "New York"}
    verdict = make.make_verdict(address=address, verdict="adjusted", standardized=form)
    provider = make.make_provider()
    validation.start(by=admin, addresses=[address, make.make_address()], provider=provider)
    validation.accept(verdict=verdict, by=admin)

    address.refresh_from_db()
    told = {
        change.event.action.rsplit(".")[-1]: [(d.label, d.after) for d in change.differences]
        for change in history.changes(AuditEvent.objects.order_by("pk"), seen_by=admin)
    }

    assert told["started"] == [("addresses", "2")]
    assert told["accepted"] == [("address", str(address))]


@pytest.mark.parametrize("value", ["12345 N Cedar Dr, New York", 2, ["a"], True])
def test_what_is_no_key_where_one_is_expected_is_shown_as_it_is(admin: User, value: Any) -> None:
    run = make.make_validation_run()
    name = "provider" if not isinstance(value, int) else "addresses"
    with transaction.atomic():
        event = audit.record("told", run, by=admin, after={name: value})

    (change,) = history.changes([event], seen_by=admin)

    assert [entry.label for entry in change.differences] == [name]
