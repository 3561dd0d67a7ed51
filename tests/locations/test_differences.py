"""The difference of two snapshots by location; each row of the table is one way to differ."""

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
    CivicAddress,
    FixedEndpoint,
    NetworkSite,
    Subnet,
    Switch,
    SwitchPort,
    WirelessAccessPoint,
)
from tests import factories
from tests.publication.history import publish

pytestmark = pytest.mark.django_db

NOWHERE = "no location"
SITE = "Network site of an element"


@pytest.fixture(autouse=True)
def estate(publications, ny1):
    """One element of each kind, mapped to a proven place, and published."""
    address = factories.make_address()
    factories.make_verdict(address=address)
    erl = factories.make_erl(name="A", site=ny1, civic_address=address, loc="A")
    factories.make_erl(name="B", site=ny1, civic_address=address, loc="B")
    switch = factories.make_switch(site=ny1, erl=erl, chassis_ids=["3c-4a-92-30-ec-00"])
    factories.make_port(switch=switch, port_id="Gi1/0/1", erl=erl)
    factories.make_access_point(site=ny1, erl=erl, bssids=["00-19-5b-7f-77-0*"])
    factories.make_subnet(site=ny1, erl=erl, cidr="10.1.1.0/24")
    factories.make_fixed_endpoint(site=ny1, erl=erl, number="+12125550150", mac="00-11-22-33-44-55")
    factories.make_trunk(last_resort=1)
    publish()


@pytest.fixture
def la1(estate):
    """A second site, published without anything in it."""
    site = factories.make_site(name="LA1")
    publish()
    return site


def move(model, to):
    model.objects.update(erl=ERL.objects.get(name=to) if to else None)


def changes():
    return {
        (entry.kind, row.label): (str(row.effect), row.before, row.after)
        for entry in publishing.plan().changes
        for row in entry.rows
    }


@pytest.mark.parametrize(
    ("model", "key", "tier"),
    [
        (SwitchPort, ("Switch port", "3c-4a-92-30-ec-00 / Gi1/0/1"), "port"),
        (Switch, ("Chassis", "3c-4a-92-30-ec-00"), "chassis"),
        (WirelessAccessPoint, ("BSSID", "00-19-5b-7f-77-0*"), "bssid"),
        (Subnet, ("Subnet", "10.1.1.0/24"), "subnet"),
        (FixedEndpoint, ("Fixed endpoint", "tel:+12125550150"), "endpoint"),
        (FixedEndpoint, ("MAC address", "00-11-22-33-44-55"), "mac"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_moved_element_is_named_with_both_places(model, key, tier):
    move(model, "B")

    assert changes()[key] == ("moves", f"A (by {tier})", f"B (by {tier})")


def test_element_that_falls_to_the_default_of_its_site_loses_its_location(ny1):
    other = factories.make_erl(
        name="Lobby", site=ny1, civic_address=ERL.objects.get(name="A").civic_address, loc="Lobby"
    )
    NetworkSite.objects.filter(pk=ny1.pk).update(default_erl=other)
    move(FixedEndpoint, None)

    plan = publishing.plan()

    key = ("MAC address", "00-11-22-33-44-55")
    assert changes()[key] == ("loses", "A (by mac)", "Lobby (by site_default)")
    named = {publishing.finding_name(entry): entry for entry in plan.warnings}
    found = named["PUB004:00-11-22-33-44-55"]
    assert "would lose its location A" in found.message
    assert "the site's default, Lobby" in found.message


def test_site_without_a_mapping_gets_another_default_and_that_is_a_move(ny1):
    move(FixedEndpoint, None)
    for name in "AB":
        NetworkSite.objects.filter(pk=ny1.pk).update(default_erl=ERL.objects.get(name=name))
        if name == "A":
            publish()

    moved = changes()["MAC address", "00-11-22-33-44-55"]
    assert moved == ("moves", "A (by site_default)", "B (by site_default)")


def test_unmapped_port_falls_to_its_chassis_and_changes_nothing():
    move(SwitchPort, None)

    assert changes() == {}


def test_removed_subnet_loses_its_location():
    Subnet.objects.all().delete()

    assert changes() == {
        ("Subnet", "10.1.1.0/24"): ("loses", "A (by subnet)", NOWHERE),
        (SITE, "Subnet 10.1.1.0/24"): ("loses", "NY1", ""),
    }


def test_new_element_gains_a_location(ny1):
    factories.make_subnet(site=ny1, erl=ERL.objects.get(name="B"), cidr="10.9.0.0/16")

    assert changes() == {
        ("Subnet", "10.9.0.0/16"): ("gains", NOWHERE, "B (by subnet)"),
        (SITE, "Subnet 10.9.0.0/16"): ("gains", "", "NY1"),
    }


@pytest.mark.parametrize(
    ("model", "labels"),
    [
        (Subnet, {"Subnet 10.1.1.0/24"}),
        (Switch, {"Chassis 3c-4a-92-30-ec-00", "Switch port 3c-4a-92-30-ec-00 / Gi1/0/1"}),
        (WirelessAccessPoint, {"BSSID 00-19-5b-7f-77-0*"}),
        (
            FixedEndpoint,
            {"MAC address 00-11-22-33-44-55", "Fixed endpoint tel:+12125550150"},
        ),
    ],
)
def test_element_that_goes_to_another_site_is_named_though_its_place_stays(la1, model, labels):
    model.objects.update(site=la1)

    assert changes() == {(SITE, label): ("moves", "NY1", "LA1") for label in labels}


def test_smaller_subnet_takes_its_devices_to_its_site(la1):
    factories.make_subnet(site=la1, cidr="10.1.1.64/26")

    assert changes() == {(SITE, "Subnet 10.1.1.64/26"): ("moves", "NY1", "LA1")}


def test_smaller_subnet_of_the_same_site_changes_nothing(ny1):
    factories.make_subnet(site=ny1, cidr="10.1.1.64/26")
    assert changes() == {}

    publish()
    Subnet.objects.filter(cidr="10.1.1.64/26").delete()
    assert changes() == {}


def test_excluded_subnet_loses_its_location():
    Subnet.objects.update(excluded=True, erl=None)

    assert changes()["Subnet", "10.1.1.0/24"] == ("loses", "A (by subnet)", NOWHERE)


ALL_SIX = "A (6 elements)"


@pytest.mark.parametrize(
    ("edit", "erl", "elements"),
    [
        (
            lambda: ERL.objects.filter(name="A").update(flr="3", psap_text="3rd"),
            ("FLR none, PSAP display text none", "FLR 3, PSAP display text 3rd"),
            "changes",
        ),
        (
            lambda: CivicAddress.objects.update(rd="Oak"),
            ("RD Cedar", "RD Oak"),
            "moves",
        ),
        (
            lambda: ERL.objects.filter(name="A").update(psap_text="3rd"),
            ("PSAP display text none", "PSAP display text 3rd"),
            None,
        ),
    ],
    ids=["inside the building", "the address", "what the dispatcher reads"],
)
def test_place_that_is_described_otherwise_says_how_and_for_how_many(edit, erl, elements):
    edit()
    if elements == "moves":
        factories.make_verdict(address=CivicAddress.objects.get())

    expected = {("ERL", "A"): ("changes", *erl)}
    if elements:
        expected["Address of an element", ALL_SIX] = (elements, *erl)
    found = changes()
    assert {key: row for key, row in found.items() if key[1] != "B"} == expected


def test_elements_of_a_place_that_gets_another_address_are_counted_one_by_one():
    CivicAddress.objects.update(hno="200")
    factories.make_verdict(address=CivicAddress.objects.get())

    counts = {entry.kind: entry.counts for entry in publishing.plan().changes}
    assert counts["Address of an element"] == {Effect.MOVES: 6}


def test_refused_address_takes_the_location_of_everything_on_it():
    factories.make_verdict(
        address=CivicAddress.objects.get(),
        verdict="invalid",
    )

    lost = {key for key, row in changes().items() if row[0] == "loses"}

    assert lost == {
        ("Switch port", "3c-4a-92-30-ec-00 / Gi1/0/1"),
        ("Chassis", "3c-4a-92-30-ec-00"),
        ("BSSID", "00-19-5b-7f-77-0*"),
        ("Subnet", "10.1.1.0/24"),
        ("Fixed endpoint", "tel:+12125550150"),
        ("MAC address", "00-11-22-33-44-55"),
    }


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


def test_elements_that_lose_their_floor_are_named():
    ERL.objects.filter(name="A").update(flr="2")
    publish()

    move(SwitchPort, to="B")
    lost = {label for kind, label in changes() if kind == "Floor"}
    assert len(lost) == 1
    assert lost.pop().startswith("Switch port ")

    move(SwitchPort, to="A")
    ERL.objects.filter(name="A").update(flr="")
    told = {label: said for (kind, label), said in changes().items() if kind == "Floor"}
    for kind in differences.KINDS:
        assert any(label.startswith(f"{kind.title} ") for label in told)
    assert set(told.values()) == {("loses", "2", "no floor")}

    ERL.objects.filter(name="A").update(flr="3")
    assert not {kind for kind, _ in changes()} & {"Floor"}
