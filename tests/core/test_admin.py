"""The stock admin: opens for superusers, writes through the audit trail, shows no secret."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from e911portal.core.models import AuditEvent
from locations.models import NetworkRegion, NetworkSite
from tests import factories as make

OURS = [
    model._meta.label_lower
    for model in admin.site._registry
    if model._meta.app_label in ("core", "locations", "routing", "notifications")
]


def url(label: str, page: str, *args: Any) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)


@pytest.mark.parametrize("label", OURS)
def test_list_opens_and_searches(label: str, browser: Client) -> None:
    assert browser.get(url(label, "changelist"), {"q": "x"}).status_code == 200


@pytest.mark.parametrize("label", OURS)
def test_form_to_add_opens_where_people_add(label: str, browser: Client) -> None:
    page = admin.site.get_model_admin(apps.get_model(label))
    seen = browser.get(url(label, "add"))

    assert seen.status_code == (200 if page.has_add_permission(seen.wsgi_request) else 403)


def test_stock_admin_is_closed_to_others(client: Client, ny_admin: User) -> None:
    client.force_login(ny_admin)

    assert client.get(reverse("admin:index")).status_code == 302


def test_change_and_delete_leave_audit_rows(browser: Client, admin: User) -> None:
    region = make.make_region(name="NorthAmerica")

    browser.post(url("locations.networkregion", "change", region.pk), {"name": "EMEA"})
    browser.post(url("locations.networkregion", "delete", region.pk), {"post": "yes"})

    events = AuditEvent.objects.order_by("pk").values_list("action", "actor")
    assert NetworkRegion.objects.count() == 0
    assert list(events) == [
        ("locations.networkregion.updated", admin.pk),
        ("locations.networkregion.deleted", admin.pk),
    ]


def test_secret_is_not_on_the_form(browser: Client) -> None:
    provider = make.make_provider(password="s3cret-value")

    page = browser.get(url("locations.serviceprovider", "change", provider.pk)).content.decode()

    assert "s3cret-value" not in page
    assert 'name="password"' not in page


def test_account_made_and_changed_leaves_audit_rows_without_the_password(browser: Client) -> None:
    group = Group.objects.create(name="Auditors")
    new = "a quite long password"
    made = {"username": "bo", "password1": new, "password2": new, "usable_password": "true"}

    browser.post(url("auth.user", "add"), made)
    bo = User.objects.get(username="bo")
    joined = {"username": "bo", "is_active": "on", "groups": [group.pk]}
    joined |= {"date_joined_0": "2026-11-21", "date_joined_1": "10:00:00"}
    browser.post(url("auth.user", "change", bo.pk), joined)
    other = "another long password"
    browser.post(
        reverse("admin:auth_user_password_change", args=[bo.pk]),
        {"password1": other, "password2": other, "usable_password": "true"},
    )

    actions = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == [
        "auth.user.created",
        "auth.user.updated",
        "auth.user.updated",
        "auth.user.password_changed",
    ]
    assert AuditEvent.objects.order_by("pk")[2].after == {"groups": [group.pk]}
    bo.refresh_from_db()
    assert bo.check_password(other)
    rows = str(list(AuditEvent.objects.values_list("before", "after")))
    assert "pbkdf2" not in rows


def test_right_on_a_site_is_granted_and_taken_with_audit_rows(
    browser: Client, stranger: User, ny1: NetworkSite
) -> None:
    right = Permission.objects.get(codename="change_networksite")
    label = "locations.networksiteuserpermission"
    given = {"user": stranger.pk, "permission": right.pk, "content_object": ny1.pk}

    browser.post(url(label, "add"), given)

    assert list(NetworkSite.objects.editable_by(stranger)) == [ny1]
    grant = apps.get_model(label).objects.get()
    browser.post(url(label, "delete", grant.pk), {"post": "yes"})
    assert list(NetworkSite.objects.editable_by(stranger)) == []
    actions = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == [f"{label}.created", f"{label}.deleted"]
