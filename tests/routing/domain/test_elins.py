"""ELINs: which one a call shows, and to whom a callback goes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.elins import (
    ELIN,
    Lease,
    callback_window,
    caller_of,
    choose,
    digits,
    elins_of_company,
)

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
A, B, C = (ELIN(f"+1212555067{i}", "New York") for i in (0, 8, 9))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def lease(elin: ELIN, caller: str, began: float, ended: float | None = None) -> Lease:
    """A lease that began, and perhaps ended, so many minutes before noon."""
    return Lease(
        elin.number,
        caller,
        f"sip:{caller}@10.0.0.1",
        NOON - minutes(began),
        None if ended is None else NOON - minutes(ended),
    )


@pytest.mark.parametrize(
    ("company", "elins"),
    [
        ("1111-222-333; 1234567890 ", ("1111222333", "1234567890")),
        ("+1 (212) 555.0678", ("12125550678",)),
        ("1;2", ()),
        ("1111111111;1111111111", ("1111111111",)),
        ("1001;1002;1003;1004;1005;1006", ("1001", "1002", "1003", "1004", "1005")),
        ("UnplugThePBX", ()),
        ("UnplugThePBX; 1234567890", ()),
        ("", ()),
    ],
    ids=["E1", "E.164", "too short", "twice", "six", "a company", "mixed", "empty"],
)
def test_elins_of_company(company: str, elins: tuple[str, ...]) -> None:
    assert elins_of_company(company) == elins


@pytest.mark.parametrize(
    ("leases", "chosen", "reason"),
    [
        ([], A, "elin: +12125550670 is free"),
        ([lease(A, "anna", 5)], B, "elin: +12125550678 is free"),
        ([lease(A, "me", 5)], A, "elin: +12125550670 is still held by this caller"),
        ([lease(B, "me", 20, 10)], B, "elin: +12125550678 is still held by this caller"),
        ([lease(B, "me", 90, 31)], A, "elin: +12125550670 is free"),
        ([lease(A, "anna", 24 * 60)], B, "elin: +12125550678 is free"),
        ([lease(B, "me", 24 * 60 + 1)], A, "elin: +12125550670 is free"),
        (
            [lease(A, "anna", 99, 40), lease(B, "bea", 99, 50), lease(C, "cleo", 99, 45)],
            B,
            "elin: +12125550678 is free",
        ),
        (
            [lease(A, "anna", 99, 40), lease(B, "bea", 99, 50)],
            C,
            "elin: +12125550679 is free",
        ),
        (
            [lease(A, "a", 9), lease(A, "b", 8), lease(B, "c", 7), lease(C, "d", 9, 1)],
            C,
            "elin: all 3 are held, +12125550679 has the fewest calls and idled longest",
        ),
        (
            [
                *(lease(A, "a", 61, 57), lease(A, "b", 10)),
                *(lease(B, "c", 61, 59), lease(B, "d", 10)),
                *(lease(C, "e", 10), lease(C, "f", 10)),
            ],
            B,
            "elin: all 3 are held, +12125550678 has the fewest calls and idled longest",
        ),
    ],
    ids=[
        "all free",
        "one busy",
        "own, call up",
        "own, in the window",
        "own, too late",
        "call of 24 hours",
        "own, longer than any call",
        "longest idle",
        "never used",
        "lowest count",
        "same count: ended 11:01 beats 11:03",
    ],
)
def test_choose(leases: list[Lease], chosen: ELIN, reason: str) -> None:
    choice = choose((A, B, C), "me", leases, now=NOON)

    assert (choice.elin, choice.reasons) == (chosen, (reason,))


def test_choose_a_caller_replaced_by_a_newer_one_does_not_hold_it() -> None:
    leases = [lease(A, "me", 20, 10), lease(A, "anna", 5)]

    assert choose((A, B), "me", leases, now=NOON).elin == B


def test_choose_from_an_empty_pool() -> None:
    choice = choose((), "me", now=NOON)

    assert (choice.elin, choice.reasons) == (None, ("elin: the location has none",))


@pytest.mark.parametrize(
    ("ended", "found"),
    [(29, True), (30, True), (31, False), (None, True)],
    ids=["E4 at 29 minutes", "at 30", "E4 at 31 minutes", "call still up"],
)
def test_caller_of(ended: float | None, found: bool) -> None:
    its = lease(A, "anna", 40, ended)

    assert caller_of(A, [its], now=NOON) == (its if found else None)


def test_caller_of_is_the_newest() -> None:
    older, newer = lease(A, "anna", 20, 5), lease(A, "bea", 10, 6)

    assert caller_of(A, [newer, older], now=NOON) == newer
    assert caller_of(B, [newer, older], now=NOON) is None


def test_caller_of_window_zero_means_while_the_call_is_up() -> None:
    elin = ELIN(A.number, A.erl, 0)

    assert caller_of(elin, [lease(A, "anna", 5, 1)], now=NOON) is None
    assert caller_of(elin, [lease(A, "anna", 5)], now=NOON) == lease(A, "anna", 5)


@pytest.mark.parametrize(
    ("before", "owner"),
    [((), "bea"), (("bea",), "bea"), (("anna",), None), (("bea", "anna"), None)],
    ids=["alone", "own", "other", "both"],
)
def test_lease_that_may_never_have_been_shown_takes_no_callback_of_another(
    before: tuple[str, ...], owner: str | None
) -> None:
    earlier = [lease(A, caller, 20 - place, 10) for place, caller in enumerate(before)]
    newest = replace(lease(A, "bea", 5), sent=False)

    found = caller_of(A, [newest, *earlier], now=NOON)

    assert (found.caller if found else None) == owner


@pytest.mark.parametrize("count", [-1, 61])
def test_e6_callback_window_refused(count: int) -> None:
    with pytest.raises(ValueError, match="Give 0 to 60"):
        callback_window(count)


@pytest.mark.parametrize("count", [0, 30, 60])
def test_callback_window(count: int) -> None:
    assert callback_window(count) == minutes(count)


def test_elin_from_record() -> None:
    record = {"number": "+12125550670", "erl": "New York"}

    assert ELIN.from_record(record) == ELIN("+12125550670", "New York", 30)
    assert ELIN.from_record({**record, "callback_window_min": 0}).callback_window_min == 0
    with pytest.raises(ValueError, match="Give 0 to 60"):
        ELIN.from_record({**record, "callback_window_min": 61})


def test_digits_of_every_spelling_are_equal() -> None:
    assert digits("1111-222-333") == digits("+1111222333") == "1111222333"


LEASES = st.lists(
    st.builds(
        lease,
        st.sampled_from([A, B, C]),
        st.sampled_from(["me", "anna", "bea"]),
        st.integers(50, 99),
        st.none() | st.integers(0, 49),
    ),
    max_size=8,
)


@given(LEASES)
def test_choose_takes_a_held_elin_only_from_its_owner_or_in_need(leases: list[Lease]) -> None:
    choice = choose((A, B, C), "me", leases, now=NOON).elin
    assert choice in (A, B, C)

    owners = {elin: caller_of(elin, leases, now=NOON) for elin in (A, B, C)}
    owner = owners[choice]
    assert owner is None or owner.caller == "me" or None not in owners.values()
