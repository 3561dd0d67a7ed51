"""The search box: any spelling finds a row, an address finds its networks."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from e911portal.core import crud, filters
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


@pytest.fixture
def ports(db: None) -> None:
    """Two ports of core-1, one of core-2."""
    for name, names in (("core-1", "12"), ("core-2", "3")):
        switch = make.make_switch(name=name)
        for port in names:
            make.make_port(switch=switch, port_id=port)


@pytest.mark.parametrize(
    ("query", "expected"),
    [({"q": "core-1"}, ["1", "2"]), ({"q": "gone"}, []), ({"q": "core-1", "erl": ""}, ["1", "2"])],
    ids=["by switch", "nothing", "other filter empty"],
)
def test_search_finds_every_row(ports: None, query: dict[str, str], expected: list[str]) -> None:
    request = SimpleNamespace(user=User(is_superuser=True))

    filterset = PortFilter(query, queryset=SwitchPort.objects.all(), request=request)

    assert list(filterset.qs.order_by("pk").values_list("port_id", flat=True)) == expected
    assert filterset.is_cut is False


@pytest.mark.parametrize(
    ("enough", "shown", "words"),
    [(1, 1, "More than 1 found: add a word or a filter"), (2, 2, "2 found"), (3, 2, "2 found")],
    ids=["too many", "as many", "fewer"],
)
def test_search_that_finds_too_many_shows_some_and_says_so(
    ports: None, monkeypatch: pytest.MonkeyPatch, admin_client: Client,
    enough: int, shown: int, words: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(filters, "ENOUGH", enough)
    page = reverse("locations:switchport-list")

    answers = [
        admin_client.get(page, {"q": "core-1"}, headers=headers)
        for headers in ({}, {"HX-Request": "true"})
    ]

    assert [len(answer.context["table"].rows) for answer in answers] == [shown, shown]
    assert [f">{words}</span>" in answer.content.decode() for answer in answers] == [True, True]


@pytest.mark.parametrize(("enough", "words"), [(2, "1–1 of more than 2<"), (3, "1–1 of 3<")])
def test_pager_of_a_search_that_was_cut_says_so(
    ports: None, monkeypatch: pytest.MonkeyPatch, admin_client: Client, enough: int, words: str
) -> None:
    monkeypatch.setattr(crud, "PER_PAGE", 1)
    monkeypatch.setattr(filters, "ENOUGH", enough)

    answer = admin_client.get(reverse("locations:switchport-list"), {"q": "core"})

    assert words in answer.content.decode()


@pytest.mark.parametrize(
    ("enough", "words", "expected"),
    [
        (1, "core-1", {"count": 1, "is_cut": True}),
        (2, "core-1", {"count": 2, "is_cut": False}),
        (1, "", {"count": 3, "is_cut": False}),
    ],
    ids=["too many", "as many", "no search"],
)
def test_search_by_rest_is_cut_as_on_the_page(
    ports: None, monkeypatch: pytest.MonkeyPatch, admin_client: Client,
    enough: int, words: str, expected: dict[str, object],
) -> None:  # fmt: skip
    monkeypatch.setattr(filters, "ENOUGH", enough)

    answer = admin_client.get("/api/v1/switch-ports/", {"q": words}).json()

    assert {name: answer[name] for name in expected} == expected
    assert len(answer["results"]) == expected["count"]


def test_search_by_rest_looks_among_the_filtered_rows(
    ports: None, monkeypatch: pytest.MonkeyPatch, admin_client: Client
) -> None:
    monkeypatch.setattr(filters, "ENOUGH", 1)

    answer = admin_client.get("/api/v1/switch-ports/", {"q": "core", "switch_name": "core-2"})

    assert [row["port_id"] for row in answer.json()["results"]] == ["3"]
    assert answer.json()["is_cut"] is False


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", ["10.9.0.0/24"]), ("YES", ["10.9.0.0/24"]), ("1", ["10.9.0.0/24"]),
        ("false", ["10.1.0.0/24"]), ("unknown", ["10.1.0.0/24", "10.9.0.0/24"]),
        ("", ["10.1.0.0/24", "10.9.0.0/24"]),
    ],
)  # fmt: skip
def test_yes_or_no_by_page_and_by_rest(
    db: None, admin_client: Client, value: str, expected: list[str]
) -> None:
    make.make_subnet(cidr="10.1.0.0/24")
    make.make_subnet(cidr="10.9.0.0/24", excluded=True)

    page = admin_client.get(reverse("locations:subnet-list"), {"excluded": value})
    rest = admin_client.get("/api/v1/subnets/", {"excluded": value})

    assert sorted(row.cidr for row in page.context["table"].data) == expected
    assert sorted(row["cidr"] for row in rest.json()["results"]) == expected


def test_neither_yes_nor_no_is_told_by_page_and_by_rest(db: None, admin_client: Client) -> None:
    message = "“maybe” is neither yes nor no. Write true or false."

    page = admin_client.get(reverse("locations:subnet-list"), {"excluded": "maybe"})
    rest = admin_client.get("/api/v1/subnets/", {"excluded": "maybe"})

    assert f">{message}</div>" in page.content.decode()
    assert rest.status_code == 400
    assert rest.json()["error"]["message"] == message
