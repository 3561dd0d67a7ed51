"""``manage.py trunk_simulator``: a thin door to the program in ``locations.simulator.trunks``."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from locations.simulator import trunks


class Command(BaseCommand):
    """Run the simulator of what stands at the other end of SIP trunks."""

    help = trunks.DESCRIPTION
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return a parser whose help is the manual, line breaks included."""
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        kwargs.setdefault("epilog", trunks.MANUAL)
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options of the program."""
        trunks.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer until stopped."""
        try:
            trunks.serve(argparse.Namespace(**options))
        except OSError as error:
            raise CommandError(str(error), returncode=1) from error
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
