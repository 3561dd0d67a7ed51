"""``manage.py provider_simulator``: a thin door to the program in ``locations.simulator``."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from locations.simulator import server


class Command(BaseCommand):
    """Run the simulator of an E9-1-1 service provider."""

    help = server.DESCRIPTION
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return a parser whose help is the manual, line breaks included."""
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        kwargs.setdefault("epilog", server.MANUAL)
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options of the program."""
        server.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer until stopped."""
        try:
            server.serve(argparse.Namespace(**options))
        except KeyboardInterrupt:
            return
        except OSError as error:
            raise CommandError(str(error), returncode=1) from error
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
