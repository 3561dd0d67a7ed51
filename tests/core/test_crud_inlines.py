"""Rows edited together with their parent, their order, and secrets."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from e911portal.core.crud import Role
from e911portal.core.models import AuditEvent
from locations.models import ChassisID, NetworkSite, ServiceProvider, Switch
from routing.models import EmergencyNumber, RouteTrunk
from tests import factories as make
from tests.core.pages import VIEWS, as_sent


def edit(browser: Client, name: str, row: Any, **changes: Any) -> Any:
    url = VIEWS[name].url(Role.UPDATE, row)
    return browser.post(url, as_sent(browser.get(url), **changes))


def test_switch_and_its_chassis_ids_are_made_together(browser: Client, ny1: NetworkSite) -> None:
    url = VIEWS["switches"].url(Role.CREATE)
    data = as_sent(browser.get(url), name="ny1-sw-1", site=ny1.pk)

    response = browser.post(data=data | {"chassisid-0-value": "3C4A.9230.EC00"}, path=url)

    assert response.status_code == 303
    assert list(ChassisID.objects.values_list("switch__name", "value")) == [
        ("ny1-sw-1", "3c-4a-92-30-ec-00")
    ]
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "locations.switch.created",
        "locations.chassisid.created",
    ]


def test_bad_chassis_id_saves_nothing(browser: Client, ny1: NetworkSite) -> None:
    taken = make.make_chassis_id(value="3c-4a-92-30-ec-00")
    url = VIEWS["switches"].url(Role.CREATE)
    data = as_sent(browser.get(url), name="ny1-sw-1", site=ny1.pk)

    response = browser.post(url, data | {"chassisid-0-value": "3c:4a:92:30:ec:00"})

    assert response.status_code == 422
    assert "Another switch has this chassis id already." in response.content.decode()
    assert list(Switch.objects.all()) == [taken.switch]


def test_rows_are_changed_removed_and_added_in_one_go(browser: Client) -> None:
    policy = make.make_location_policy(numbers={"911": ["9911"], "112": []})
    first, second = policy.emergency_numbers.order_by("pk")

    response = edit(
        browser,
        "location-policies",
        policy,
        **{
            "emergencynumber-0-masks": "9911\n8911",
            "emergencynumber-1-DELETE": "on",
            "emergencynumber-2-dial_string": "999",
        },
    )

    assert response.status_code == 303
    assert {row.dial_string: row.masks for row in EmergencyNumber.objects.all()} == {
        "911": ["9911", "8911"],
        "999": [],
    }
    actions = AuditEvent.objects.filter(object_type="routing.emergencynumber")
    assert {(event.object_id, event.action.split(".")[-1]) for event in actions} == {
        (str(first.pk), "updated"),
        (str(second.pk), "deleted"),
        (str(EmergencyNumber.objects.get(dial_string="999").pk), "created"),
    }


def test_mask_of_two_new_numbers_at_once_is_refused_as_a_whole(browser: Client) -> None:
    policy = make.make_location_policy(numbers={"911": []})
    data = {
        "emergencynumber-TOTAL_FORMS": "3",
        "emergencynumber-1-dial_string": "112",
        "emergencynumber-1-masks": "9112",
        "emergencynumber-2-dial_string": "999",
        "emergencynumber-2-masks": "9112",
    }

    response = edit(browser, "location-policies", policy, **data)

    assert response.status_code == 422
    html = response.content.decode()
    assert "Nothing was saved.</strong> See the marked fields." in html
    row = html[html.index('name="emergencynumber-2-masks"') :]
    assert "9112 belongs to another emergency number" in row[: row.index("</div>")]
    assert policy.emergency_numbers.count() == 1


def test_error_of_a_row_alone_is_told_on_top_as_well(browser: Client) -> None:
    policy = make.make_location_policy(numbers={"911": []})

    response = edit(browser, "location-policies", policy, **{"emergencynumber-0-masks": "99x"})

    html = response.content.decode()
    assert response.status_code == 422
    assert "Nothing was saved.</strong> See the marked fields." in html
    assert "“99x” is not a dial string." in html


def test_trunks_are_reordered(browser: Client) -> None:
    one, two, three = (make.make_trunk() for _ in range(3))
    route = make.make_route(trunks=[one, two, three])

    response = edit(
        browser,
        "voice-routes",
        route,
        **{
            "routetrunk-0-position": 2,
            "routetrunk-1-position": 0,
            "routetrunk-2-position": 1,
        },
    )

    assert response.status_code == 303
    rows = RouteTrunk.objects.filter(route=route).order_by("position")
    assert [(row.position, row.trunk) for row in rows] == [(0, two), (1, three), (2, one)]


def test_removed_trunk_leaves_no_gap(browser: Client) -> None:
    one, two, three = (make.make_trunk() for _ in range(3))
    route = make.make_route(trunks=[one, two, three])

    edit(browser, "voice-routes", route, **{"routetrunk-1-DELETE": "on"})

    rows = RouteTrunk.objects.filter(route=route).order_by("position")
    assert [(row.position, row.trunk) for row in rows] == [(0, one), (1, three)]


def test_history_of_a_route_tells_of_its_trunks(browser: Client) -> None:
    route = make.make_route()
    trunk = make.make_trunk(name="ESP")
    edit(browser, "voice-routes", route, **{"routetrunk-0-trunk": trunk.pk})

    response = browser.get(VIEWS["voice-routes"].url(Role.HISTORY, route))

    (change,) = response.context["changes"]
    assert change.verb == "created"
    assert [(row.label, row.after) for row in change.differences] == [
        ("route", route.name),
        ("trunk", "ESP"),
        ("position", "0"),
    ]


# ---------------------------------------------------------------- secrets


def provider_form(browser: Client, provider: ServiceProvider, **changes: Any) -> Any:
    return edit(browser, "service-providers", provider, **changes)


def test_secret_is_on_no_page(browser: Client) -> None:
    provider = make.make_provider(password="s3cret-value")

    pages = [
        browser.get(VIEWS["service-providers"].url(role, provider)).content.decode()
        for role in (Role.DETAIL, Role.UPDATE, Role.HISTORY, Role.DELETE)
    ]

    assert [page for page in pages if "s3cret-value" in page] == []


@pytest.mark.parametrize(
    ("sent", "stored"),
    [({}, "old"), ({"password": "new"}, "new"), ({"password-clear": "on"}, "")],
    ids=["left empty", "typed", "ticked for removal"],
)
def test_secret_is_kept_replaced_or_removed(
    sent: dict[str, str], stored: str, browser: Client
) -> None:
    provider = make.make_provider(password="old")

    provider_form(browser, provider, **sent)

    provider.refresh_from_db()
    assert provider.password == stored


def test_history_says_that_a_secret_was_set_and_not_which(browser: Client) -> None:
    provider = make.make_provider()
    provider_form(browser, provider, password="s3cret-value")

    response = browser.get(VIEWS["service-providers"].url(Role.HISTORY, provider))

    (change,) = response.context["changes"]
    assert [(row.label, row.before, row.after) for row in change.differences] == [
        ("password", "", "(set)")
    ]


def test_client_certificate_is_uploaded_as_a_file(browser: Client) -> None:
    provider = make.make_provider()
    upload = SimpleUploadedFile("client.pfx", b"\x30\x82pfx")

    provider_form(browser, provider, certificate_file=upload)

    provider.refresh_from_db()
    assert provider.client_certificate == "MIJwZng="


def test_number_offered_to_a_new_policy_is_saved(browser: Client) -> None:
    url = VIEWS["location-policies"].url(Role.CREATE)
    shown = as_sent(browser.get(url), name="Annex")

    response = browser.post(url, shown)

    assert response.status_code == 303
    assert shown["emergencynumber-0-dial_string"] == "911"
    assert list(EmergencyNumber.objects.values_list("policy__name", "dial_string")) == [
        ("Annex", "911")
    ]


def test_row_to_add_to_a_policy_with_numbers_is_blank(browser: Client) -> None:
    number = make.make_emergency_number(dial_string="911")
    policy = number.policy
    url = VIEWS["location-policies"].url(Role.UPDATE, policy)

    shown = as_sent(browser.get(url))
    response = browser.post(url, shown)

    assert response.status_code == 303
    assert "emergencynumber-1-dial_string" not in shown
    assert list(EmergencyNumber.objects.all()) == [number]
