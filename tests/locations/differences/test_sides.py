"""What devices are told on either side, where an element does not decide alone."""

from ipaddress import ip_network

import pytest
from django.utils import timezone

from e911portal import publishing
from e911portal.core.changes import Effect
from e911portal.estate.build import build
from e911portal.estate.size import Size
from locations import differences, lookup
from locations.domain.identifiers import bssid
from locations.domain.resolution import Clue
from locations.models import (
    BSSID,
    ERL,
    NetworkSite,
    Subnet,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)
from tests import factories
from tests.locations.differences.plan import NOWHERE, changes, move
from tests.publication.history import publish

pytestmark = pytest.mark.django_db


def test_removed_wildcard_is_asked_for_by_a_bssid_it_stood_for():
    BSSID.objects.all().delete()

    assert changes() == {("BSSID", bssid("00195b7f770*")): ("loses", "A (by bssid)", NOWHERE)}


def test_unmapped_port_moves_with_its_chassis():
    move(SwitchPort, None)
    publish()
    move(Switch, "B")

    label = "3c-4a-92-30-ec-00 / Gi1/0/1"
    assert changes()["Switch port", label] == ("moves", "A (by chassis)", "B (by chassis)")


def test_unmapped_subnet_moves_with_the_one_around_it(ny1):
    factories.make_subnet(site=ny1, cidr="10.1.1.64/26")
    publish()
    Subnet.objects.filter(cidr="10.1.1.0/24").update(erl=ERL.objects.get(name="B"))

    assert changes()["Subnet", "10.1.1.64/26"] == ("moves", "A (by subnet)", "B (by subnet)")


def test_unmapped_element_gains_the_default_of_its_site(ny1):
    factories.make_subnet(site=ny1, cidr="10.9.0.0/16")
    publish()
    NetworkSite.objects.filter(pk=ny1.pk).update(default_erl=ERL.objects.get(name="B"))

    assert changes() == {("Subnet", "10.9.0.0/16"): ("gains", NOWHERE, "B (by site_default)")}


@pytest.mark.parametrize("host", ["10.1.1.0/25", "10.1.1.0/32", "10.1.1.1/32", "10.1.1.128/25"])
@pytest.mark.parametrize("to", ["B", None])
def test_subnet_around_a_smaller_one_is_told_for_the_rest_of_it(ny1, host, to):
    place = ERL.objects.get(name="A")
    factories.make_subnet(site=ny1, cidr=host, erl=place)
    factories.make_subnet(site=ny1, cidr="2001:db8::/64", erl=place)
    factories.make_subnet(site=ny1, cidr="2001:db8::/65", erl=place)
    publish()
    Subnet.objects.filter(cidr__in=["10.1.1.0/24", "2001:db8::/64"]).update(
        erl=ERL.objects.get(name=to) if to else None
    )

    said = (
        ("moves", "A (by subnet)", "B (by subnet)") if to else ("loses", "A (by subnet)", NOWHERE)
    )
    assert changes() == {("Subnet", "10.1.1.0/24"): said, ("Subnet", "2001:db8::/64"): said}


def test_subnet_that_smaller_ones_cover_decides_nothing(ny1):
    for cidr in ("10.1.1.0/25", "10.1.1.128/25"):
        factories.make_subnet(site=ny1, cidr=cidr, erl=ERL.objects.get(name="A"))
    publish()
    Subnet.objects.filter(cidr="10.1.1.0/24").update(erl=ERL.objects.get(name="B"))

    assert changes() == {}


@pytest.mark.parametrize(
    ("wildcard", "exact"),
    [
        ("00-19-5b-7f-77-0*", "00-19-5b-7f-77-0f"),
        ("00-19-5b-7f-78-*", "00-19-5b-7f-78-f*"),
        ("00-19-5b-7f-78-*", "00-19-5b-7f-78-ff"),
    ],
)
def test_wildcard_around_something_more_exact_is_told_for_the_rest_of_it(ny1, wildcard, exact):
    if not BSSID.objects.filter(value=wildcard).exists():
        factories.make_access_point(site=ny1, erl=ERL.objects.get(name="A"), bssids=[wildcard])
    factories.make_access_point(site=ny1, erl=ERL.objects.get(name="A"), bssids=[exact])
    publish()
    WirelessAccessPoint.objects.filter(bssids__value=wildcard).update(erl=None)

    assert changes() == {("BSSID", wildcard): ("loses", "A (by bssid)", NOWHERE)}


def compared(old, new, now, withhold):
    """Return how two snapshots differ that both withhold unproven places, or both do not."""
    sets, *_ = differences.compare(
        old, new, now=now, old_withholds=lambda _: withhold, new_withholds=lambda _: withhold
    )
    return sets


@pytest.mark.parametrize("withhold", [True, False], ids=["withheld", "flagged"])
def test_every_element_is_told_what_its_device_would_be_told(withhold):
    build(Size.of(300, sites=2), beside=True, progress=lambda _: None)
    for cidr, erl in zip(("10.1.1.0/26", "10.1.1.1/32", "10.1.0.0/16"), "BAB", strict=True):
        factories.make_subnet(cidr=cidr, erl=ERL.objects.get(name=erl))
    now = timezone.now()
    clues = {
        "Switch port": ("port", ("chassis", "port", "port_subtype"), "chassis, port, subtype"),
        "Chassis": ("chassis", ("chassis",), "key"),
        "MAC address": ("mac", ("mac",), "key"),
        "Fixed endpoint": ("uri", ("uri",), "key"),
        "Subnet": ("subnet", ("ip",), "cidr"),
    }

    with publishing.draft_snapshot() as draft:
        sets = compared(None, draft, now, withhold)
        told = {
            (kind, label): lookup.resolve(
                draft, Clue(**dict(zip(names, key, strict=True))), now=now, withhold=withhold
            )
            for kind, (table, names, columns) in clues.items()
            for label, *key in _elements(draft, table, columns)
        }

    shown = {
        (row.kind, row.label): row.after
        for entry in sets
        if entry.kind in clues
        for row in entry.rows
        if row.effect is Effect.GAINS
    }
    assert shown == {
        key: f"{answer.erl.name} (by {answer.tier})" for key, answer in told.items() if answer.erl
    }


@pytest.mark.parametrize("withhold", [True, False], ids=["withheld", "flagged"])
def test_changes_of_ports_are_what_their_devices_are_told_before_and_after(withhold):
    build(Size.of(300, sites=2), beside=True, progress=lambda _: None)
    erls = list(ERL.objects.order_by("pk"))
    site = NetworkSite.objects.exclude(name="NY1").order_by("pk")[0]
    NetworkSite.objects.filter(pk=site.pk).update(default_erl=erls[2])
    now = timezone.now()

    with publishing.draft_snapshot() as old:
        for number, port in enumerate(SwitchPort.objects.order_by("pk")):
            row = SwitchPort.objects.filter(pk=port.pk)
            if number % 4 == 0:
                row.update(erl=None)
            elif number % 4 == 1:
                row.update(erl=erls[number % len(erls)])
            elif number % 4 == 2:
                row.update(subtype=5)
            elif number % 12 == 3:
                row.delete()
        for number, switch in enumerate(Switch.objects.order_by("pk")):
            Switch.objects.filter(pk=switch.pk).update(erl=erls[number] if number % 2 else None)
        for port in SwitchPort.objects.filter(pk__in=range(0, 10_000, 7)):
            factories.make_port(switch=port.switch, port_id=port.port_id, subtype=1, erl=erls[1])
        with publishing.draft_snapshot() as new:
            sets = compared(old, new, now, withhold)
            expected = sorted(_ports_told(old, new, now, withhold))

    [ports] = [entry for entry in sets if entry.kind == "Switch port"]
    shown = sorted((row.label, row.before, row.after) for row in ports.rows)
    assert len(shown) == ports.total  # all of them are shown
    assert shown == expected
    assert {Effect.LOSES, Effect.MOVES} <= {row.effect for row in ports.rows}


def _ports_told(old, new, now, withhold):
    """Yield label, words before and words after of each port whose device is told otherwise."""
    columns = "chassis, port, subtype, label"
    rows = {
        tuple(row) for side in (old, new) for row in side.db.execute(f"SELECT {columns} FROM port")
    }
    for chassis, port, subtype, label in rows:
        clue = Clue(chassis=chassis, port=port, port_subtype=subtype)
        told = [lookup.resolve(side, clue, now=now, withhold=withhold) for side in (old, new)]
        before, after = (answer.erl.name if answer.erl else None for answer in told)
        if before != after:
            yield (
                label,
                *(
                    f"{answer.erl.name} (by {answer.tier})" if answer.erl else NOWHERE
                    for answer in told
                ),
            )


def _elements(draft, table, columns):
    """Yield the label of each element and the values by which a device reports it."""
    if table != "subnet":
        yield from draft.db.execute(f"SELECT label, {columns} FROM {table}")
        return
    networks = [ip_network(cidr) for (cidr,) in draft.db.execute("SELECT cidr FROM subnet")]
    for network in networks:
        smaller = [
            other
            for other in networks
            if other.version == network.version and other != network and other.subnet_of(network)
        ]
        ends = (network[0], *(other[-1] + 1 for other in smaller))
        alone = (
            address
            for address in ends
            if address in network and not any(address in other for other in smaller)
        )
        yield str(network), str(next(alone))
