"""Who sees and changes what: the cast of people against rows of sites, shared rows and the rest."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from guardian.shortcuts import assign_perm

from e911portal.core import permissions
from e911portal.core.models import AccessKey, Job
from locations.models import BSSID, ERL, CivicAddress, NetworkRegion, NetworkSite
from notifications.models import Channel, SecurityDesk, Subscription
from routing.models import Trunk
from tests import factories

pytestmark = pytest.mark.django_db

BOTH = {"NY1", "LA1"}
NONE: set[str] = set()


@pytest.fixture
def region_admin(ny1: NetworkSite, la1: NetworkSite) -> User:
    """Administers every site of the region."""
    user = factories.make_user("region_admin")
    assign_perm("change_networkregion", user, ny1.region)
    return user


@pytest.fixture
def ny_viewer(ny1: NetworkSite) -> User:
    """May look at NY1 only."""
    user = factories.make_user("ny_viewer")
    assign_perm("view_networksite", user, ny1)
    return user


@pytest.fixture
def gone(ny1: NetworkSite) -> User:
    """Whoever had every right, until the account was closed."""
    user = factories.make_user("gone", is_superuser=True, is_active=False)
    assign_perm("change_networksite", user, ny1)
    return user


PEOPLE = {  # who: sees, changes, deletes
    "admin": (BOTH, BOTH, BOTH),
    "auditor": (BOTH, NONE, NONE),
    "region_admin": (BOTH, BOTH, BOTH),
    "ny_admin": ({"NY1"}, {"NY1"}, {"NY1"}),
    "ny_viewer": ({"NY1"}, NONE, NONE),
    "desk_officer": (NONE, NONE, NONE),
    "stranger": (NONE, NONE, NONE),
    "gone": (NONE, NONE, NONE),
}


@pytest.fixture(params=PEOPLE)
def person(request: pytest.FixtureRequest) -> Any:
    """Each of the cast in turn."""
    return request.getfixturevalue(request.param)


def rights(model: Any, user: Any, path: str) -> tuple[set[str], ...]:
    """Return the sites whose rows the person sees, changes and deletes."""
    rows = model.objects
    return tuple(
        set(queryset.values_list(path, flat=True))
        for queryset in (rows.visible_to(user), rows.editable_by(user), rows.deletable_by(user))
    )


def test_rows_of_a_site_follow_the_rights_on_it(
    person: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    for site in (ny1, la1):
        factories.make_erl(site=site)

    assert rights(ERL, person, "site__name") == PEOPLE[person.username]


def test_rows_below_a_row_of_a_site_follow_too(
    person: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    for site in (ny1, la1):
        factories.make_bssid(access_point=factories.make_access_point(site=site))

    assert rights(BSSID, person, "access_point__site__name") == PEOPLE[person.username]


def test_site_is_seen_and_changed_by_its_people_and_deleted_by_none_of_them(
    person: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    sees, changes, _ = PEOPLE[person.username]

    assert rights(NetworkSite, person, "name") == (
        sees,
        changes,
        BOTH if person.username == "admin" else NONE,
    )


@pytest.mark.parametrize("model", [NetworkRegion, CivicAddress])
def test_shared_rows_are_seen_by_whoever_works_on_a_site(
    person: User, model: Any, ny1: NetworkSite
) -> None:
    factories.make_address()
    sees = bool(PEOPLE[person.username][0])

    assert model.objects.visible_to(person).exists() is sees
    assert model.objects.editable_by(person).exists() is (person.username == "admin")


@pytest.mark.parametrize("model", [AccessKey, Job])
def test_other_rows_need_the_model_permission(person: User, model: Any) -> None:
    factories.make_access_key()
    factories.make_job()

    assert model.objects.visible_to(person).exists() is (person.username in ("admin", "auditor"))
    assert model.objects.editable_by(person).exists() is (person.username == "admin")


def test_nobody_sees_anything_without_logging_in(ny1: NetworkSite) -> None:
    factories.make_erl(site=ny1)

    assert rights(ERL, AnonymousUser(), "site__name") == (NONE, NONE, NONE)


def test_right_to_change_a_model_includes_the_right_to_see_it(ny1: NetworkSite) -> None:
    user = factories.make_user()
    assign_perm("locations.change_erl", user)
    factories.make_erl(site=ny1)

    assert rights(ERL, user, "site__name") == ({"NY1"}, {"NY1"}, NONE)


@pytest.mark.parametrize("anchor", ["site", "region"])
@pytest.mark.parametrize(("action", "changes"), [("view", NONE), ("change", {"NY1"})])
def test_right_of_a_group_is_the_right_of_its_members(
    action: str, changes: set[str], anchor: str, stranger: User, ny1: NetworkSite
) -> None:
    la1 = factories.make_site(name="LA1", region=factories.make_region(name="West"))
    for site in (ny1, la1):
        factories.make_erl(site=site)
    member, group = factories.make_user(), Group.objects.create(name="New York")
    member.groups.add(group)
    assign_perm(f"{action}_network{anchor}", group, {"site": ny1, "region": ny1.region}[anchor])

    assert rights(ERL, member, "site__name") == ({"NY1"}, changes, changes)
    assert rights(ERL, stranger, "site__name") == (NONE, NONE, NONE)


def test_site_that_moves_to_another_region_leaves_its_admins(
    region_admin: User, ny1: NetworkSite
) -> None:
    ny1.region = factories.make_region(name="Europe")
    ny1.save()

    assert list(permissions.permitted_sites(region_admin, "change")) == [
        NetworkSite.objects.get(name="LA1")
    ]


@pytest.mark.parametrize(
    ("who", "model", "may"),
    [
        ("admin", NetworkSite, True),
        ("ny_admin", ERL, True),
        ("ny_admin", NetworkSite, False),
        ("ny_admin", CivicAddress, False),
        ("ny_viewer", ERL, False),
        ("auditor", ERL, False),
        ("stranger", ERL, False),
        ("gone", ERL, False),
    ],
)
def test_can_add(who: str, model: Any, may: bool, request: pytest.FixtureRequest) -> None:
    assert permissions.can_add(request.getfixturevalue(who), model) is may


def test_shared_row_that_names_a_site_is_seen_by_its_people_only(
    ny_admin: User, auditor: User, ny1: NetworkSite, la1: NetworkSite
) -> None:
    both = factories.make_desk(name="Both", sites=[ny1, la1])
    desks = {
        "Everywhere": factories.make_desk(name="Everywhere", sites=[]),
        "NY1": factories.make_desk(name="NY1", sites=[ny1]),
        "LA1": factories.make_desk(name="LA1", sites=[la1]),
        "Both": both,
    }
    for name, desk in desks.items():
        factories.make_channel(desk=desk, address=f"{name}@example.com".lower())
        Subscription.objects.create(desk=desk, site=ny1)
    Subscription.objects.create(desk=both, erl=factories.make_erl(site=la1))
    for site in (None, ny1, la1):
        factories.make_trunk(name=f"trunk of {site}", site=site)

    def seen(user: User, model: Any, path: str) -> list[str]:
        return sorted(model.objects.visible_to(user).values_list(path, flat=True))

    ours = ["Both", "Everywhere", "NY1"]
    assert seen(ny_admin, SecurityDesk, "name") == ours
    assert seen(ny_admin, Channel, "desk__name") == ours
    assert seen(ny_admin, Subscription, "desk__name") == ours
    assert seen(ny_admin, Trunk, "name") == ["trunk of NY1", "trunk of None"]
    assert len(seen(auditor, Subscription, "desk__name")) == 5
