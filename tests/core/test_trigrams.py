"""The search index of SQLite: whatever becomes of a row, a search finds it by what it says now."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from e911portal.core import trigrams
from e911portal.core.filters import matching
from locations.models import Switch, SwitchPort
from tests import factories as make

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the index is SQLite's"),
]
COLUMNS = ("port_id", "port_key", "switch__name", "description")


def find(*words: str, limit: int = 10) -> list[int] | None:
    found = trigrams.find(SwitchPort.objects.all(), list(words), COLUMNS, limit)
    return None if found is None else sorted(found)


def test_row_is_found_by_each_column_in_any_case() -> None:
    port = make.make_port(port_id="Gi1/0/7", description="Near the Elevator")
    make.make_port(port_id="Gi1/0/8")

    assert find("gi1/0/7") == find("ETHERNET1/0/7") == find("elevat") == [port.pk]


def test_several_words_find_the_rows_with_one_of_them() -> None:
    ports = [make.make_port(port_id=name) for name in ("alpha", "beta", "gamma")]

    assert find("alph", "bet") == [ports[0].pk, ports[1].pk]


def test_quotes_and_operators_are_text() -> None:
    port = make.make_port(port_id='a" OR "b*')

    assert find('a" OR "b*') == [port.pk]
    assert find('x" OR "a') == []


def test_changed_row_is_found_by_what_it_says_now() -> None:
    port = make.make_port(port_id="Gi1/0/7")

    SwitchPort.objects.filter(pk=port.pk).update(port_id="wall-outlet", port_key="wall-outlet")

    assert find("gi1/0/7") == []
    assert find("outlet") == [port.pk]


def test_deleted_row_is_not_found() -> None:
    make.make_port(port_id="Gi1/0/7").delete()

    assert find("gi1/0/7") == []


def test_rows_stored_together_are_found() -> None:
    switch = make.make_switch()
    names = ("bulk-1", "bulk-2")
    SwitchPort.objects.bulk_create(SwitchPort(switch=switch, port_id=name) for name in names)

    assert len(find("bulk-") or ()) == 2


@pytest.mark.parametrize(
    ("words", "columns", "limit"),
    [
        (["gi"], COLUMNS, 10),
        (["gi1/0/7", "7"], COLUMNS, 10),
        (["gi1/0/7"], ("port_id",), 10),
        (["gi1/0/7"], COLUMNS, 0),
    ],
    ids=["too short", "one too short", "other columns", "too many rows"],
)
def test_where_the_index_does_not_tell(
    words: list[str], columns: tuple[str, ...], limit: int
) -> None:
    make.make_port(port_id="Gi1/0/7")

    assert trigrams.find(SwitchPort.objects.all(), words, columns, limit) is None


def test_model_without_an_index() -> None:
    assert trigrams.find(Switch.objects.all(), ["core"], ("name",), 10) is None


def test_index_that_lost_a_trigger_is_made_again(capsys: pytest.CaptureFixture[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER locations_switchport_trigrams_insert")
    port = make.make_port(port_id="Gi1/0/7")
    assert find("gi1/0/7") is None
    assert list(matching(SwitchPort.objects.all(), "gi1/0/7", COLUMNS)) == [port]

    call_command("migrate", verbosity=1)

    assert find("gi1/0/7") == [port.pk]
    assert "Making the search index of switch ports" in capsys.readouterr().out


TEXT = st.text("abAB/é\"'%_\\*- ", min_size=3, max_size=9)


class SameAsReadingEachRow(TestCase):
    @given(st.lists(TEXT, max_size=6, unique_by=str.lower), TEXT)
    def test_index_finds_what_reading_each_row_finds(self, texts: list[str], word: str) -> None:
        switch = make.make_switch()
        SwitchPort.objects.bulk_create(
            SwitchPort(switch=switch, port_id=f"{number}", port_key=f"{number}", description=text)
            for number, text in enumerate(texts)
        )
        read: Any = SwitchPort.objects.filter(description__icontains=word).order_by("pk")

        assert find(word) == list(read.values_list("pk", flat=True))
