"""``manage.py provider_simulator`` is the same program behind another door."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, load_command_class

from locations.simulator import server


def test_command_shows_the_manual():
    command = load_command_class("locations", "provider_simulator")

    shown = command.create_parser("manage.py", "provider_simulator").format_help()

    assert shown.endswith(server.MANUAL + "\n")


@pytest.mark.parametrize(
    ("options", "message", "status"),
    [
        pytest.param({"fault": ["boom"]}, "“boom” is not a fault", 2, id="wrong_option"),
        pytest.param({"msag": Path("not-there")}, "No such file", 1, id="no_file"),
    ],
)
def test_command_ends_with_a_status_and_a_reason(options, message, status):
    command = load_command_class("locations", "provider_simulator")

    with pytest.raises(CommandError, match=message) as caught:
        call_command(command, addr="127.0.0.1:0", **options)

    assert caught.value.returncode == status
