"""The OpenAPI description, the manual in the browser, and that neither is left behind."""

import json
import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import models
from rest_framework.test import APIClient

from e911portal.api import router

#: Models that are read and written inside another resource, or by a page only.
INSIDE = {
    "core.Activation",
    "core.LoginAttempt",
    "core.PublicationSchedule",
    "locations.SeenReport",
    "locations.ImportBatch",
    "locations.ImportPart",
    "locations.NetworkSiteUserPermission",
    "locations.NetworkSiteGroupPermission",
    "locations.NetworkRegionUserPermission",
    "locations.NetworkRegionGroupPermission",
    "routing.EmergencyNumber",
    "routing.RouteUsage",
    "routing.RouteTrunk",
    "routing.VoicePolicyUsage",
    "notifications.DeskMessage",
}


def test_every_model_is_a_resource_or_inside_of_one() -> None:
    ours = {
        model._meta.label
        for app in ("core", "locations", "routing", "notifications")
        for model in apps.get_app_config(app).get_models()
    }
    resources = {viewset.queryset.model._meta.label for _, viewset, _ in router.registry}

    assert ours - INSIDE == resources


def test_every_column_of_a_resource_is_in_it_or_deliberately_left_out() -> None:
    left_out = {}
    for prefix, viewset, _ in router.registry:
        model: type[models.Model] = viewset.queryset.model
        columns = {field.name for field in model._meta.concrete_fields}
        missing = columns - set(viewset.serializer_class.Meta.fields)
        if missing:
            left_out[prefix] = sorted(missing)

    assert left_out == {
        "access-keys": ["digest"],
        "address-verdicts": ["normal_form"],
        "api-tokens": ["digest", "user"],
        "audit-events": ["actor"],
        "civic-addresses": ["normal_form"],
        "emergency-calls": ["mode", "site_name"],
        "jobs": ["hinted_at", "lease_until", "not_before"],
        "notifications": ["channel", "lease_until"],
        "publications": ["file", "id"],
        "subnets": ["sort_key"],
        "switch-ports": ["port_key"],
    }


def test_description_is_valid_and_complete(tmp_path: Any) -> None:
    file = tmp_path / "schema.json"

    call_command(
        "spectacular", validate=True, fail_on_warn=True, format="openapi-json", file=str(file)
    )

    paths = json.loads(file.read_text())["paths"]
    described = {re.match(r"/api/v1/([a-z-]+)/", path)[1] for path in paths}
    assert described == {prefix for prefix, _, _ in router.registry}
    for operations in paths.values():
        for name, operation in operations.items():
            errors = {code for code in operation["responses"] if code >= "400"}
            assert "401" in errors, f"{name} {operation['operationId']}"


@pytest.mark.parametrize("page", ["schema", "docs", ""])
def test_description_is_for_people_who_are_logged_in(page: str, db: None, stranger: User) -> None:
    known, unknown = APIClient(), APIClient()
    known.force_login(stranger)
    path = f"/api/v1/{page}/" if page else "/api/v1/"

    answers = unknown.get(path).status_code, known.get(path).status_code

    assert answers == (302 if page == "docs" else 401, 200)


def test_manual_runs_no_inline_script_and_loads_nothing_from_elsewhere(
    db: None, stranger: User
) -> None:
    client = APIClient()
    client.force_login(stranger)

    page = client.get("/api/v1/docs/")

    html = page.content.decode()
    nonce = re.search(r"style-src 'self' 'nonce-([^']+)'", page["Content-Security-Policy"])[1]
    assert re.findall(r"<script(?! src=)", html) == []
    assert re.findall(r"<style(.*?)>", html) == [f' nonce="{nonce}"']
    assert [url for url in re.findall(r'(?:src|href)="(.*?)"', html) if url[0] != "/"] == []


def test_root_lists_every_resource(db: None, stranger: User) -> None:
    client = APIClient()
    client.force_login(stranger)

    assert set(client.get("/api/v1/").json()) == {prefix for prefix, _, _ in router.registry}
