"""The history of a row names only what its reader may see."""

import pytest
from django.contrib.auth.models import User

from e911portal.core import audit, history
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
