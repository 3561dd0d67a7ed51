"""`manage.py estate`."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from e911portal.core.middleware import acting_via
from e911portal.estate.build import Occupied, build
from e911portal.estate.size import Size


class Command(BaseCommand):
    help = (
        "Fill the draft with a synthetic estate: sites, addresses with verdicts, locations, stacks "
        "with their ports, access points, nested subnets of both IP versions, policies, routes "
        "and users. The same numbers and seed make the same estate on every machine. For "
        "benchmarks and load tests; nothing is published. All of it is made or nothing. "
        "Exit status 0: made; 1: there are network sites already (see --add), or it does not fit."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--ports", type=int, default=500_000, help="switch ports (500000)")
        parser.add_argument("--bssids", type=int, help="BSSIDs; one per five ports if not given")
        parser.add_argument("--subnets", type=int, help="subnets; one per ten ports")
        parser.add_argument("--erls", type=int, help="ERLs; one per 25 ports")
        parser.add_argument("--sites", type=int, help="network sites; one per 2,500 ports")
        parser.add_argument("--seed", type=int, default=911, help="which estate of that size (911)")
        parser.add_argument(
            "--add", action="store_true", help="make it beside the sites that there are already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()

        def progress(text: str) -> None:
            self.stderr.write(f"{time.monotonic() - started:6.1f} s  {text}")

        try:
            size = Size.of(
                options["ports"],
                **{name: options[name] for name in ("bssids", "subnets", "erls", "sites")},
            )
            with acting_via("command"):
                build(size, seed=options["seed"], beside=options["add"], progress=progress)
        except Occupied as error:
            raise CommandError(f"{error} Give --add to make the estate beside them.") from error
        except IntegrityError as error:
            raise CommandError(f"Rows of this estate are there already: {error}") from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Made {size.ports:,} ports, {size.bssids:,} BSSIDs, {size.subnets:,} subnets and "
            f"{size.erls:,} ERLs at {size.sites:,} sites in {time.monotonic() - started:.0f} s."
        )
