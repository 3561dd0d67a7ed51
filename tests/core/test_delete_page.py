"""The page before deleting, and what deleting leaves in the audit trail."""

from django.test import Client

from e911portal.core.crud import Role
from e911portal.core.models import AuditEvent
from locations.models import ERL, Switch
from tests import factories as make
from tests.core.pages import VIEWS


def test_page_says_how_many_lose_their_location(browser: Client) -> None:
    switch = make.make_switch()
    make.make_port(switch=switch, erl=make.make_erl(site=switch.site))

    page = browser.get(VIEWS["switches"].url(Role.DELETE, switch)).content.decode()

    assert "<strong>1</strong> located element would be gone" in page
    assert "until the change is published" in page


def test_used_row_is_refused_with_409(browser: Client) -> None:
    erl = make.make_erl()
    make.make_subnet(site=erl.site, erl=erl)

    response = browser.post(VIEWS["erls"].url(Role.DELETE, erl))

    assert response.status_code == 409
    assert "It cannot be deleted" in response.content.decode()
    assert ERL.objects.count() == 1
    assert AuditEvent.objects.count() == 0


def test_rows_deleted_along_have_their_own_audit_rows(browser: Client) -> None:
    switch = make.make_switch(chassis_ids=["3c-4a-92-30-ec-00"])
    make.make_port(switch=switch)

    browser.post(VIEWS["switches"].url(Role.DELETE, switch))

    assert Switch.objects.count() == 0
    assert sorted(AuditEvent.objects.values_list("action", flat=True)) == [
        "locations.chassisid.deleted",
        "locations.switch.deleted",
        "locations.switchport.deleted",
    ]
