"""The search box: any spelling finds a row, an address finds its networks."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User

from e911portal.core import filters
from e911portal.core.filters import covering_networks, matching, spellings
from locations.filters import PortFilter, SwitchFilter
from locations.models import BSSID, Subnet, Switch, SwitchPort
from tests import factories as make


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("00:19:5B:7F", ["00:19:5B:7F", "00-19-5b-7f"]),
        ("0019.5b7f", ["0019.5b7f", "00-19-5b-7f"]),
        ("00-19-5b", ["00-19-5b"]),
        ("911", ["911"]),
        ("12125550100", ["12125550100"]),
        ("cedar", ["cedar"]),
    ],
)
def test_spellings_of_a_word(word: str, found: list[str]) -> None:
    assert spellings(word) == found


def test_covering_networks_of_an_address() -> None:
    networks = covering_networks("10.1.1.7")

    assert len(networks) == 33
    assert networks[24] == "10.1.1.0/24"


def test_covering_networks_of_no_address() -> None:
    assert covering_networks("10.1.1") == []


def test_matching_finds_the_networks_of_an_address(db: None) -> None:
    inside = [make.make_subnet(cidr=cidr) for cidr in ("10.1.0.0/16", "10.1.1.0/24")]
    make.make_subnet(cidr="10.2.0.0/16")

    found = matching(Subnet.objects.order_by("pk"), "10.1.1.7", ("cidr",))

    assert list(found) == inside


def test_matching_wants_every_word(db: None) -> None:
    make.make_bssid(value="00-19-5b-7f-77-01", access_point=make.make_access_point(name="ny"))
    wanted = make.make_bssid(
        value="00-19-5b-7f-77-02", access_point=make.make_access_point(name="la")
    )

    found = matching(BSSID.objects.all(), "00:19:5B la", ("value", "access_point__name"))

    assert list(found) == [wanted]


def test_matching_finds_a_row_once_by_several_of_its_rows(db: None) -> None:
    stack = make.make_switch(chassis_ids=["3c-4a-92-00-00-01", "3c-4a-92-00-00-02"])
    make.make_switch(chassis_ids=["00-00-00-00-00-01"])

    found = matching(Switch.objects.all(), "3c:4a:92", SwitchFilter.search_fields)

    assert list(found) == [stack]


@pytest.mark.parametrize("few", [0, 1, 2], ids=["many", "as many", "few"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [({"q": "core-1"}, ["1", "2"]), ({"q": "gone"}, []), ({"q": "core-1", "erl": ""}, ["1", "2"])],
    ids=["by switch", "nothing", "other filter empty"],
)
def test_search_finds_the_same_however_many_there_are(
    db: None, monkeypatch: pytest.MonkeyPatch, few: int, query: dict[str, str], expected: list[str]
) -> None:
    for name, ports in (("core-1", "12"), ("core-2", "3")):
        switch = make.make_switch(name=name)
        for port in ports:
            make.make_port(switch=switch, port_id=port)
    monkeypatch.setattr(filters, "_FEW", few)
    request = SimpleNamespace(user=User(is_superuser=True))

    found = PortFilter(query, queryset=SwitchPort.objects.all(), request=request).qs

    assert list(found.order_by("pk").values_list("port_id", flat=True)) == expected
