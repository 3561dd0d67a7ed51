"""Street names in Publication 28 form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain.streets import (
    DIRECTIONALS,
    SUFFIXES,
    Street,
    fold,
    house_and_street,
    place,
    street,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("N Cedar Dr", Street("N", "CEDAR", "DR", ""), id="as_in_the_guide"),
        pytest.param("North Cedar Drive", Street("N", "CEDAR", "DR", ""), id="spelled_out"),
        pytest.param("n. cedar driv", Street("N", "CEDAR", "DR", ""), id="point_and_variant"),
        pytest.param("Pennsylvania Avenue NW", Street("", "PENNSYLVANIA", "AVE", "NW"), id="pod"),
        pytest.param("North St", Street("", "NORTH", "ST", ""), id="street_called_north"),
        pytest.param("N St", Street("", "N", "ST", ""), id="street_called_n"),
        pytest.param("Avenue N", Street("", "AVE N", "", ""), id="avenue_n"),
        pytest.param("E Avenue", Street("", "E", "AVE", ""), id="e_avenue"),
        pytest.param("N West St", Street("N", "WEST", "ST", ""), id="direction_then_a_name"),
        pytest.param("Saint James Place", Street("", "ST JAMES", "PL", ""), id="saint"),
        pytest.param("Fifth Ave", Street("", "5TH", "AVE", ""), id="ordinal_word"),
        pytest.param("Broadway", Street("", "BROADWAY", "", ""), id="name_only"),
        pytest.param("O'Farrell St.", Street("", "OFARRELL", "ST", ""), id="apostrophe"),
        pytest.param("Cañon Rd", Street("", "CANON", "RD", ""), id="accent"),
        pytest.param("Winston-Salem Rd", Street("", "WINSTON SALEM", "RD", ""), id="hyphen"),
        pytest.param("", Street(), id="nothing"),
    ],
)
def test_street_is_split_into_canonical_elements(text, expected):
    assert street(text) == expected


def test_street_keeps_n_street_and_north_street_apart():
    assert street("N St") != street("North St")


@given(
    st.lists(
        st.sampled_from([*DIRECTIONALS, *SUFFIXES, "CEDAR", "SAINT", "FIFTH", "12", "OLD"]),
        max_size=6,
    )
)
def test_street_of_its_own_line_is_itself(words):
    once = street(" ".join(words))

    assert street(once.line()) == once


@given(st.text(max_size=40))
def test_fold_twice_is_fold_once(text):
    assert fold(fold(text)) == fold(text)


def test_suffix_table_maps_every_abbreviation_to_itself():
    assert {SUFFIXES[abbreviation] for abbreviation in SUFFIXES.values()} == set(SUFFIXES.values())


@pytest.mark.parametrize(
    ("line", "number", "suffix", "name"),
    [
        pytest.param("12345 N Cedar Dr", "12345", "", "N CEDAR DR", id="plain"),
        pytest.param("701B Main St", "701", "B", "MAIN ST", id="letter"),
        pytest.param("701-B Main St", "701", "B", "MAIN ST", id="hyphen_letter"),
        pytest.param("194-03 1/2 50th Ave", "194-03", "1/2", "50TH AVE", id="queens_and_fraction"),
        pytest.param("N89W16758 Appleton Ave", "N89W16758", "", "APPLETON AVE", id="milwaukee"),
        pytest.param("5th Ave", "", "", "5TH AVE", id="ordinal_is_no_house_number"),
        pytest.param("Broadway", "", "", "BROADWAY", id="no_number"),
        pytest.param("", "", "", "", id="nothing"),
    ],
)
def test_house_number_is_separated_from_the_street(line, number, suffix, name):
    house, house_suffix, found = house_and_street(line)

    assert (house, house_suffix, found.line()) == (number, suffix, name)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Saint Louis", "St. Louis"), ("Fort Worth", "FT WORTH"), ("new  york", "NEW YORK")],
)
def test_place_joins_spellings_of_a_community(one, other):
    assert place(one) == place(other)
