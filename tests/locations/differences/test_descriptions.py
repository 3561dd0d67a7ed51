"""How ERLs are described otherwise, and for how many elements."""

import pytest

from e911portal import publishing
from e911portal.core.changes import Effect
from locations import differences
from locations.models import ERL, CivicAddress, SwitchPort
from tests import factories
from tests.locations.differences.plan import changes, move
from tests.publication.history import publish

pytestmark = pytest.mark.django_db

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
