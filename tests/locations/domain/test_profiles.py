"""Civic profiles: what each dialect keeps, moves and drops."""

import pytest

from locations.domain.profiles import Profile, civic_in_profile

CIVIC = {
    "country": "US", "A1": "NY", "A3": "New York", "PRD": "N", "RD": "Cedar", "STS": "Dr",
    "HNO": "12345", "LOC": "New York Wired", "NAM": "UnplugThePBX", "PC": "98765",
}  # fmt: skip


@pytest.mark.parametrize(
    ("civic", "profile", "expected"),
    [
        pytest.param(CIVIC, Profile.RFC5139, CIVIC, id="rfc5139-keeps-all"),
        pytest.param(CIVIC, Profile.MICROSOFT, CIVIC, id="microsoft-keeps-nam-and-loc"),
        pytest.param(
            {"HNO": "1", "FLR": "3", "ROOM": "312", "BLD": "Tower A"},
            Profile.MICROSOFT,
            {
                "HNO": "1",
                "LOC": "Tower A/Floor 3/Room 312",
                "FLR": "3",
                "BLD": "Tower A",
                "ROOM": "312",
            },
            id="microsoft-repeats-the-room-in-loc",
        ),
        pytest.param(
            CIVIC,
            Profile.CLDXF,
            {name: text for name, text in CIVIC.items() if name != "NAM"},
            id="cldxf-drops-nam",
        ),
        pytest.param(
            {"HNO": "1", "UNIT": "Suite 100"},
            Profile.CLDXF,
            {"HNO": "1", "UNIT_PRETYPE": "Suite", "UNIT_VALUE": "100"},
            id="cldxf-unit",
        ),
        pytest.param(
            {"UNIT": "100"}, Profile.CLDXF, {"UNIT_VALUE": "100"}, id="cldxf-unit-without-type"
        ),
        *(
            pytest.param({"HNO": given}, Profile.CLDXF, expected, id=f"cldxf-{given}")
            for given, expected in {
                "12345": {"HNO": "12345"},
                "N89W16758": {"HNO": "16758", "HNP": "N89W"},
                "194-03½": {"HNO": "03", "HNS": "½", "HNP": "194-"},
                "A19": {"HNO": "19", "HNP": "A"},
                "701B": {"HNO": "701", "HNS": "B"},
                "One": {"HNO": "One"},
            }.items()
        ),
    ],
)
def test_civic_in_profile(
    civic: dict[str, str], profile: Profile, expected: dict[str, str]
) -> None:
    found = civic_in_profile(civic, profile)

    assert list(found.items()) == list(expected.items())


@pytest.mark.parametrize("profile", Profile)
def test_profile_of_a_profile_is_the_same(profile: Profile) -> None:
    once = civic_in_profile({**CIVIC, "HNO": "N89W16758B", "FLR": "3"}, profile)

    assert civic_in_profile(once, profile) == once
