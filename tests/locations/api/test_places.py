"""REST of places: verdicts beside addresses, pictures of floors."""

from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from locations.models import FloorPlan, NetworkSite
from tests import factories

pytestmark = pytest.mark.django_db


def png(width: int = 4, height: int = 3) -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (width, height)).save(content, "PNG")
    return SimpleUploadedFile("plan.png", content.getvalue(), "image/png")


@pytest.fixture
def client(ny_admin: User) -> APIClient:
    client = APIClient()
    client.force_login(ny_admin)
    return client


def test_address_shows_its_verdict_and_when_it_is_stale(client: APIClient) -> None:
    address = factories.make_address()
    path = f"/api/v1/civic-addresses/{address.pk}/"
    shown = [client.get(path).json()["verdict_status"]]

    factories.make_verdict(address=address)
    shown.append(client.get(path).json()["verdict_status"])
    address.hno = "777"
    address.save()
    shown.append(client.get(path).json()["verdict_status"])

    assert shown == ["none", "valid", "stale"]


def test_floor_plan_is_uploaded_and_fetched(client: APIClient, ny1: NetworkSite) -> None:
    picture = png()

    made = client.post(
        "/api/v1/floor-plans/",
        {"site": ny1.pk, "floor": "7", "image": picture},
        format="multipart",
    ).json()

    fetched = client.get(made["image"])
    picture.seek(0)
    assert (made["width"], made["height"]) == (4, 3)
    assert fetched["Content-Type"] == "image/png"
    assert b"".join(fetched.streaming_content) == picture.read()


def test_floor_plan_that_is_no_picture_is_refused(client: APIClient, ny1: NetworkSite) -> None:
    drawing = SimpleUploadedFile("plan.svg", b"<svg/>", "image/svg+xml")

    answer = client.post(
        "/api/v1/floor-plans/",
        {"site": ny1.pk, "floor": "7", "image": drawing},
        format="multipart",
    )

    assert (answer.status_code, [f["field"] for f in answer.json()["error"]["fields"]]) == (
        400,
        ["image"],
    )


def test_picture_of_a_foreign_site_is_not_fetched(client: APIClient, la1: NetworkSite) -> None:
    plan = FloorPlan.objects.create(site=la1, floor="1", image=png())

    answer = client.get(f"/api/v1/floor-plans/{plan.pk}/image/")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")


def test_picture_is_replaced_by_upload(client: APIClient, ny1: NetworkSite) -> None:
    plan = FloorPlan.objects.create(site=ny1, floor="1", image=png())

    answer = client.patch(
        f"/api/v1/floor-plans/{plan.pk}/", {"image": png(width=8)}, format="multipart"
    )

    assert (answer.status_code, answer.json()["width"]) == (200, 8)
