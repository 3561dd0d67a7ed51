"""``manage.py place_call``: one real call by the SIP edge, to see that it leaves."""

import argparse
import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from e911portal import environment
from routing.edge import by_value
from routing.edge.caller import NothingAnswersError, Order, place

DESCRIPTION = """\
Place one call by the SIP edge, as a phone would, and say what comes back.

The call is a real one: what is dialled as 911 rings where the trunks lead.  Without a number it is
933, the providers' test service, which reaches no PSAP."""

MANUAL = """\
EXAMPLES
  place_call --from sip:anna.rossi@unplugthepbx.com --location ip=10.2.1.20
      a test call (933) of a user of New York who is in Los Angeles
  place_call 911 --location 'chassis=3c-4a-92-30-ec-00;port=7'
      the phone at that port of the worked example; make sure whom the trunks reach
  place_call 911 --civic 'country=US;A1=NY;A3=Albany;RD=State;STS=St;HNO=1'
      somebody on the road, who typed where; the provider's call centre asks
  place_call 911 --hold 30 --stay 30
      stays up for 30 s, and 30 s more for somebody who calls back

EXIT STATUS
  0 the call was answered, 1 it was not, nothing answers at the edge's address, or the phone's
  address is taken, 2 wrong options, 130 stopped by Ctrl-C, which hangs up."""

NO_EDGE = (
    "Start the edge (make run does, where Kamailio is installed; manage.py sip_edge --run does),\n"
    "or name its address by --edge HOST:PORT or SIP_ADDR."
)


class Command(BaseCommand):
    """Place one call."""

    help = DESCRIPTION
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return a parser whose help is the manual, line breaks included."""
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        kwargs.setdefault("epilog", MANUAL)
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        # fmt: off
        add("dialled", nargs="?", default="933", help="digits or a service URN (933)")
        add("--from", dest="caller", default="sip:anna.rossi@unplugthepbx.com", metavar="URI",
            help="who calls (a user of the worked example)")
        add("--location", default="", metavar="CLUES",
            help="what the phone knows of its place: chassis=…;port=…;bssid=…;ip=…;mac=…")
        typed = parser.add_mutually_exclusive_group()
        typed.add_argument("--civic", metavar="ELEMENTS",
            help="a location that the caller typed, sent along by value (RFC 6442): "
            "country=US;A1=NY;A3=Albany;RD=State;STS=St;HNO=1, names of RFC 5139")
        typed.add_argument("--pidf-lo", type=Path, metavar="FILE",
            help="send this PIDF-LO along, as it is")
        add("--edge", default="", metavar="HOST:PORT", help="the edge (SIP_ADDR)")
        add("--phone", default="127.0.0.1:5090", metavar="HOST:PORT",
            help="the phone's own address; it must be one that the edge takes calls from")
        add("--hold", type=float, default=3.0, metavar="SECONDS", help="how long the call stays up")
        add("--stay", type=float, default=0.0, metavar="SECONDS",
            help="how long the phone then waits for a callback")
        # fmt: on

    def handle(self, *args: Any, **options: Any) -> None:
        """Place it."""
        try:
            order = Order(
                dialled=options["dialled"],
                caller=options["caller"],
                location=options["location"],
                edge=_address(options["edge"] or environment.text("SIP_ADDR", _EDGE)),
                address=_address(options["phone"]),
                hold=options["hold"],
                stay=options["stay"],
                pidf_lo=_sent_along(options),
            )
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(f"{order.caller} calls {order.uri}")
        self.stdout.flush()
        try:
            answered = asyncio.run(place(order, partial(print, flush=True)))
        except OSError as error:
            raise CommandError(f"{options['phone']}: {error}", returncode=1) from error
        except NothingAnswersError as error:
            raise CommandError(f"{error}.\n{NO_EDGE}", returncode=1) from error
        except KeyboardInterrupt as error:
            raise CommandError("Stopped.", returncode=130) from error
        if not answered:
            raise CommandError("Nobody answered.", returncode=1)


_EDGE = environment.SIP_ADDR_DEFAULT


def _sent_along(options: dict[str, Any]) -> bytes:
    if options["pidf_lo"]:
        return by_value.of_file(options["pidf_lo"])
    if options["civic"] is None:
        return b""
    civic = by_value.civic_of(options["civic"])
    return by_value.typed(civic, caller=options["caller"], now=datetime.now(UTC))


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal():
        raise ValueError(f"“{text}” is not HOST:PORT, for example {_EDGE}")
    return host.strip("[]"), int(port)
