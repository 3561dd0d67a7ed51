"""Findings about elements that are not where their site is, match nothing or match too much."""

import pytest
from django.core.exceptions import ValidationError

from locations import publishing
from locations.models import BSSID, NetworkSite
from tests import factories

pytestmark = pytest.mark.django_db


def found(*codes: str) -> list[tuple[str, str]]:
    return [
        (finding.code, finding.subject.label if finding.subject else "")
        for finding in publishing.check()
        if finding.code in codes
    ]


def test_elements_of_another_site_are_named_once_per_location(ny1: NetworkSite) -> None:
    la1 = factories.make_site(name="LA1")
    grand = factories.make_erl(name="Grand Ave", site=la1)
    switch = factories.make_switch(site=ny1)
    factories.make_subnet(cidr="10.5.0.0/24", site=ny1, erl=grand)
    factories.make_port(switch=switch, erl=grand)
    factories.make_subnet(cidr="10.2.0.0/24", site=la1, erl=grand)

    assert found("LOC017") == [("LOC017", "Grand Ave")]
    (message,) = [f.message for f in publishing.check() if f.code == "LOC017"]
    assert message.startswith("2 element(s) of other sites are answered with this location")


def test_switch_without_chassis_id_is_found(ny1: NetworkSite) -> None:
    factories.make_switch(name="mute", site=ny1, chassis_ids=[])
    factories.make_switch(name="heard", site=ny1, chassis_ids=["3c-4a-92-30-ec-00"])

    assert found("LOC018") == [("LOC018", "mute")]


@pytest.mark.parametrize(
    ("cidr", "expected"),
    [
        ("0.0.0.0/0", [("LOC019", "0.0.0.0/0")]),
        ("2000::/3", [("LOC019", "2000::/3")]),
        ("10.0.0.0/8", []),
        ("10.0.0.0/17", []),
        ("2001:db8::/64", []),
    ],
)
def test_very_wide_mapped_subnet_is_found(
    ny1: NetworkSite, cidr: str, expected: list[tuple[str, str]]
) -> None:
    factories.make_subnet(cidr=cidr, site=ny1, erl=factories.make_erl(site=ny1))

    assert found("LOC019") == expected


def test_very_wide_subnet_without_a_location_is_harmless(ny1: NetworkSite) -> None:
    factories.make_subnet(cidr="0.0.0.0/0", site=ny1, erl=None)

    assert found("LOC019") == []


@pytest.mark.parametrize("value", ["00:00:00:00:00:00", "FF-FF-FF-FF-FF-FF"])
def test_bssid_of_nobody_is_refused(ny1: NetworkSite, value: str) -> None:
    row = BSSID(access_point=factories.make_access_point(site=ny1), value=value)

    with pytest.raises(ValidationError) as refused:
        row.full_clean()

    assert refused.value.message_dict == {
        "value": [
            f"“{value.lower().replace(':', '-')}” is what devices report without Wi-Fi. "
            "Write the BSSID of a radio."
        ]
    }
