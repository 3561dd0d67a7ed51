"""The token of a branch node fetches snapshots and delivers events; everything else is closed."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from e911portal.api import router
from locations.models import NetworkSite
from tests import factories
from tests.core.api_cases import CASES
from tests.core.test_api_authentication import issue

pytestmark = pytest.mark.django_db

NODE_RIGHTS = ("fetch_snapshot", "add_callevent")
#: What such a token opens: method, route and answer.
OPEN = {
    "call-events": {("post", "callevent-list"): 200},
    "publications": {
        ("get", "publication-snapshot"): 200,
        ("get", "publication-signing-key"): 200,
    },
}


@pytest.fixture
def secret() -> str:
    node = factories.make_user("branch")
    node.user_permissions.set(Permission.objects.filter(codename__in=NODE_RIGHTS))
    return issue(node)[1]


def doors(prefix: str) -> list[tuple[str, str, bool]]:
    """Return method, route name and whether it names a row, of all that a resource can do."""
    [(viewset, basename)] = [(v, b) for name, v, b in router.registry if name == prefix]
    return [
        (method, route.name.format(basename=basename), "{lookup}" in route.url)
        for route in router.get_routes(viewset)
        for method, action in router.get_method_map(viewset, route.mapping).items()
        if method in viewset.http_method_names and hasattr(viewset, action)
    ]


def is_closed(answer: Any) -> bool:
    """Tell whether nothing came out: refused, not there, or a list without rows."""
    if answer.status_code == 200 and "json" in answer["Content-Type"]:
        return answer.json().get("count") == 0
    return answer.status_code in (403, 404)


@pytest.mark.parametrize("resource", CASES)
def test_node_token_opens_its_two_doors_and_no_other(
    resource: str, secret: str, ny1: NetworkSite, settings: Any, tmp_path: Path
) -> None:
    settings.PUBLICATIONS_DIR, settings.KEYS_DIR = tmp_path, tmp_path / "keys"
    (tmp_path / "1.sqlite3").touch()
    case, client = CASES[resource], APIClient(headers={"Authorization": f"Token {secret}"})
    row = case.row(ny1)
    if resource == "publications":
        type(row).objects.update(state="active", file="1.sqlite3")
    key = {case.key if case.key == "number" else "pk": getattr(row, case.key)}

    opened = {}
    for method, name, names_row in doors(resource):
        address = reverse(f"api:{name}", kwargs=key if names_row else {})
        body = [] if resource == "call-events" else {}
        answer = getattr(client, method)(address, body if method != "get" else None)
        if not is_closed(answer):
            opened[method, name] = answer.status_code

    assert opened == OPEN.get(resource, {})
    assert type(row).objects.filter(pk=row.pk).exists()


def test_node_token_opens_no_page(secret: str) -> None:
    answer = Client(headers={"Authorization": f"Token {secret}"}).get(reverse("publications"))

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse("login"))


def test_migration_keeps_nodes_fetching() -> None:
    migration = import_module("e911portal.core.migrations.0005_fetch_snapshot")
    viewing = Permission.objects.get(codename="view_publication")
    Permission.objects.get(codename="fetch_snapshot").delete()
    node, reader, other = (factories.make_user(name) for name in ("node", "reader", "other"))
    node.user_permissions.add(viewing)
    readers = Group.objects.create(name="Readers")
    readers.permissions.add(viewing)
    reader.groups.add(readers)

    migration.keep_nodes_fetching(apps, None)

    rights = [
        {right for right in User.objects.get(pk=user.pk).get_all_permissions() if "core." in right}
        for user in (node, reader, other)
    ]
    assert rights == [{"core.view_publication", "core.fetch_snapshot"}] * 2 + [set()]
