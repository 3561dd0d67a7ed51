"""What deleting a row would take along, refuse or loosen."""

import pytest
from django.contrib.auth.models import User

from e911portal.core import consequences
from locations.models import NetworkSite
from tests import factories as make

pytestmark = pytest.mark.django_db


def words(effects: list[consequences.Effect]) -> list[tuple[int, str, int]]:
    return [(effect.count, effect.noun, effect.located) for effect in effects]


def test_switch_takes_its_ports_along(admin: User) -> None:
    switch = make.make_switch(chassis_ids=["3c-4a-92-30-ec-00"])
    make.make_port(switch=switch, erl=make.make_erl(site=switch.site))
    make.make_port(switch=switch)

    found = consequences.of(switch, seen_by=admin)

    assert sorted(words(found.deleted)) == [(1, "chassis id", 0), (2, "switch ports", 1)]
    assert found.losing_location == 1
    assert found.protecting == []


def test_erl_in_use_is_protected(admin: User) -> None:
    erl = make.make_erl()
    make.make_subnet(site=erl.site, erl=erl)

    found = consequences.of(erl, seen_by=admin)

    assert words(found.protecting) == [(1, "subnet", 1)]


def test_default_erl_is_loosened(admin: User) -> None:
    erl = make.make_erl()
    erl.site.default_erl = erl
    erl.site.save()

    found = consequences.of(erl, seen_by=admin)

    assert words(found.loosened) == [(1, "network site", 0)]


def test_examples_are_few_and_the_count_is_whole(admin: User) -> None:
    switch = make.make_switch()
    for _ in range(8):
        make.make_port(switch=switch)

    (effect,) = consequences.of(switch, seen_by=admin).deleted

    assert (effect.count, len(effect.examples), effect.more) == (8, 5, 3)


def test_rows_of_other_sites_are_counted_and_not_named(ny_admin: User, ny1: NetworkSite) -> None:
    erl = make.make_erl(site=ny1)
    make.make_subnet(site=make.make_site(name="LA1"), erl=erl)

    (effect,) = consequences.of(erl, seen_by=ny_admin).protecting

    assert (effect.count, effect.examples, effect.more) == (1, (), 1)


def test_channels_go_with_their_desk(admin: User) -> None:
    desk = make.make_desk()
    make.make_channel(desk=desk)

    found = consequences.of(desk, seen_by=admin)

    assert words(found.deleted) == [(1, "channel", 0)]
