"""The pages that every model has, on every model: a happy path each, and who does not see them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from e911portal.core.crud import Role
from e911portal.core.errors import OutOfReach
from e911portal.core.models import AuditEvent
from locations.models import ERL, NetworkSite, Subnet
from tests import factories as make
from tests.core.api_cases import CASES
from tests.core.pages import VIEWS, as_sent

ROLES = [(name, role) for name, view in VIEWS.items() for role in Role if role in view.roles]
PAGES = [
    (name, role)
    for name, role in ROLES
    if role in (Role.DETAIL, Role.HISTORY, Role.UPDATE, Role.DELETE)
]
WRITABLE = [name for name, view in VIEWS.items() if Role.CREATE in view.roles]
SITED = [name for name in WRITABLE if CASES[name].rights == "site"]


def flat(body: Any) -> dict[str, Any]:
    """Return the part of a REST body that is fields of the row itself."""
    rows = ("chassis_ids", "bssids", "emergency_numbers", "trunks", "usages")
    return {key: value for key, value in body.items() if key not in rows}


@pytest.fixture
def browser(admin: User) -> Client:
    """A browser in which the superuser has logged in."""
    client = Client()
    client.force_login(admin)
    return client


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("name", VIEWS)
def test_list_shows_the_row(name: str, browser: Client, ny1: NetworkSite) -> None:
    row = CASES[name].row(ny1)

    response = browser.get(VIEWS[name].url(Role.LIST))

    assert response.status_code == 200
    assert [each.pk for each in response.context["table"].data][:1] == [
        VIEWS[name].model._default_manager.order_by(*VIEWS[name].table_class.default_order)[0].pk
    ]
    assert row.pk in {each.pk for each in response.context["table"].data}


@pytest.mark.parametrize(("name", "role"), PAGES)
def test_page_of_a_row_opens(name: str, role: Role, browser: Client, ny1: NetworkSite) -> None:
    response = browser.get(VIEWS[name].url(role, CASES[name].row(ny1)))

    assert response.status_code == 200


@pytest.mark.parametrize("name", WRITABLE)
def test_create_saves_the_row_with_its_audit_row(
    name: str, browser: Client, ny1: NetworkSite, admin: User
) -> None:
    view, body = VIEWS[name], flat(CASES[name].body(ny1))
    before = set(view.model._default_manager.values_list("pk", flat=True))
    data = as_sent(browser.get(view.url(Role.CREATE)), **body)

    response = browser.post(view.url(Role.CREATE), data)

    (created,) = set(view.model._default_manager.values_list("pk", flat=True)) - before
    label = view.model._meta.label_lower
    events = AuditEvent.objects.filter(object_type=label, object_id=str(created))
    # A key is shown this once instead of being redirected to.
    assert response.status_code == (200 if name == "access-keys" else 303)
    assert [event.action.split(".")[-1] for event in events][:1] == ["created"]
    assert {event.actor for event in events} == {admin}


@pytest.mark.parametrize("name", WRITABLE)
def test_update_saves_only_what_changed(name: str, browser: Client, ny1: NetworkSite) -> None:
    view, row = VIEWS[name], CASES[name].row(ny1)
    data = as_sent(browser.get(view.url(Role.UPDATE, row)))
    for key, value in (CASES[name].change or {}).items():
        if value is False:  # an unticked box is not sent
            data.pop(key)
        else:
            data[key] = value

    response = browser.post(view.url(Role.UPDATE, row), data)

    changed = AuditEvent.objects.of(row).filter(action__endswith="updated").values_list("after")
    derived = {"normal_form"}
    assert response.status_code == 303
    assert [after.keys() - derived for (after,) in changed] == (
        [CASES[name].change.keys()] if CASES[name].change else []
    )


@pytest.mark.parametrize("name", WRITABLE)
def test_delete_removes_the_row(name: str, browser: Client, ny1: NetworkSite) -> None:
    view = VIEWS[name]
    row = make.make_site() if name == "network-sites" else CASES[name].row(ny1)

    response = browser.post(view.url(Role.DELETE, row))

    assert response.status_code == 303
    assert not view.model._default_manager.filter(pk=row.pk).exists()
    assert AuditEvent.objects.of(row).first().action.endswith("deleted")


@pytest.mark.any_engine  # the form refuses it
@pytest.mark.parametrize("name", [name for name in WRITABLE if name not in ("floor-plans",)])
def test_empty_form_is_refused_with_422(name: str, browser: Client, ny1: NetworkSite) -> None:
    view = VIEWS[name]
    before = view.model._default_manager.count()
    sent = as_sent(browser.get(view.url(Role.CREATE)))
    data = {key: value for key, value in sent.items() if key.endswith("_FORMS")}

    response = browser.post(view.url(Role.CREATE), data)

    assert response.status_code == 422
    assert response.context["form"].errors
    assert view.model._default_manager.count() == before


@pytest.mark.parametrize("name", [name for name, role in ROLES if role is Role.OPTIONS])
def test_options_name_the_rows(name: str, browser: Client, ny1: NetworkSite) -> None:
    view, row = VIEWS[name], CASES[name].row(ny1)

    response = browser.get(view.url(Role.OPTIONS))

    assert {"value": row.pk, "text": str(row)} in response.json()["options"]


@pytest.mark.any_engine  # the query of rights is one for all pages, see test_permissions.py
@pytest.mark.parametrize(("name", "role"), ROLES)
def test_stranger_finds_nothing(name: str, role: Role, stranger: User, ny1: NetworkSite) -> None:
    view, row = VIEWS[name], CASES[name].row(ny1)
    needs_row = "<int:pk>" in role.path

    response = logged_in(stranger).get(view.url(role, row if needs_row else None))

    assert response.status_code == 404


@pytest.mark.parametrize("name", VIEWS)
def test_auditor_reads_and_does_not_change(name: str, auditor: User, ny1: NetworkSite) -> None:
    view, row = VIEWS[name], CASES[name].row(ny1)
    client = logged_in(auditor)

    seen = {
        role: client.get(view.url(role, row if "<int:pk>" in role.path else None)).status_code
        for role in view.roles
    }

    writing = {Role.CREATE, Role.UPDATE, Role.DELETE}
    assert seen == {role: 404 if role in writing else 200 for role in view.roles}


@pytest.mark.parametrize("name", SITED)
def test_site_admin_works_on_the_own_site_only(
    name: str, ny_admin: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    view = VIEWS[name]
    mine, theirs = CASES[name].row(ny1), CASES[name].row(la1)
    client = logged_in(ny_admin)
    roles = (Role.DETAIL, Role.HISTORY, Role.UPDATE, Role.DELETE)

    seen = [
        [client.get(view.url(role, row)).status_code for role in roles] for row in (mine, theirs)
    ]
    listed = {row.pk for row in client.get(view.url(Role.LIST)).context["table"].data}

    assert seen == [[200] * 4, [404] * 4]
    assert mine.pk in listed
    assert theirs.pk not in listed


@pytest.mark.parametrize("name", VIEWS)
def test_list_asks_the_database_as_often_for_three_rows_as_for_one(
    name: str, admin: User, ny1: NetworkSite
) -> None:
    view, client = VIEWS[name], logged_in(admin)
    make_row = CASES[name].row

    def rows(count: int) -> None:
        for _ in range(count):
            make_row(make.make_site())

    rows(1)
    client.get(view.url(Role.LIST))  # content types and permissions are cached from here on
    first = _queries(client, view)
    rows(2)

    assert _queries(client, view) == first


def test_page_of_a_site_asks_as_often_for_many_elements(browser: Client, ny1: NetworkSite) -> None:
    def elements() -> None:
        erl = make.make_erl(site=ny1)
        make.make_subnet(site=ny1, erl=erl)
        make.make_port(switch=make.make_switch(site=ny1, erl=erl), erl=erl)
        make.make_access_point(site=ny1, erl=erl)
        make.make_fixed_endpoint(site=ny1, erl=erl)

    view = VIEWS["network-sites"]
    elements()
    _queries(browser, view, ny1)
    first = _queries(browser, view, ny1)
    elements()
    elements()

    assert _queries(browser, view, ny1) == first


def _queries(client: Client, view: Any, row: Any = None) -> int:
    url = view.url(Role.DETAIL, row) if row else view.url(Role.LIST)
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured)


# ---------------------------------------------------------------- what a form says


def test_host_address_is_refused_with_the_network_id(browser: Client, ny1: NetworkSite) -> None:
    url = VIEWS["subnets"].url(Role.CREATE)

    response = browser.post(url, {"cidr": "10.1.1.7/24", "site": ny1.pk})

    assert response.status_code == 422
    assert "10.1.1.0" in response.context["form"].errors["cidr"][0]


def test_form_refuses_a_site_that_is_only_visible(
    ny_admin: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    assign_perm("view_networksite", ny_admin, la1)
    client, url = logged_in(ny_admin), VIEWS["subnets"].url(Role.CREATE)

    response = client.post(url, {"cidr": "10.9.0.0/24", "site": la1.pk})

    assert response.status_code == 422
    assert response.context["form"].errors["site"] == [OutOfReach.message]
    assert Subnet.objects.count() == 0
    assert AuditEvent.objects.filter(object_type="locations.subnet").count() == 0


def test_form_refuses_a_site_that_is_not_visible(ny_admin: User, la1: NetworkSite) -> None:
    client, url = logged_in(ny_admin), VIEWS["subnets"].url(Role.CREATE)

    response = client.post(url, {"cidr": "10.9.0.0/24", "site": la1.pk})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["site"]


def test_row_cannot_be_moved_to_another_site(
    ny_admin: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    assign_perm("view_networksite", ny_admin, la1)
    subnet = make.make_subnet(site=ny1)
    url = VIEWS["subnets"].url(Role.UPDATE, subnet)

    response = logged_in(ny_admin).post(url, {"cidr": subnet.cidr, "site": la1.pk})

    subnet.refresh_from_db()
    assert response.status_code == 422
    assert subnet.site == ny1


def test_link_from_a_site_fills_it_in(browser: Client, ny1: NetworkSite) -> None:
    response = browser.get(f"{VIEWS['subnets'].url(Role.CREATE)}?site={ny1.pk}")

    assert f'<option value="{ny1.pk}" selected>' in response.content.decode()


def test_save_and_add_another_leads_to_the_next_blank_form(
    browser: Client, ny1: NetworkSite
) -> None:
    url = VIEWS["subnets"].url(Role.CREATE)

    response = browser.post(url, {"cidr": "10.9.0.0/24", "site": ny1.pk, "_another": ""})

    assert (response.status_code, response.url) == (303, url)


def test_many_choices_are_searched_instead_of_listed(browser: Client, ny1: NetworkSite) -> None:
    address = make.make_address()
    names = [f"ERL {number:03}" for number in range(60)]
    ERL.objects.bulk_create(ERL(name=name, site=ny1, civic_address=address) for name in names)

    page = browser.get(VIEWS["subnets"].url(Role.CREATE)).content.decode()
    found = browser.get(f"{VIEWS['erls'].url(Role.OPTIONS)}?q=erl+059").json()["options"]

    assert "ERL 001" not in page
    assert f'data-options-url="{VIEWS["erls"].url(Role.OPTIONS)}"' in page
    assert [option["text"] for option in found] == ["ERL 059"]


def test_post_to_a_page_that_only_reads_is_405(browser: Client, ny1: NetworkSite) -> None:
    response = browser.post(VIEWS["network-sites"].url(Role.DETAIL, ny1))

    assert response.status_code == 405


def test_htmx_gets_the_table_alone(browser: Client, ny1: NetworkSite) -> None:
    url = VIEWS["network-sites"].url(Role.LIST)

    part = browser.get(url, headers={"HX-Request": "true"}).content.decode()

    assert part.strip().startswith('<div id="results"')
    assert "<html" not in part
    assert '<span id="count" hx-swap-oob="innerHTML">1 found</span>' in part


def test_htmx_is_sent_on_by_header(browser: Client, ny1: NetworkSite) -> None:
    url = VIEWS["subnets"].url(Role.CREATE)

    response = browser.post(
        url, {"cidr": "10.9.0.0/24", "site": ny1.pk}, headers={"HX-Request": "true"}
    )

    assert response["HX-Redirect"] == Subnet.objects.get().get_absolute_url()


def test_later_page_keeps_the_order_of_the_list(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("e911portal.core.crud.PER_PAGE", 2)
    for name in ("Delta", "Alpha", "Echo", "Bravo", "Charlie"):
        make.make_site(name=name)
    url = VIEWS["network-sites"].url(Role.LIST)

    def names(**query: Any) -> list[str]:
        table = browser.get(url, query).context["table"]
        return [row.record.name for row in table.paginated_rows]

    assert names(page=2) == ["Charlie", "Delta"]
    assert names(page=3, sort="-name") == ["Alpha"]
