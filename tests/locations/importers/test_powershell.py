"""Command lines as people paste them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.importers.powershell import Command, looks_like, parse

GUIDE = (Path(__file__).parent / "data/guide.ps1.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Set-CsLisPort -PortID 7", {"portid": ("7",)}),
        ("Set-CsLisPort –PortID 7", {"portid": ("7",)}),
        ("Set-CsLisPort — PortID 7", {"portid": ("7",)}),
        (
            "Set-CsLisPort -Subnet -–Description “New York”",
            {"subnet": (), "description": ("New York",)},
        ),
        ("Set-X -A “typographic”", {"a": ("typographic",)}),
        ("Set-X -A ‘single’", {"a": ("single",)}),
        ("Set-X -A &#8220;entity&#8221;", {"a": ("entity",)}),
        ("Set-X -A “half&#8221; –B 2", {"a": ("half",), "b": ("2",)}),
        ('Set-X -A "a `"quoted`" word"', {"a": ('a "quoted" word',)}),
        ('Set-X -A "a ""doubled"" one"', {"a": ('a "doubled" one',)}),
        ('Set-X -A "one`ntwo`tthree"', {"a": ("one\ntwo\tthree",)}),
        ("Set-X -A 'one`ntwo'", {"a": ("one`ntwo",)}),
        ("Set-X -A @{add='O''Neill','a,b)'}", {"a": ("add=", "O'Neill", "a,b)")}),
        ('Set-X -A @{replace="a `"b`""}', {"a": ("replace=", 'a "b"')}),
        ("Set-X -A @{add=one,b@c; remove = two}", {"a": ("add=", "one", "b@c", "remove=", "two")}),
        ("Set-X -A $True -B $false -C $Null", {"a": ("true",), "b": ("false",), "c": ("",)}),
        ("Set-X -A:7", {"a": ("7",)}),
        ("Set-X -A -118.25", {"a": ("-118.25",)}),
        ('Set-X -A "one","two"', {"a": ("one", "two")}),
        ('Set-X -A @("one","two")', {"a": ("one", "two")}),
        ('Set-X -A @{add="one","two"}', {"a": ("add=", "one", "two")}),
        ("Set-X -A 3c-4a-92-30-ec-00", {"a": ("3c-4a-92-30-ec-00",)}),
        ("Set-X -Force -A 1", {"force": (), "a": ("1",)}),
        ("Set-X -A 1 # -B 2", {"a": ("1",)}),
        ("Set-X `\n  -A 1 `\n  -B 2", {"a": ("1",), "b": ("2",)}),
    ],
)
def test_parameters_are_read_in_every_spelling(
    text: str, expected: dict[str, tuple[str, ...]]
) -> None:
    assert [(command.parameters, command.fault) for command in parse(text)] == [(expected, "")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Set-X -A $address", "the variable $address is not read; write its value"),
        ("$a = Get-X", "variables are not read; write the value itself"),
        ("Set-X -A 1 | Set-Y", "“|” joins commands; write one cmdlet per line"),
        ("Set-X -A 1; Set-Y", "“;” joins commands; write one cmdlet per line"),
        ('Set-X -A "open', "a quote is not closed"),
        ("Set-X -A @{add=1", "a bracket is not closed"),
        ("Set-X -A 1 -A 2", "-A is given twice"),
        ("Set-X seven", "“seven” stands before any parameter name"),
        ("Set-X -A New York", "“York” follows the value of -A; quote such a text"),
        ("just some words", "this is not a cmdlet"),
    ],
)
def test_what_is_not_read_says_why(text: str, fault: str) -> None:
    assert [command.fault for command in parse(text)] == [fault]


def test_lines_are_numbered_where_their_command_begins() -> None:
    script = "# one\n\nSet-A -B 1\nSet-C `\n -D 2\nSet-E -F 3"

    assert [(command.line, command.name) for command in parse(script)] == [
        (3, "Set-A"), (4, "Set-C"), (6, "Set-E"),
    ]  # fmt: skip


def test_lines_of_the_guide_are_read_as_they_stand() -> None:
    address = {
        "companyname": ("UnplugThePBX",), "housenumber": ("12345",), "predirectional": ("N",),
        "streetname": ("Cedar",), "streetsuffix": ("Dr",), "city": ("New York",),
        "state": ("NY",), "postalcode": ("98765",), "country": ("US",),
    }  # fmt: skip

    port, access_point, subnet = parse(GUIDE)

    assert (port.line, access_point.line, subnet.line) == (1, 3, 5)
    assert port.parameters == {
        "chassisid": ("3c-4a-92-30-ec-00",), "portid": ("7",),
        "description": ("New York Wired Connections",), "location": ("New York Wired",), **address,
    }  # fmt: skip
    assert access_point.parameters == {
        "bssid": ("00-19-5b-7f-77-0D",),
        "description": ("New York Wireless Connections 3rd Floor",),
        "location": ("New York 3rd Floor Wireless",),
        **address,
    }
    assert subnet.parameters == {
        "subnet": (), "description": ("New York",), "location": ("New York 1st Floor",), **address,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Set-CsLisPort -A 1", True),
        ("# comment\n\nNew–CsNetworkSite", True),
        ("$x = 1", True),
        ("BSSID,Description", False),
        ("", False),
    ],
)
def test_scripts_are_told_from_tables(text: str, expected: bool) -> None:
    assert looks_like(text) is expected


@given(st.text(alphabet=st.sampled_from("Set-X–—\"“”'‘’`@{}()$,;|# \n&#8221ab=-:*")))
def test_any_text_is_parsed_without_raising(text: str) -> None:
    assert all(isinstance(command, Command) for command in parse(text))
