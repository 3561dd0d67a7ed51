"""The site map: what it shows, and placing a site."""

from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from e911portal.core.models import AuditEvent
from locations.models import NetworkSite
from tests import factories as make


def features(client: Client) -> dict[str, Any]:
    answer = client.get(reverse("locations:sites-geojson")).json()
    return {feature["properties"]["name"]: feature for feature in answer["features"]}


def test_site_is_a_feature_with_its_coverage(browser: Client) -> None:
    site = make.make_site(name="NY1", latitude="40.741200", longitude="-73.989700")
    proven = make.make_erl(site=site)
    make.make_verdict(address=proven.civic_address)
    make.make_subnet(site=site, erl=proven)
    make.make_subnet(site=site, erl=make.make_erl(site=site))
    make.make_subnet(site=site)

    found = features(browser)["NY1"]

    assert found["geometry"] == {"type": "Point", "coordinates": [-73.9897, 40.7412]}
    counted = ("elements", "located", "validated", "percent", "level", "editable")
    assert {name: found["properties"][name] for name in counted} == {
        "elements": 3,
        "located": 2,
        "validated": 1,
        "percent": 33,
        "level": "part",
        "editable": True,
    }


def test_site_without_coordinates_has_no_geometry(browser: Client, ny1: NetworkSite) -> None:
    assert features(browser)["NY1"]["geometry"] is None


def test_map_shows_the_visible_sites(
    client: Client, ny_admin: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    client.force_login(ny_admin)

    assert list(features(client)) == ["NY1"]
    rows = client.get(reverse("locations:map")).context["coverage"]
    assert [entry.site for entry in rows] == [ny1]


def test_map_asks_the_database_as_often_for_many_sites(browser: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(reverse("locations:map"))
        return len(captured)

    make.make_site()
    queries()
    first = queries()
    for _ in range(3):
        make.make_subnet(site=make.make_site())

    assert queries() == first


def place(client: Client, site: NetworkSite, **values: str) -> Any:
    return client.post(reverse("locations:place-site", args=[site.pk]), values)


def test_dropped_site_is_saved_with_its_audit_row(
    client: Client, ny_admin: User, ny1: NetworkSite
) -> None:
    client.force_login(ny_admin)

    response = place(client, ny1, latitude="40.741200", longitude="-73.989700")

    ny1.refresh_from_db()
    assert response.status_code == 200
    assert (str(ny1.latitude), str(ny1.longitude)) == ("40.741200", "-73.989700")
    event = AuditEvent.objects.of(ny1).get()
    assert (event.actor, event.after) == (
        ny_admin,
        {"latitude": "40.741200", "longitude": "-73.989700"},
    )


def test_site_of_others_cannot_be_placed(client: Client, ny_admin: User, la1: NetworkSite) -> None:
    client.force_login(ny_admin)

    assert place(client, la1, latitude="1", longitude="1").status_code == 404


def test_coordinates_beyond_the_pole_are_refused(browser: Client, ny1: NetworkSite) -> None:
    response = place(browser, ny1, latitude="91", longitude="0")

    assert response.status_code == 422
    assert response.json()["error"] == "Ensure this value is less than or equal to 90."


def test_stranger_has_no_map(client: Client, stranger: User) -> None:
    client.force_login(stranger)

    assert client.get(reverse("locations:map")).status_code == 404
    assert client.get(reverse("locations:sites-geojson")).status_code == 404
