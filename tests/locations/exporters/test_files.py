"""PowerShell and CSV as other programs read them."""

import pytest

from locations.exporters.files import Code, added, cmdlet, csv_lines, literal
from locations.importers import powershell


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("New York", "'New York'"),
        ("O'Hare", "'O''Hare'"),
        ("$(Remove-Item x); `whoami`", "'$(Remove-Item x); `whoami`'"),
        ("Guest’s “room” $x `n", '"Guest’s `“room`” `$x ``n"'),
        ("one\r\ntwo", '"one`ntwo"'),
        (True, "$true"),
        (False, "$false"),
        (7, "7"),
        (Code("$address_1.CivicAddressId"), "$address_1.CivicAddressId"),
    ],
    ids=["text", "quote", "nothing runs", "curly", "lines", "true", "false", "number", "code"],
)  # fmt: skip
def test_value_is_quoted(value: object, written: str) -> None:
    assert literal(value) == written


@pytest.mark.parametrize(
    "text", ["plain", "it's", "a “b” c", "don’t", "$x `y", 'say "hi"', "-dash; and | pipe"]
)
def test_text_is_read_back_as_it_was(text: str) -> None:
    (command,) = powershell.parse(cmdlet("Set-CsLisSubnet", {"Description": text}))

    assert (command.fault, command.text("Description")) == ("", text)


def test_cmdlet_leaves_out_what_is_empty() -> None:
    line = cmdlet("New-CsX", {"A": "", "B": None, "C": 0, "D": added(["x", "y"])})

    assert line == "New-CsX -C 0 -D @{add='x','y'}\r\n"


def test_csv_is_quoted_where_it_must_be() -> None:
    text = "".join(csv_lines(("a", "b"), [('x, "y"', "z\nz")]))

    assert text == 'a,b\r\n"x, ""y""","z\nz"\r\n'
