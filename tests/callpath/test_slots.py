"""The table on disk: bounded, shared, and never wrong."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e911portal.callpath.slots import MAX_PAYLOAD, SLOT_BYTES, SLOTS, SlotFile


def test_entry_is_found_by_others_and_after_a_restart(tmp_path: Path) -> None:
    mine, sibling = SlotFile(tmp_path / "t"), SlotFile(tmp_path / "t")

    mine.put("key", 5.0, b"value")

    assert sibling.get("key") == (5.0, b"value")
    mine.close()
    assert mine.get("key") == (5.0, b"value")
    assert mine.get("other") is None


def test_newest_wins_whatever_the_order(tmp_path: Path) -> None:
    table = SlotFile(tmp_path / "t")
    for at in (5.0, 7.0, 6.0):
        table.put("key", at, str(at).encode())

    assert table.get("key") == (7.0, b"7.0")


def test_full_bucket_gives_up_its_oldest(tmp_path: Path) -> None:
    table = SlotFile(tmp_path / "t", buckets=1)
    order = [3, 1, 4, 0, 5, 9, 2, 6]
    for at in order:
        table.put(f"key {at}", float(at), b"x")

    table.put("key 10", 10.0, b"x")

    assert [at for at in (*sorted(order), 10) if table.get(f"key {at}") is None] == [0]
    assert (tmp_path / "t").stat().st_size <= SLOTS * SLOT_BYTES


def test_payload_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    table = SlotFile(tmp_path / "t")
    table.put("key", 1.0, b"x" * MAX_PAYLOAD)

    with pytest.raises(ValueError, match="do not fit"):
        table.put("key", 2.0, b"x" * (MAX_PAYLOAD + 1))

    assert table.get("key") == (1.0, b"x" * MAX_PAYLOAD)


@given(
    position=st.integers(0, SLOTS * SLOT_BYTES - 1),
    damage=st.binary(min_size=1, max_size=64),
)
def test_damage_loses_entries_and_changes_none(
    tmp_path_factory: pytest.TempPathFactory, position: int, damage: bytes
) -> None:
    path = tmp_path_factory.mktemp("slots") / "t"
    table = SlotFile(path, buckets=1)
    for number in range(SLOTS):
        table.put(f"key {number}", float(number), f"value {number}".encode() * 40)

    with path.open("r+b") as file:
        file.seek(position)
        file.write(damage)

    for number in range(SLOTS):
        expected = (float(number), f"value {number}".encode() * 40)
        assert table.get(f"key {number}") in (expected, None)


def test_cut_file_is_a_shorter_table(tmp_path: Path) -> None:
    table = SlotFile(tmp_path / "t", buckets=1)
    table.put("key", 1.0, b"value")

    os.truncate(tmp_path / "t", 20)

    assert table.get("key") is None
    table.put("key", 2.0, b"again")
    assert table.get("key") == (2.0, b"again")
